"""What the prospects context is made of."""
