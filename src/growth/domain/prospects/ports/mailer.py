"""Who sends the mails of marketing, and knows people by attributes and events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email

Recipient = ProspectId | Email
"""How somebody is named: a prospect by our id; whoever has an address, a prospect or not, by the address."""


class Mailer(Protocol):
    """Every call may be made again. Raises `TryLater` or `GiveUp`."""

    async def identify(self, whom: Recipient, attributes: Mapping[str, object], *, only_known: bool = False) -> None:
        """Set these attributes and leave the others; the person is made, unless `only_known`.

        `unsubscribed: True` ends the mails. Values are texts, numbers, truth values, times, or JSON of them; too long
        ones are cut.
        """
        ...

    async def track(
        self, whom: Recipient, name: str, attributes: Mapping[str, object], at: datetime, event_id: UUID | str
    ) -> None:
        """Tell what happened at `at`. The same `event_id` and time again are the same event."""
        ...

    async def unsuppress(self, people: Sequence[Recipient]) -> None:
        """Let people be known again who were erased."""
        ...
