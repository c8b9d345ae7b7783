"""Reading a mailer's event that was kept as it came."""

from collections.abc import Mapping
from typing import Protocol

from growth.domain.prospects.entities.mail_news import MailNews


class ReadMailNews(Protocol):
    def __call__(self, event: Mapping[str, object]) -> MailNews:
        """Return what the event says. Raises `Unreadable`."""
        ...
