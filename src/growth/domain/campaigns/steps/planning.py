"""Planning calls for leads that have none, and moving those that have one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from growth.domain.campaigns.business_rules.calling import explained, moved, new_call
from growth.domain.campaigns.business_rules.planning import campaign_of, plan
from growth.domain.campaigns.business_rules.rating import rated
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Contactable, Plan
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import CALLABLE, LeadId
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId


async def rescore(tx: CampaignsTx, leads: Sequence[Contactable], configuration: Configuration, now: datetime) -> None:
    """Compute and keep the scores of leads whose snapshot has changed."""
    scoring = await with_models(tx, configuration)
    await tx.leads.put_scores([explained(who.lead, rated(who, scoring, now), now) for who in leads])


async def with_models(tx: CampaignsTx, configuration: Configuration) -> Configuration:
    """Return the configuration with the learned models that are in use now."""
    return replace(configuration, models=await tx.models.in_use())


async def start_again(tx: CampaignsTx, planned: Sequence[Call], now: datetime, new_id: NewId) -> None:
    """Order another start of each campaign in whose running slot calls were planned: they came after its start."""
    late = {call.campaign: call.slot_end for call in planned if call.slot_start <= now < call.slot_end}
    for campaign, slot_end in late.items():
        await tx.outbox.add(
            Message(
                id=MessageId(new_id()),
                vendor="growth",
                kind="campaign.start",
                subject=f"campaign:{campaign}",
                payload={"campaign": campaign},
                not_after=slot_end,
            )
        )


async def move_on(
    tx: CampaignsTx,
    calls: Sequence[Call],
    configuration: Configuration,
    now: datetime,
    new_id: NewId,
    *,
    left_by: Slot | None = None,
) -> None:
    """Plan planned calls anew: those that a slot did not come to, or whose campaign is gone."""
    found = {who.lead.id: who for who in await tx.leads.contactables([call.lead_id for call in calls], now)}
    moves = [
        moved(c, plan(found[c.lead_id], configuration, now, callback_at=c.callback_at, left_by=left_by), now)
        for c in calls
    ]
    await tx.calls.put(moves)
    await start_again(tx, moves, now, new_id)


def wish(who: Contactable) -> datetime | None:
    """Return when the person asked to be called, as long as nobody has tried since."""
    wanted, tried = who.lead.callback_at, who.lead.last_attempt_at
    return wanted if wanted and (tried is None or tried < wanted) else None


async def plan_missing(
    tx: CampaignsTx,
    leads: Sequence[Contactable],
    configuration: Configuration,
    now: datetime,
    new_id: NewId,
    *,
    fast: bool = True,
) -> int:
    """Plan a call for each lead that may have one and has none; move a planned one whose lead changed campaign.

    `fast`: in the running slot, where there is a fast lane. Returns how many were planned anew.
    """
    open_calls: Mapping[LeadId, Call] = {
        call.lead_id: call for call in await tx.calls.lock_open([who.lead.id for who in leads])
    }
    changed, added = [], 0
    for who in leads:
        call = open_calls.get(who.lead.id)
        if call is None and who.lead.segment and who.lead.status in CALLABLE:
            where = plan(who, configuration, now, callback_at=wish(who), fast=fast)
            if isinstance(where, Plan):
                changed.append(new_call(new_id(), who, where, now))
                added += 1
        elif call and call.state is CallState.PLANNED and not _at_home(call, who, configuration):
            where = plan(who, configuration, now, callback_at=wish(who), fast=fast)
            changed.append(moved(call, where, now))
    await tx.calls.put(changed)
    return added


def _at_home(call: Call, who: Contactable, configuration: Configuration) -> bool:
    """Tell whether a planned call is where the lead belongs as it is now."""
    if who.lead.status not in CALLABLE:
        return False
    home = campaign_of(who, configuration)
    names = {c.name for c in configuration.campaigns if home and home.name in {c.name, c.follows}}
    wanted = who.lead.callback_at
    return call.campaign in names and (wanted is None or wanted <= call.planned_at or call.callback_at == wanted)
