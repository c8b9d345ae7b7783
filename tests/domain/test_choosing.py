"""Who is called in a slot, against an oracle that follows the words of the rules and nothing else."""

import random
from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.makers import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    MORNING,
    ONE,
    TEN,
    a_campaign,
    a_candidate,
    a_configuration,
    a_fast_lane,
    a_group,
    an_agent,
    number,
)

from growth.domain.campaigns.business_rules.choosing import Chosen, Room, choose
from growth.domain.campaigns.business_rules.qualifying import snapshot
from growth.domain.campaigns.business_rules.scoring import score
from growth.domain.campaigns.business_rules.shares import in_share
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.leads import LeadStatus, SellTimeframe

WORLD = a_configuration()


def decided(candidates, campaign, room, at):
    """The decisions as plain values, by candidate: (place, agent) or (gate, next time)."""
    found, place = {}, room.taken
    for one in choose(candidates, campaign, WORLD, room, at):
        if isinstance(one, Chosen):
            place += 1
            found[one.candidate.call.id] = (place, one.agent.id if one.agent else None)
        else:
            found[one.candidate.call.id] = (one.stopped.gate.value, one.stopped.next_allowed_at)
    return found


# ---- The oracle ------------------------------------------------------------------------------------------


def open_at(lead, at):
    local = at.astimezone(ZoneInfo(lead.timezone))
    return local.weekday() < 5 and (10 <= local.hour < 13 or 14 <= local.hour < 20)  # a week without holidays


def opens_at(lead, at):
    at = at.replace(second=0, microsecond=0) + (MINUTE if at.second or at.microsecond else 0 * MINUTE)
    while not open_at(lead, at):
        at += MINUTE
    return at


def used_up_until(lead, tried, at):
    """When the fifth attempt in thirty days of the person's calendar may be; None: at once."""
    recent = [end for each in tried if (end := each.astimezone(ZoneInfo(lead.timezone)) + 30 * DAY) > at]
    return sorted(recent)[-4].astimezone(UTC) if len(recent) >= 4 else None


def lawful_from(lead, tried, at):
    while used_up_until(lead, tried, at) or not open_at(lead, at):
        at = opens_at(lead, used_up_until(lead, tried, at) or at)
    return at


def away(agent, day):
    return any(first <= day <= last for first, last in agent.absences)


def of_zone(group, lead):
    return any(code and code.startswith(zone) for zone in group.zones for code in (lead.postal_code, lead.insee_code))


def the_gate(who, campaign, at, callback):  # noqa: C901, PLR0911 - one line per rule, as they are written
    lead, person, tried = who.lead, who.prospect, sorted(who.attempts)
    here = at.astimezone(ZoneInfo(campaign.timezone)).date()
    if lead.status not in {"new", "not_qualified"}:
        return "status", None
    if not (person.phone and person.phone_valid):
        return "phone", None
    if not open_at(lead, at) and not (callback and callback <= at < callback + MINUTE):
        return "hours", lawful_from(lead, tried, at)
    if lead.call_attempts >= campaign.attempt_cap:
        return "attempt_cap", None
    if used_up_until(lead, tried, at):
        return "attempt_cap", lawful_from(lead, tried, at)
    if tried and at - tried[-1] < campaign.minimum_gap and not callback:
        return "gap", tried[-1] + campaign.minimum_gap
    if person.pending_task:
        return "pending_task", None
    if person.owner_agent_id:
        mine = [a for g in campaign.groups for a in g.agents if a.id == person.owner_agent_id]
        if not mine or campaign.type in {"PVB", "PQSC"}:
            return "wallet", None
        if away(mine[0], here):
            while away(mine[0], here):
                here += DAY
            return "wallet", datetime(here.year, here.month, here.day, tzinfo=ZoneInfo(campaign.timezone))
    if campaign.groups and not any(of_zone(group, lead) for group in campaign.groups):
        return "zone", None
    return None


