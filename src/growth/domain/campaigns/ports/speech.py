"""What speech analysis needs from outside: its store, the vendor, where dialers have recordings, and webhooks read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.configuration import DialerKind
from growth.domain.campaigns.entities.speech import (
    AnalysisNews,
    CallRecording,
    RecordedCall,
    SpeechJob,
    SpeechOrder,
)
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.inbox import InboxEvent


class SpeechJobs(Protocol):
    async def put_recording(self, recording: CallRecording) -> None:
        """Keep the recording of a call; that of an earlier attempt changes nothing."""
        ...

    async def unsent(
        self, start: datetime, end: datetime, after: tuple[datetime, CallId] | None, limit: int
    ) -> Sequence[RecordedCall]:
        """Return recorded calls attempted in `[start, end)` that were not sent, in order, from behind `after`."""
        ...

    async def sent(self, start: datetime, end: datetime) -> int:
        """Return how many recorded calls attempted in `[start, end)` were sent."""
        ...

    async def recorded(self, id: CallId) -> RecordedCall | None: ...

    async def claim(self, job: SpeechJob) -> bool:
        """Write the call's one job; False where it has one that stands. Waits for one that is just being written.

        Only a skipped one gives way, to one that is not.
        """
        ...

    async def lock(self, id: CallId) -> SpeechJob | None: ...

    async def save(self, job: SpeechJob) -> None: ...

    async def empty(self, event: InboxEvent) -> None:
        """Take out of a kept event what is stored with the call, or is of no call of ours."""
        ...


class SpeechTx(CampaignsTx, Protocol):
    @property
    def speech(self) -> SpeechJobs: ...


class SpeechAnalysis(Protocol):
    """The speech vendor. All methods raise `TryLater`, `OutcomeUnknown` or `GiveUp`."""

    async def may_fetch(self, url: str) -> bool:
        """Tell whether all addresses of a told URL's host are public ones."""
        ...

    async def send(self, order: SpeechOrder, send_by: float) -> str | None:
        """Hand over a call; return the vendor's name for it, where it tells one. A call that it knows is a success.

        `send_by`, of the monotonic clock: a process that was held up until then sends nothing.
        """
        ...

    async def delete(self, call: CallId) -> None:
        """Have the vendor delete what it has of a call; nothing is a success."""
        ...


class FindRecording(Protocol):
    def __call__(self, dialer: DialerKind | None, interaction_id: str) -> str | None:
        """Return where that dialer has the recording of an interaction; None: it has no such place."""
        ...


class ReadAnalysis(Protocol):
    def call_of(self, event: InboxEvent) -> CallId | None:
        """Return the call that a kept event is about; None: of none of ours, or it is about something else."""
        ...

    def __call__(self, event: InboxEvent) -> AnalysisNews:
        """Return what it tells. Raises `Unreadable`."""
        ...
