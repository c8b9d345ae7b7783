"""Who is called in a slot: gates, order, capacity and maximum. A pure function from candidates to decisions."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.business_rules.gates import back_at, covering, stopped
from growth.domain.campaigns.business_rules.rating import rated
from growth.domain.campaigns.business_rules.shares import HOLD_OUT, in_share
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.candidates import Candidate, Stopped
from growth.domain.campaigns.entities.configuration import ASSIGNED, Agent, Campaign, Configuration
from growth.domain.campaigns.entities.law import LawSettings
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.entities.scoring import Score
from growth.domain.campaigns.entities.slots import Slot


@dataclass(frozen=True, slots=True)
class Room:
    """What a slot holds already, over all campaigns that share its room: calls in all, and by agent id."""

    slot: Slot
    taken: int = 0
    by_agent: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that is called, in order; by this agent, where the campaign is assigned to agents."""

    candidate: Candidate
    score: Score
    agent: Agent | None


@dataclass(frozen=True, slots=True)
class Refused:
    candidate: Candidate
    score: Score
    stopped: Stopped


def choose(
    candidates: Sequence[Candidate],
    campaign: Campaign,
    configuration: Configuration,
    room: Room,
    at: datetime,
) -> Iterator[Chosen | Refused]:
    """Yield one decision for every candidate: first those that a gate stops, then the others in their order.

    A number is called for one lead at a time, so the others of it have to keep the gap.

    `at`: the instant the gates are judged at, now or the slot's start when that is still to come. Scores are as of the
    slot's start.
    """
    slot_start = room.slot.start
    scores = {c.call.id: rated(c.who, configuration, slot_start) for c in candidates}
    free: list[Candidate] = []
    for candidate in candidates:
        if verdict := _stopped(candidate, campaign, at, configuration.law):
            yield Refused(candidate, scores[candidate.call.id], verdict)
        else:
            free.append(candidate)
    taken, load, phones = room.taken, Counter(room.by_agent or {}), set[str | None]()
    for candidate in _ordered(free, scores, campaign, room.slot):
        points, phone = scores[candidate.call.id], candidate.who.prospect.phone
        agent = _least_loaded(_present(campaign, candidate, slot_start), load)
        if candidate.who.in_dialer or phone in phones:
            yield Refused(candidate, points, Stopped(Gate.GAP, room.slot.end))
        elif agent is None and campaign.type in ASSIGNED:
            yield Refused(candidate, points, Stopped(Gate.CAPACITY, room.slot.end))
        elif taken >= campaign.maximum:
            yield Refused(candidate, points, Stopped(Gate.MAXIMUM, room.slot.end))
        else:
            taken += 1
            phones.add(phone)
            load[agent.id if agent else ""] += 1
            yield Chosen(candidate, points, agent)


def _stopped(candidate: Candidate, campaign: Campaign, at: datetime, law: LawSettings) -> Stopped | None:
    callback = candidate.call.callback_at
    return stopped(candidate.who, campaign, max(at, callback or at), agreed_at=callback, law=law)


def _least_loaded(agents: Sequence[Agent], load: Mapping[str, int]) -> Agent | None:
    free = (agent for agent in agents if load.get(agent.id, 0) < agent.capacity)
    return min(free, key=lambda agent: (load.get(agent.id, 0), agent.id), default=None)


def _ordered(
    candidates: Sequence[Candidate], scores: Mapping[CallId, Score], campaign: Campaign, slot: Slot
) -> Iterator[Candidate]:
    """Callbacks due first; then score, older, id, where the hold-out share and the live model have their places."""
    due = [c for c in candidates if c.call.callback_at and c.call.callback_at < slot.end]
    yield from sorted(due, key=lambda c: (c.call.callback_at, c.who.lead.id))
    called_back = {c.call.id for c in due}
    others = [c for c in candidates if c.call.id not in called_back]
    held_out = [c for c in others if in_share(c.who.lead.id, campaign.hold_out_percent, HOLD_OUT)]
    drawn = {c.call.id for c in held_out}
    by_arrival = sorted(held_out, key=lambda c: (c.who.lead.created_at, c.who.lead.id))
    by_score = sorted(
        (c for c in others if c.call.id not in drawn),
        key=lambda c: (-scores[c.call.id].score, c.who.lead.requested_at, c.who.lead.id),
    )
    by_model = [c for c in by_score if scores[c.call.id].model_version]
    by_rules = [c for c in by_score if not scores[c.call.id].model_version]
    yield from spread(by_arrival, spread(by_model, by_rules))


def spread(some: Sequence[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    """Return both in their orders; some have their part of all places, evenly spread.

    Scores of rules and of a model are not of one scale: neither would be the other's equal in one order.
    """
    ours, theirs, number = iter(some), iter(others), len(some) + len(others)
    return [
        next(ours if place * len(some) // number > (place - 1) * len(some) // number else theirs)
        for place in range(1, number + 1)
    ]


def _present(campaign: Campaign, candidate: Candidate, at: datetime) -> list[Agent]:
    """Return the agents who may have this lead in the slot: its zone's, or just the one whose wallet it is in."""
    if campaign.type not in ASSIGNED:
        return []
    owner = candidate.who.prospect.owner_agent_id
    groups = campaign.groups if owner else covering(campaign, candidate.who)
    agents = {agent.id: agent for group in groups for agent in group.agents}
    return [
        agent
        for agent in agents.values()
        if (owner is None or agent.id == owner) and back_at(agent, campaign.timezone, at) <= at
    ]
