"""What a helpdesk's notification says."""

from collections.abc import Mapping
from typing import Protocol

from growth.domain.conversations.entities.notifications import Notification


class ReadNotification(Protocol):
    def __call__(self, body: Mapping[str, object]) -> Notification:
        """Return what it says. Raises `Unreadable` when a field that is needed is not what the helpdesk documents."""
        ...
