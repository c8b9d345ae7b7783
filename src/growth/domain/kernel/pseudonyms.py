"""Keyed hashes: by them a person is known again of whom nothing else may be kept."""

from typing import Protocol


class Pseudonyms(Protocol):
    def of(self, purpose: str, text: str) -> bytes:
        """Return the keyed hash of a text for a purpose; nobody can compute or compare it without our secret."""
        ...
