"""Recorded calls are sent to speech analysis, each once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from growth.domain.campaigns.business_rules.analysing import dialer_of, judged, requested, window
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.speech import RecordedCall, SkipReason, SpeechReport
from growth.domain.campaigns.ports.speech import FindRecording, SpeechTx
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.ticks import Tick

AT_ONCE: Final = 500
# What is told late is sent late: each round of the scheduler looks at all of a week.
LOOK_BACK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SendCallsToSpeech:
    """Order the analysis of calls with a recording whose last recorded attempt was in `[start, end)`.

    Each call has one job, whoever asks, how often and at once. One that cannot be sent is kept with its reason.
    """

    begin: Begin[SpeechTx]
    configuration: Configuration
    find: FindRecording
    new_id: NewId

    async def __call__(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        dry_run: bool = False,
        tick: Tick | None = None,
    ) -> SpeechReport:
        """Without an end it is now, without a start an hour before the end; for a tick all of the week before it.

        Raises `BadWindow`.
        """
        async with self.begin() as tx:
            asked = (tick.due_at - LOOK_BACK, tick.due_at) if tick else (start, end)
            since, until = window(*asked, await tx.now())
            if tick and not await tx.ticks.first_time(tick):
                return SpeechReport(since, until, 0, 0, {})
            known = await tx.speech.sent(since, until)
        done: Counter[SkipReason | None] = Counter()
        after, more = None, True
        while more:
            calls, page = await self._page(since, until, after, dry_run=dry_run)
            done += page
            more = len(calls) == AT_ONCE
            after = (calls[-1].recording.attempted_at, calls[-1].recording.call_id) if calls else None
        sent = done.pop(None, 0)
        return SpeechReport(since, until, sent, known, {reason: n for reason, n in done.items() if reason})

    async def _page(
        self, since: datetime, until: datetime, after: tuple[datetime, CallId] | None, *, dry_run: bool
    ) -> tuple[Sequence[RecordedCall], Counter[SkipReason | None]]:
        """Send some, in a transaction of their own."""
        calls: Sequence[RecordedCall] = ()
        done: Counter[SkipReason | None] = Counter()
        async with self.begin() as tx:
            calls = await tx.speech.unsent(since, until, after, AT_ONCE)
            done = await self._send(tx, calls)
            if dry_run:
                raise Undo
        return calls, done

    async def _send(self, tx: SpeechTx, calls: Sequence[RecordedCall]) -> Counter[SkipReason | None]:
        """Return how many were skipped, by reason; under None how many were sent."""
        done: Counter[SkipReason | None] = Counter()
        now = await tx.now()
        for call in calls:
            reason = judged(call, self._built(call), now)
            claimed = await tx.speech.claim(requested(call, reason, now))
            if reason or claimed:
                done[reason] += 1
            if claimed and not reason:
                await tx.outbox.add(self._message(call))
        return done

    def _built(self, call: RecordedCall) -> str | None:
        interaction = call.recording.interaction_id
        return self.find(dialer_of(call, self.configuration), interaction) if interaction else None

    def _message(self, call: RecordedCall) -> Message:
        call_id = str(call.recording.call_id)
        payload = {"call_id": call_id, "prospect_id": str(call.recording.prospect_id)}  # an erasure closes it
        return Message(MessageId(self.new_id()), "speech", "speech.call", f"speech:{call_id}", payload)
