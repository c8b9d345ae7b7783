"""Stop campaigns at the end of a slot: nothing more goes in, and what the dialer has not called comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from growth.domain.campaigns.business_rules.planning import weekly
from growth.domain.campaigns.business_rules.slots import running_or_next_slot
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.configuration import Campaign, CampaignType, Configuration
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.runs import Batch, BatchState, Run, RunReport, RunState
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import move_on
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId

_CLOSE = UUID("018f2b1e-7c4f-7000-8000-636c6f736500")


def close_message(run: Run, campaign: Campaign) -> Message:
    """Return the one message that has a run emptied, read and closed: one per run, however often it is stopped."""
    return Message(
        id=MessageId(uuid5(_CLOSE, str(run.id))),
        vendor=campaign.dialer,
        kind="dialer.close",
        subject=f"dialer-close:{run.id}",  # a call under way in this slot must not keep the next slot waiting
        payload={"run": str(run.id), "dialer_campaign_id": campaign.dialer_campaign_id},
    )


@dataclass(frozen=True, slots=True)
class StopCampaigns:
    """Stop the ordered campaigns, each in a transaction of its own, and return the accounts of the runs.

    Without a date: the running slot, else the last ended one that is still open; with one: the slot running then, or
    the first after. Safe to repeat, and to miss: the next one closes what was left open.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, order: Order) -> list[RunReport]:
        reports = []
        for campaign in order.campaigns(self.configuration):
            reports += await self._stop(campaign, order)
        return reports

    async def _stop(self, campaign: Campaign, order: Order) -> list[RunReport]:
        async with self.begin() as tx:
            if order.tick and not await tx.ticks.first_time(order.tick):
                return []
            now = await tx.now()
            runs = self._chosen(await tx.runs.lock_open(campaign.name), campaign, order, now)
            for run in runs:
                await self._close(tx, run, campaign, now)
            reports = [await tx.runs.report(run.id) for run in runs]
            if order.dry_run:
                raise Undo
        return reports

    def _chosen(self, runs: Sequence[Run], campaign: Campaign, order: Order, now: datetime) -> list[Run]:
        """Return the runs to stop: the one ordered, and whatever an earlier stop has missed."""
        overdue = [run for run in runs if run.slot_end <= now]
        if order.start_date:
            slots = weekly(campaign, self.configuration)
            slot = running_or_next_slot(slots, campaign.timezone, order.start_date)
            ordered = [run for run in runs if slot and run.slot_start == slot.start]
            return ordered if order.tick is None else [*ordered, *(run for run in overdue if run not in ordered)]
        return [run for run in runs if run.slot_start <= now < run.slot_end] or overdue[-1:]

    async def _close(self, tx: CampaignsTx, run: Run, campaign: Campaign, now: datetime) -> None:
        if run.closing_at is None:
            recording = Recording(self.configuration, self.new_id)
            untouched = [b for b in await tx.runs.lock_batches(run.id) if _never_sent(b)]
            for batch in untouched:
                await tx.runs.save_batch(replace(batch, state=BatchState.EXPIRED, done_at=now))
            ids = {batch.id for batch in untouched}
            calls = [c for c in await tx.calls.lock_of_run(run.id) if c.state is CallState.INJECTED]
            await recording.not_made(tx, [c for c in calls if c.batch_id in ids], "dialer_unreachable", now)
            if campaign.type is CampaignType.CF:
                left = await tx.calls.lock_planned(campaign.name, run.slot_start)
                slot = Slot(run.slot_start, run.slot_end)
                await move_on(tx, left, self.configuration, now, self.new_id, left_by=slot)
            run = replace(run, closing_at=now)
            if all(call.batch_id in ids for call in calls):
                await tx.runs.save(replace(run, state=RunState.CLOSED, closed_at=now))
                return
            await tx.runs.save(run)
        await tx.outbox.add(close_message(run, campaign))


def _never_sent(batch: Batch) -> bool:
    return batch.state is BatchState.PENDING and batch.attempted_at is None
