"""What privacy decides, as values."""
