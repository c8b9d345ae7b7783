"""A contractor's dialer that takes files."""
