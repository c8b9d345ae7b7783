"""What conversations need from outside."""
