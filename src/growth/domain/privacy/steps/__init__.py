"""What several use cases of privacy do inside a transaction of theirs."""
