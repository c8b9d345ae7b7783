"""Partners, and the main application, hear of what happens to referrals."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class PartnerWebhooks(Protocol):
    def subscribers(self, partner: str | None) -> Sequence[str]:
        """Return who hears of a referral that this partner brought (None: a user): the partner, and `*`, if set up."""
        ...

    async def send(self, subscriber: str, event_id: str, body: Mapping[str, object]) -> None:
        """Tell one event; who hears of it twice knows by `event_id` that it is one.

        `body`: `type`, `timestamp` and `data`, of JSON values only. Raises `TryLater` when it surely was not told,
        `OutcomeUnknown` when nobody knows, `GiveUp` when the subscriber refuses for good or is none any more.
        """
        ...
