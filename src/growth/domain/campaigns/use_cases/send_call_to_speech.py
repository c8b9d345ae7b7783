"""One call goes to the speech vendor, or is deleted there."""

from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from growth.domain.campaigns.business_rules.analysing import dialer_of, judged, order_of
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.speech import SkipReason, SpeechJob, SpeechOrder, SpeechState
from growth.domain.campaigns.ports.speech import FindRecording, SpeechAnalysis, SpeechTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.messages import Delivery

# Another worker may have the message of one that slept for longer: its lease has 10 s left at the least.
SEND_WITHIN: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SendCallToSpeech:
    """Deliver the message `speech.call`. The vendor knows a call by its id: sent again, it is the same job there."""

    begin: Begin[SpeechTx]
    speech: SpeechAnalysis
    configuration: Configuration
    find: FindRecording

    async def __call__(self, delivery: Delivery) -> None:
        begun = monotonic()
        order = await self._load(delivery)
        if order is None:
            return
        if order.told_url and not await self.speech.may_fetch(order.url):
            await self._settle(delivery, order.call_id, SpeechState.SKIPPED, reason=SkipReason.REFUSED)
            return
        job_id = await self.speech.send(order, begun + SEND_WITHIN.total_seconds())
        await self._settle(delivery, order.call_id, SpeechState.SENT, job_id=job_id)

    async def _load(self, delivery: Delivery) -> SpeechOrder | None:
        """Return what is to be sent; None: it was, the person was erased, or the recording cannot be had any more."""
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            job = await tx.speech.lock(_call(delivery))
            if job is None or job.state is not SpeechState.REQUESTED:
                return None
            return await self._judge(tx, job)

    async def _judge(self, tx: SpeechTx, job: SpeechJob) -> SpeechOrder | None:
        call = await tx.speech.recorded(job.call_id)
        if call is None:
            await tx.speech.save(_skipped(job, SkipReason.NO_URL))
            return None
        interaction = call.recording.interaction_id
        built = self.find(dialer_of(call, self.configuration), interaction) if interaction else None
        reason, url = judged(call, built, await tx.now()), call.recording.url or built
        if reason or url is None:
            await tx.speech.save(_skipped(job, reason or SkipReason.NO_URL))
            return None
        return order_of(call, url, self.configuration)

    async def _settle(
        self,
        delivery: Delivery,
        call: CallId,
        state: SpeechState,
        *,
        reason: SkipReason | None = None,
        job_id: str | None = None,
    ) -> None:
        """Write down what became of it, unless the vendor was quicker and has told its analysis already."""
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            job = await tx.speech.lock(call)
            if job is not None and job.state is SpeechState.REQUESTED:
                sent_at = await tx.now() if state is SpeechState.SENT else None
                await tx.speech.save(replace(job, state=state, reason=reason, job_id=job_id, sent_at=sent_at))


@dataclass(frozen=True, slots=True)
class DeleteAtSpeech:
    """Deliver the message `speech.delete`: the call has become too old."""

    speech: SpeechAnalysis

    async def __call__(self, delivery: Delivery) -> None:
        await self.speech.delete(_call(delivery))


def _skipped(job: SpeechJob, reason: SkipReason) -> SpeechJob:
    return replace(job, state=SpeechState.SKIPPED, reason=reason)


def _call(delivery: Delivery) -> CallId:
    return CallId(UUID(str(delivery.message.payload["call_id"])))
