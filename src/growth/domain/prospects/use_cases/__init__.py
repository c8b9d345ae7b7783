"""Everything that can be done with prospects."""
