"""What the campaigns context needs from outside: stores within a transaction, the dialer, and views to read."""
