"""Prospects: people who have shown interest, everything that happens to them, and where they came from."""
