"""What several use cases do inside a transaction of theirs. A step opens none itself."""
