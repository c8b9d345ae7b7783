"""What several use cases share, within a transaction that they have opened."""
