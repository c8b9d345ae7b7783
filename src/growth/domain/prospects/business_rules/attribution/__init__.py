"""Where people came from, and which channel deserves how much of a success."""
