"""Steps within transactions of conversations."""
