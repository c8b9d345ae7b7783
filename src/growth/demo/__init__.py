"""A working day of a call centre on the example leads: real use cases, a moved clock, a throw-away database."""