def in_order(candidates, campaign, slot):
    def points(c):
        return score(snapshot(c.who, WORLD, slot.start), WORLD.rules).score

    due = [c for c in candidates if c.call.callback_at is not None and c.call.callback_at < slot.end]
    order = sorted(due, key=lambda c: (c.call.callback_at, c.who.lead.id))
    rest = [c for c in candidates if c not in due]
    drawn = [c for c in rest if in_share(c.who.lead.id, campaign.hold_out_percent, "hold-out")]
    first_come = sorted(drawn, key=lambda c: (c.who.lead.created_at, c.who.lead.id))
    best = sorted(
        (c for c in rest if c not in drawn), key=lambda c: (-points(c), c.who.lead.requested_at, c.who.lead.id)
    )
    behind = 0  # how many places of theirs are owed to those held out, in parts of all
    for _ in rest:
        behind += len(drawn)
        theirs = behind >= len(rest)
        behind -= len(rest) * theirs
        order.append((first_come if theirs else best).pop(0))
    return order


def expected(candidates, campaign, room, at):
    found, passed = {}, []
    for c in candidates:
        verdict = the_gate(c.who, campaign, max(at, c.call.callback_at or at), c.call.callback_at)
        if verdict:
            found[c.call.id] = verdict
        else:
            passed.append(c)
    load, place, rung = Counter(room.by_agent or {}), room.taken, set()
    day = room.slot.start.astimezone(ZoneInfo(campaign.timezone)).date()
    for c in in_order(passed, campaign, room.slot):
        agent = None
        if c.who.in_dialer or c.who.prospect.phone in rung:
            found[c.call.id] = ("gap", room.slot.end)
            continue
        if campaign.type in {"PVI", "CF"}:
            owner = c.who.prospect.owner_agent_id
            groups = [g for g in campaign.groups if owner or of_zone(g, c.who.lead)]
            there = {a.id: a for g in groups for a in g.agents if owner in {None, a.id} and not away(a, day)}
            free = [(load[a.id], a.id) for a in there.values() if load[a.id] < a.capacity]
            if not free:
                found[c.call.id] = ("capacity", room.slot.end)
                continue
            agent = min(free)[1]
        if place >= campaign.maximum:
            found[c.call.id] = ("maximum", room.slot.end)
            continue
        place += 1
        load[agent] += 1
        rung.add(c.who.prospect.phone)
        found[c.call.id] = (place, agent)
    return found


# ---- Random worlds ---------------------------------------------------------------------------------------

PLACES = [("69003", "Europe/Paris"), ("75011", "Europe/Paris"), ("33000", "Europe/Paris"), ("97400", "Indian/Reunion")]
TODAY = date(2026, 11, 23)


def a_random_candidate(chance, count):
    postal_code, zone = chance.choice(PLACES)
    rare = chance.random
    return a_candidate(
        count,
        callback_at=TEN + chance.randrange(-120, 200) * MINUTE if rare() < 0.1 else None,
        attempts=[TEN - chance.randrange(1, 40 * 24) * HOUR for _ in range(chance.choice([0, 0, 0, 1, 2, 5]))],
        estimates=chance.randrange(4),
        page_views=chance.randrange(10),
        in_dialer=rare() < 0.03,
        prospect={
            "phone": None if rare() < 0.05 else f"+331990{chance.randrange(300):05d}",
            "phone_valid": rare() > 0.05,
            "pending_task": rare() < 0.05,
            "owner_agent_id": chance.choice(["a1", "a2", "a9"]) if rare() < 0.1 else None,
        },
        postal_code=postal_code,
        timezone=zone,
        status=chance.choice(list(LeadStatus)) if rare() < 0.2 else LeadStatus.NEW,
        call_attempts=chance.choice([0, 0, 1, 7, 8]),
        sell_timeframe=chance.choice(list(SellTimeframe)),
        requested_at=MONDAY - chance.randrange(10) * DAY,
        created_at=MONDAY - chance.randrange(20) * DAY,
    )


