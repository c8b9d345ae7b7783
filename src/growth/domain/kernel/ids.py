"""Our ids are UUIDv7, so that rows made later sort later; the application makes them, through the `NewId` port."""

from typing import NewType, Protocol
from uuid import UUID

ProspectId = NewType("ProspectId", UUID)
UserId = NewType("UserId", str)  # the main application's
ContractRef = NewType("ContractRef", str)  # the main application's
AdminId = NewType("AdminId", str)  # Intercom's name for somebody of ours


class NewId(Protocol):
    def __call__(self) -> UUID:
        """Return a new UUIDv7."""
        ...
