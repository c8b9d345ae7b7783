"""What slots to come would do with the calls that are planned now.

Nothing is predicted: no lead comes in meanwhile, and who is handed to the dialer is not called again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.campaigns.business_rules.calling import due_before, elsewhere, moved
from growth.domain.campaigns.business_rules.choosing import Chosen, Refused, Room, choose
from growth.domain.campaigns.business_rules.planning import plan
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Candidate
from growth.domain.campaigns.entities.configuration import Campaign, CampaignName, Configuration
from growth.domain.campaigns.entities.slots import Slot

Taken = Mapping[tuple[CampaignName, datetime], Mapping[str, int]]
"""The calls that slots hold already, by the place where they count, the slot's start, and agent id ("" for none)."""


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What one slot would do; `at`: the instant its gates were judged at."""

    campaign: Campaign
    slot: Slot
    at: datetime
    chosen: Sequence[Chosen]
    refused: Sequence[Refused]


def planned_by(other: Configuration, candidates: Sequence[Candidate], now: datetime) -> list[Candidate]:
    """Return the candidates where another configuration would have planned them; not those it never calls."""
    found = (
        replace(each, call=moved(each.call, plan(each.who, other, now, callback_at=each.call.callback_at), now))
        for each in candidates
    )
    return [each for each in found if each.call.state is CallState.PLANNED]


def simulated(
    candidates: Sequence[Candidate],
    slots: Sequence[tuple[Campaign, Slot]],
    configuration: Configuration,
    taken: Taken,
    now: datetime,
) -> Iterator[SimulatedRun]:
    """Yield what each slot would do, in their order: whom one has called, or put off, is not there for the next."""
    waiting = {each.call.id: each for each in candidates}
    held = {key: dict(numbers) for key, numbers in taken.items()}
    for campaign, slot in slots:
        at = max(now, slot.start)
        load = held.setdefault((campaign.place, slot.start), {})
        due = [each for each in waiting.values() if _is_due(each.call, campaign, slot, at)]
        room = Room(slot, sum(load.values()), dict(load))
        judged = list(choose(due, campaign, configuration, room, at))
        chosen = [one for one in judged if isinstance(one, Chosen)]
        refused = [one for one in judged if isinstance(one, Refused)]
        for one in chosen:
            agent = one.agent.id if one.agent else ""
            load[agent] = load.get(agent, 0) + 1
            del waiting[one.candidate.call.id]
        for put_off in refused:
            call = elsewhere(put_off, slot, configuration, at)
            waiting[call.id] = replace(put_off.candidate, call=call)
        yield SimulatedRun(campaign, slot, at, chosen, refused)


def _is_due(call: Call, campaign: Campaign, slot: Slot, at: datetime) -> bool:
    if call.campaign != campaign.name or call.state is not CallState.PLANNED:
        return False
    if call.slot_start != slot.start and call.slot_end > at:
        return False
    return call.callback_at is None or call.callback_at < due_before(campaign, slot, at)