def a_random_campaign(chance):
    agents = [
        an_agent(
            f"a{n}",
            chance.randrange(1, 30),
            absences=((TODAY - DAY, TODAY + chance.randrange(3) * DAY),) if chance.random() < 0.2 else (),
        )
        for n in range(1, 6)
    ]
    groups = tuple(
        a_group(*chance.sample(agents, chance.randrange(1, 4)), zones=chance.choice([("69",), ("75", "974"), ("",)]))
        for _ in range(chance.randrange(1, 4))
    )
    return a_campaign(
        type=chance.choice([CampaignType.PVI, CampaignType.CF, CampaignType.PVB, CampaignType.PQSC]),
        groups=groups,
        maximum=chance.randrange(1, 120),
        hold_out_percent=chance.choice([0, 5, 10, 33, 50, 100]),
        attempt_cap=chance.choice([5, 8]),
        minimum_gap=chance.choice([1, 4, 24]) * HOUR,
    )


def compare(seed, count):
    chance = random.Random(seed)
    campaign = a_random_campaign(chance)
    candidates = [a_random_candidate(chance, n) for n in chance.sample(range(1, 10_000), count)]
    load = {f"a{n}": chance.randrange(4) for n in range(1, 6)} if chance.random() < 0.5 else {}
    room = Room(MORNING, sum(load.values()), load)
    at = TEN + chance.choice([0, 0, 61]) * MINUTE
    found = decided(candidates, campaign, room, at)
    assert found == expected(candidates, campaign, room, at)
    return Counter(outcome if isinstance(outcome, str) else "injected" for outcome, _ in found.values())


@given(st.integers(0, 2**32), st.integers(0, 25))
@settings(max_examples=150, deadline=None)
def test_a_choice_is_what_the_rules_say(seed, count):
    compare(seed, count)


def test_the_choice_of_six_thousand_leads_in_sixty_campaigns_is_what_the_rules_say():
    seen = sum((compare(seed, 100) for seed in range(60)), Counter())
    every = {"status", "phone", "hours", "attempt_cap", "gap", "pending_task", "wallet", "zone", "capacity", "maximum"}
    assert set(seen) == {*every, "injected"}  # else the leads were too well
    assert seen.total() == 6_000


# ---- And each rule by itself -----------------------------------------------------------------------------


def order_of(candidates, **campaign):
    found = decided(candidates, a_campaign(**campaign), Room(MORNING), TEN)
    return [id_.int % 2**32 for id_, (place, _) in sorted(found.items(), key=lambda item: item[1][0])]


def test_callbacks_come_first_the_earliest_before_the_others():
    people = [a_candidate(1), a_candidate(2, callback_at=TEN + HOUR), a_candidate(3, callback_at=TEN)]
    assert order_of(people) == [3, 2, 1]


def test_then_the_score_decides_then_who_asked_earlier_then_the_id():
    people = [
        a_candidate(1, sell_timeframe=SellTimeframe.MONTHS_3),
        a_candidate(3),
        a_candidate(2),
        a_candidate(4, requested_at=MONDAY - DAY - MINUTE),
    ]
    assert order_of(people) == [4, 2, 3, 1]


def test_a_score_is_as_of_the_start_of_the_slot():
    older, newer = a_candidate(1, requested_at=TEN - DAY), a_candidate(2, requested_at=TEN - DAY + MINUTE)
    [one, other] = choose([older, newer], a_campaign(), WORLD, Room(MORNING), TEN + HOUR)
    assert (one.candidate, other.candidate) == (newer, older)
    assert other.score.score == one.score.score - 5


@pytest.mark.parametrize(
    ("percent", "drawn", "order"),
    [
        (0, set(), [31, 32, 34, 33, 35, 52]),
        (5, {32, 33, 52}, [31, 52, 34, 33, 35, 32]),
        (20, {32, 33, 35, 52}, [31, 52, 35, 34, 33, 32]),
        (100, {31, 32, 33, 34, 35, 52}, [52, 35, 34, 33, 32, 31]),
    ],
)
def test_the_hold_out_share_has_its_part_of_the_places_in_order_of_arrival(percent, drawn, order):
    people = [
        a_candidate(n, page_views=7 - place, created_at=MONDAY - n * DAY)
        for place, n in enumerate([31, 32, 34, 33, 35, 52])
    ]
    assert {n for n in order if in_share(number(n), percent, "hold-out")} == drawn
    assert order_of(people, hold_out_percent=percent) == order


