"""The speech vendor tells what it heard in a call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from growth.domain.campaigns.business_rules.analysing import heard
from growth.domain.campaigns.ports.speech import ReadAnalysis, SpeechTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState, handle_kept
from growth.domain.kernel.messages import Delivery

ANALYSED: Final = "call.analysed"


@dataclass(frozen=True, slots=True)
class TakeAnalysis:
    """Store it with the call. Of a call that was not sent, or whose person was erased, nothing is kept but the reason.

    The event's body is emptied once it is handled: what it told is with the call then, and goes with it.
    """

    begin: Begin[SpeechTx]
    read: ReadAnalysis

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._hear)

    async def _hear(self, tx: SpeechTx, event: InboxEvent, now: datetime) -> Heard:
        call = self.read.call_of(event) if event.topic == ANALYSED else None
        job = await tx.speech.lock(call) if call else None
        if job is None:
            await tx.speech.empty(event)
            return InboxState.IGNORED, "unknown_call" if event.topic == ANALYSED else "type"
        news = self.read(event)
        changed = heard(job, news, now)
        if changed:
            await tx.speech.save(changed)
        await tx.speech.empty(event)
        return (InboxState.HANDLED, None) if changed else (InboxState.IGNORED, f"call_{job.state}")
