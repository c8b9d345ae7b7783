"""Everything that privacy asks for."""