def agents_of(candidates, *groups, taken=()):
    load = Counter(taken)
    found = decided(candidates, a_campaign(groups=groups), Room(MORNING, load.total(), load), TEN)
    return {id_.int % 2**32: second for id_, (_, second) in found.items()}


def test_the_least_loaded_agent_takes_the_next_and_ties_go_by_id():
    group = a_group(an_agent("a2", 3), an_agent("a1", 3))
    people = [a_candidate(n) for n in range(1, 5)]
    assert agents_of(people, group) == {1: "a1", 2: "a2", 3: "a1", 4: "a2"}
    assert agents_of(people, group, taken=["a1", "a1"]) == {1: "a2", 2: "a2", 3: "a1", 4: "a2"}


def test_an_agent_of_two_groups_has_his_capacity_once():
    one, other = a_group(an_agent("a1", 1), zones=("69",)), a_group(an_agent("a1", 1), zones=("75",))
    people = [a_candidate(1), a_candidate(2, postal_code="75001")]
    assert agents_of(people, one, other) == {1: "a1", 2: ONE}


def test_who_is_away_takes_nobody():
    absent = an_agent("a1", absences=((TODAY, TODAY),))
    assert agents_of([a_candidate(1)], a_group(absent, an_agent("a2"))) == {1: "a2"}
    assert agents_of([a_candidate(1)], a_group(absent)) == {1: ONE}


def test_a_full_agent_stops_only_those_of_his_zone_or_wallet():
    groups = (a_group(an_agent("a1", 1), zones=("69",)), a_group(an_agent("a2", 1), zones=("75",)))
    mine = {"prospect": {"owner_agent_id": "a1"}, "postal_code": "75001"}
    people = [a_candidate(1), a_candidate(2, **mine), a_candidate(3, postal_code="75001")]
    assert agents_of(people, *groups) == {1: "a1", 2: ONE, 3: "a2"}


def test_a_number_is_called_for_one_lead_at_a_time():
    same = {"prospect": {"phone": "+33199000077"}}
    people = [a_candidate(1, **same), a_candidate(2, **same), a_candidate(3, in_dialer=True), a_candidate(4)]
    found = decided(people, a_campaign(), Room(MORNING), TEN)
    assert list(found.values()) == [(1, "a1"), ("gap", ONE), ("gap", ONE), (2, "a1")]


def test_who_finds_no_room_leaves_his_number_to_his_other_lead():
    groups = (a_group(an_agent("a1", 0), zones=("69",)), a_group(an_agent("a2", 1), zones=("75",)))
    same = {"prospect": {"phone": "+33199000077"}}
    assert agents_of([a_candidate(1, **same), a_candidate(2, postal_code="75001", **same)], *groups) == {
        1: ONE,
        2: "a2",
    }


def test_the_slot_takes_its_maximum_and_the_fast_lane_shares_it():
    pvi = a_campaign(maximum=3)
    lane = a_fast_lane(pvi)
    assert lane.place == pvi.place == "PVI"
    found = decided([a_candidate(n) for n in range(1, 4)], lane, Room(MORNING, 2, {"a1": 2}), TEN)
    assert list(found.values()) == [(3, "a1"), ("maximum", ONE), ("maximum", ONE)]


def test_campaigns_without_agents_have_only_their_maximum():
    pvb = a_campaign(type=CampaignType.PVB, groups=(), maximum=2)
    found = decided([a_candidate(n) for n in range(1, 4)], pvb, Room(MORNING), TEN)
    assert list(found.values()) == [(1, None), (2, None), ("maximum", ONE)]


def test_gates_are_asked_as_of_a_callback_where_it_is_later():
    tried = {"attempts": [TEN - 3 * HOUR]}
    found = decided(
        [a_candidate(1, **tried), a_candidate(2, callback_at=TEN + HOUR, **tried)], a_campaign(), Room(MORNING), TEN
    )
    assert list(found.values()) == [("gap", TEN + HOUR), (1, "a1")]
