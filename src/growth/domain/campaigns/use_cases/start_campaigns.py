"""Start campaigns in a slot: decide about every candidate, and hand the chosen to the dialer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.campaigns.business_rules.calling import SharedByBatch, batched, due_before, elsewhere, explained
from growth.domain.campaigns.business_rules.choosing import Chosen, Refused, Room, choose
from growth.domain.campaigns.business_rules.deciding import decisions
from growth.domain.campaigns.business_rules.planning import weekly
from growth.domain.campaigns.business_rules.rating import shadow_probability
from growth.domain.campaigns.business_rules.remembering import facts_of, judged_with, law_in_force
from growth.domain.campaigns.business_rules.slots import next_slot, running_slot
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Candidate
from growth.domain.campaigns.entities.configuration import Campaign, CampaignType, Configuration
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.replays import Filling, FillingId
from growth.domain.campaigns.entities.runs import (
    Batch,
    BatchId,
    BatchState,
    NoSlot,
    Run,
    RunId,
    RunIsOver,
    RunReport,
    RunState,
)
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import with_models
from growth.domain.kernel.begin import Begin, Undo
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId


@dataclass(frozen=True, slots=True)
class StartCampaigns:
    """Start the ordered campaigns, each in a transaction of its own, and return the accounts of their runs.

    Starting again adds what is new since. Without a type or a name it acts on all but the fast lanes. Raises `NoSlot`,
    and `RunIsOver` when all of them were stopped in their slot.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, order: Order) -> list[RunReport]:
        reports, over = [], None
        for campaign in order.campaigns(self.configuration):
            if campaign.type is CampaignType.CF and order.type is None and order.name is None:
                continue
            try:
                if report := await self._start(campaign, order):
                    reports.append(report)
            except RunIsOver as stopped:
                over = stopped
        if over and not reports:
            raise over
        return reports

    async def _start(self, campaign: Campaign, order: Order) -> RunReport | None:
        async with self.begin() as tx:
            if order.tick and not await tx.ticks.first_time(order.tick):
                return None
            now = await tx.now()
            slot = self._slot(campaign, order, now)
            if slot is None:
                return None
            await tx.runs.lock_choosing()
            run = await tx.runs.lock_or_add(self._run(campaign, slot, now))
            if run.state is RunState.RUNNING and run.closing_at is None and now < run.slot_end:
                await self._fill(tx, campaign, run, now)
            elif order.tick is None:
                raise RunIsOver
            report = await tx.runs.report(run.id)
            if order.dry_run:
                raise Undo
        return report

    def _slot(self, campaign: Campaign, order: Order, now: datetime) -> Slot | None:
        slots, zone = weekly(campaign, self.configuration), campaign.timezone
        if order.running_only:
            return running_slot(slots, zone, now)
        if order.start_date:
            found = next_slot(slots, zone, order.start_date)
        else:
            found = running_slot(slots, zone, now) or next_slot(slots, zone, now)
        if found is None or found.end <= now:
            ended = "has ended already" if found else "does not exist"
            raise NoSlot(f"The slot of campaign {campaign.name!r} there {ended}: give a later start_date, or none.")
        return found

    def _run(self, campaign: Campaign, slot: Slot, now: datetime) -> Run:
        return Run(
            id=RunId(self.new_id()),
            campaign=campaign.name,
            slot_start=slot.start,
            slot_end=slot.end,
            state=RunState.RUNNING,
            configuration_version=self.configuration.version,
            rule_set_version=self.configuration.rules.version,
            opened_at=now,
        )

    async def _fill(self, tx: CampaignsTx, campaign: Campaign, run: Run, now: datetime) -> None:
        slot, at = Slot(run.slot_start, run.slot_end), max(now, run.slot_start)
        due = due_before(campaign, slot, at)
        candidates = await tx.calls.lock_candidates(campaign.name, slot.start, now, due)
        sharing = [c.name for c in self.configuration.campaigns if c.place == campaign.place]
        taken = await tx.calls.taken(sharing, slot.start)
        room = Room(slot, sum(taken.values()), taken)
        scoring = await with_models(tx, self.configuration)
        judged = list(choose(candidates, campaign, scoring, room, at))
        chosen = [one for one in judged if isinstance(one, Chosen)]
        refused = [one for one in judged if isinstance(one, Refused)]
        await tx.leads.put_scores([explained(o.candidate.who.lead, o.score, slot.start) for o in judged])
        await tx.runs.put_decisions(decisions(judged, run.id, campaign, room.taken, now))
        if candidates:
            filling = self._filling(campaign, run, room, candidates, (now, at))
            await tx.runs.add_filling(judged_with(filling, scoring.models))
        if shadow := scoring.models.shadow:
            asked = [(o.candidate.call.id, o.candidate.who) for o in chosen]
            said = [(call, shadow_probability(who, shadow, scoring, slot.start)) for call, who in asked]
            await tx.models.put_shadow(shadow.version, said)
        await self._hand_over(tx, campaign, run, chosen, now)
        await tx.calls.put([elsewhere(one, slot, self.configuration, now) for one in refused])

    def _filling(
        self,
        campaign: Campaign,
        run: Run,
        room: Room,
        candidates: Sequence[Candidate],
        times: tuple[datetime, datetime],
    ) -> Filling:
        filled_at, judged_at = times
        return Filling(
            id=FillingId(self.new_id()),
            run_id=run.id,
            filled_at=filled_at,
            judged_at=judged_at,
            configuration_version=self.configuration.version,
            law_version=law_in_force(campaign, room.slot.start),
            taken=room.by_agent or {},
            facts=facts_of(candidates),
        )

    async def _hand_over(
        self, tx: CampaignsTx, campaign: Campaign, run: Run, chosen: Sequence[Chosen], now: datetime
    ) -> None:
        batches, calls = [], []
        slot = Slot(run.slot_start, run.slot_end)
        for shared, members in batched(chosen, campaign, slot, max(now, slot.start), self.configuration.law):
            batch = self._batch(campaign, run, now, shared)
            batches.append(batch)
            calls += [_handed(one, run, batch, now) for one in members]
        if not batches:
            return
        await tx.runs.watch(campaign.dialer_campaign_id, now)
        await tx.runs.add_batches(batches)
        await tx.calls.put(calls)
        for batch in batches:
            await tx.outbox.add(
                Message(
                    id=MessageId(batch.id),
                    vendor=campaign.dialer,
                    kind="dialer.inject",
                    subject=f"dialer:{batch.dialer_campaign_id}",
                    payload={"batch": str(batch.id), "run": str(run.id)},
                    not_after=batch.latest,
                )
            )

    def _batch(self, campaign: Campaign, run: Run, now: datetime, shared: SharedByBatch) -> Batch:
        return Batch(
            id=BatchId(self.new_id()),
            run_id=run.id,
            campaign=campaign.name,
            dialer_campaign_id=campaign.dialer_campaign_id,
            priority=shared.priority,
            earliest=shared.earliest,
            latest=shared.latest,
            dialer_user_id=shared.dialer_user_id or None,
            state=BatchState.PENDING,
            attempted_at=None,
            token=None,
            created_at=now,
        )


def _handed(one: Chosen, run: Run, batch: Batch, now: datetime) -> Call:
    return replace(
        one.candidate.call,
        state=CallState.INJECTED,
        run_id=run.id,
        batch_id=batch.id,
        slot_start=run.slot_start,
        slot_end=run.slot_end,
        agent_id=one.agent.id if one.agent else None,
        injected_at=now,
    )
