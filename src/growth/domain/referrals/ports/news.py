"""Reading a provider's event that was kept as it came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from growth.domain.referrals.entities.payment_news import PaymentNews


class ReadNews(Protocol):
    def __call__(self, event: Mapping[str, object], received_at: datetime) -> tuple[PaymentNews, ...]:
        """Return what the event says. Raises `Unreadable`."""
        ...
