"""What the prospects context needs from outside."""
