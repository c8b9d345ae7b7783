"""Ids are UUIDv7, so that rows made later sort later. They are made in the application, through the `NewId` port."""

from typing import NewType, Protocol
from uuid import UUID

ProspectId = NewType("ProspectId", UUID)


class NewId(Protocol):
    def __call__(self) -> UUID:
        """Return a new UUIDv7."""
        ...
