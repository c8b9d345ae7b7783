"""A dialer tells what became of a call."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.dialing import CallNews
from growth.domain.campaigns.entities.speech import CallRecording
from growth.domain.campaigns.ports.call_news import ReadCallNews
from growth.domain.campaigns.ports.speech import SpeechTx
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState, handle_kept
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class TakeCallNews:
    """Record it as a polled result is: once, be it told by both. One of no call of ours is kept and shown as such.

    Where the recording is stands with the call, and no longer in the event.
    """

    begin: Begin[SpeechTx]
    configuration: Configuration
    read: ReadCallNews
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._hear)

    async def _hear(self, tx: SpeechTx, event: InboxEvent, now: datetime) -> Heard:
        news = self.read(event)
        if news is None:
            await tx.speech.empty(event)
            return InboxState.IGNORED, "type"
        recording = Recording(self.configuration, self.new_id)
        await recording.results(tx, news.dialer_campaign_id, [news.contact], now)
        if news.recording is not None:
            await _keep(tx, news, now)
            await tx.speech.empty(event)
        return InboxState.HANDLED, None


async def _keep(tx: SpeechTx, news: CallNews, now: datetime) -> None:
    id_, told = news.contact.call_id(), news.recording
    for call in await tx.calls.lock([id_] if id_ else []):
        if told is not None:
            recording = CallRecording(
                call_id=call.id,
                prospect_id=call.prospect_id,
                attempted_at=news.contact.last_attempt_at or news.contact.updated_at,
                told_at=now,
                url=told.url,
                interaction_id=told.interaction_id,
                content_type=told.content_type,
                channels=told.channels,
                expires_at=told.expires_at,
                duration_s=told.duration_s,
            )
            await tx.speech.put_recording(recording)
