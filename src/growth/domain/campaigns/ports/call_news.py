"""What a dialer's message tells of a call."""

from typing import Protocol

from growth.domain.campaigns.entities.dialing import CallNews
from growth.domain.kernel.inbox import InboxEvent


class ReadCallNews(Protocol):
    def __call__(self, event: InboxEvent) -> CallNews | None:
        """Return it, None where it is about something else. Raises `Unreadable`."""
        ...
