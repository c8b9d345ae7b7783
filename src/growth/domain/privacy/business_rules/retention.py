"""How long people are kept who do not come back to us."""

from datetime import datetime
from typing import Final

from growth.domain.kernel.prospect_events import EventName

# What we sent, and that it was opened, is no contact from the person. Everything else that happens, she does.
NO_CONTACT: Final = frozenset(
    {
        EventName.NURTURING_MAIL_SENT,
        EventName.NURTURING_MAIL_READ,
        EventName.SALES_INBOUND_MAIL_SENT,
        EventName.SALES_INBOUND_CHAT_SENT,
    }
)


def years_before(now: datetime, years: int) -> datetime:
    """Return the same day so many years ago; of 29 February the day before."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)
