"""The dialer: contacts go in as asynchronous batches, one at a time per campaign; results are read back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact, Recipient
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Batch, RunId


class Dialer(Protocol):
    """A dialer.

    All methods raise `TryLater` when the call surely had no effect, `OutcomeUnknown` when nobody knows, `GiveUp`
    when the dialer refuses for good.
    """

    settling: timedelta
    """How long after a request without an answer the dialer may still begin to apply it."""

    async def inject(self, batch: Batch, recipients: Sequence[Recipient], within: timedelta, send_by: float) -> str:
        """Hand over contacts, in the order in which they are to be called; return the token of the batch.

        At most 300. `within`: the call is given up after this time, so that nothing arrives after the slot.
        `send_by`, of the monotonic clock: a process that was held up until then sends nothing, by `TryLater`.
        """
        ...

    async def progress(self, token: str) -> BatchProgress:
        """Return how far a batch is; waits a few seconds for it to be finished."""
        ...

    async def busy(self, dialer_campaign_id: int) -> bool:
        """Tell whether the campaign is still applying a batch. When it is not, the next one is taken."""
        ...

    async def of_batch(self, batch: Batch) -> list[DialerContact]:
        """Return the contacts that the dialer has of a batch."""
        ...

    async def of_run(self, dialer_campaign_id: int, run: RunId) -> list[DialerContact]: ...

    async def empty(self, dialer_campaign_id: int, run: RunId) -> str:
        """Begin to delete the run's contacts that were never called; those on a call stay. Return the token."""
        ...

    async def take_back(self, dialer_campaign_id: int, lead_id: LeadId, at: datetime) -> str:
        """Have a lead called no more from `at` on; what it was called before stays to be read. Return the token."""
        ...

    async def changed(
        self, dialer_campaign_id: int, since: datetime, page: str | None
    ) -> tuple[list[DialerContact], str | None]:
        """Return contacts changed since then, and the next page, None at the end."""
        ...
