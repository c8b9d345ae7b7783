"""Close a run: empty the dialer of what was not called, read what was, and settle every call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.dialing import DialerContact
from growth.domain.campaigns.entities.runs import Batch, BatchState, Run, RunId, RunState
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Delivery, TryLater

SOON = timedelta(seconds=1)
CALLS_UNDER_WAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class CloseRun:
    """Deliver the message `dialer.close`. Once a run is closing, nothing goes in any more.

    What was never called is deleted first and read after, so that no call falls between: what is left was called, or
    is on a call, which is waited for.
    """

    begin: Begin[CampaignsTx]
    dialer: Dialer
    configuration: Configuration
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        run, batches, now = await self._load(delivery)
        if run.state is not RunState.RUNNING:
            return
        dialer_campaign = int(str(delivery.message.payload["dialer_campaign_id"]))
        self._wait_for_lost_answers(batches, now)
        if await self.dialer.busy(dialer_campaign):
            raise TryLater("the dialer is applying a batch", after=SOON, waiting=True)
        contacts = await self.dialer.of_run(dialer_campaign, run.id)
        if any(_can_be_deleted(contact) for contact in contacts):
            await self._empty(dialer_campaign, run)
            contacts = await self.dialer.of_run(dialer_campaign, run.id)
        if any(contact.in_progress or _can_be_deleted(contact) for contact in contacts):
            raise TryLater("calls are under way", after=CALLS_UNDER_WAY, waiting=True)
        await self._settle(delivery, run, dialer_campaign, contacts)

    async def _load(self, delivery: Delivery) -> tuple[Run, Sequence[Batch], datetime]:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            run = await tx.runs.lock(RunId(UUID(str(delivery.message.payload["run"]))))
            if run is None:
                raise LookupError("the run of this message does not exist")
            return run, await tx.runs.lock_batches(run.id), now

    def _wait_for_lost_answers(self, batches: Sequence[Batch], now: datetime) -> None:
        lost = [b.attempted_at for b in batches if b.state is BatchState.PENDING and b.attempted_at]
        settled_at = max(lost, default=now - self.dialer.settling) + self.dialer.settling
        if now < settled_at:
            raise TryLater("waiting for the dialer to settle", after=settled_at - now, waiting=True)

    async def _empty(self, dialer_campaign: int, run: Run) -> None:
        token = await self.dialer.empty(dialer_campaign, run.id)
        if not (await self.dialer.progress(token)).finished:
            raise TryLater("the dialer is deleting what was not called", after=SOON, waiting=True)

    async def _settle(
        self, delivery: Delivery, run: Run, dialer_campaign: int, contacts: Sequence[DialerContact]
    ) -> None:
        recording = Recording(self.configuration, self.new_id)
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            await recording.results(tx, dialer_campaign, contacts, now)
            calls = [c for c in await tx.calls.lock_of_run(run.id) if c.state is CallState.INJECTED]
            lost = {b.id for b in await tx.runs.lock_batches(run.id) if b.state is BatchState.PENDING}
            there = {contact.call_id() for contact in contacts}
            unsent = [c for c in calls if c.batch_id in lost and c.id not in there]
            await recording.not_made(tx, [c for c in calls if c not in unsent], "not_called", now)
            await recording.not_made(tx, unsent, "dialer_unreachable", now)
            for batch in await tx.runs.lock_batches(run.id):
                if batch.state is BatchState.PENDING:
                    await tx.runs.save_batch(replace(batch, state=BatchState.EXPIRED, done_at=now))
            await tx.runs.save(replace(run, state=RunState.CLOSED, closed_at=now))


def _can_be_deleted(contact: DialerContact) -> bool:
    return contact.attempts == 0 and not contact.in_progress and contact.excluded is None
