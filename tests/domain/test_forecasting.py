"""How many leads a slot can work off, against a count minute by minute; and what scoring is worth."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.makers import (
    AFTERNOON,
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    MORNING,
    ONE,
    TEN,
    a_campaign,
    a_fast_lane,
    a_group,
    an_agent,
)

from growth.domain.campaigns.business_rules.forecasting import forecast, hours_of, reach_rate
from growth.domain.campaigns.business_rules.lifting import LEAST_CALLED, lift, lifts
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.reports import Arm, HoldOutArm, HourReach
from growth.domain.campaigns.entities.slots import Slot

PARIS = "Europe/Paris"
INSTANTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
SLOTS = st.builds(lambda start, minutes: Slot(start, start + minutes * MINUTE), INSTANTS, st.integers(1, 600))
COUNTS = st.dictionaries(
    st.integers(0, 23), st.integers(0, 300).flatmap(lambda tried: st.tuples(st.just(tried), st.integers(0, tried)))
)


def agents(*absences):
    return a_group(*(an_agent(f"a{number}", absences=each) for number, each in enumerate(absences, 1)))


def counted(by_hour, timezone=PARIS):
    return [HourReach(timezone, hour, tried, reached) for hour, (tried, reached) in by_hour.items()]


def minute_by_minute(campaign, slot, by_hour):
    """What is worked off in each minute by each agent who is there, in sum."""
    zone, worked, at = ZoneInfo(campaign.timezone), Fraction(), slot.start
    people = {agent.id: agent for group in campaign.groups for agent in group.agents}.values()
    while at < slot.end:
        local = at.astimezone(zone)
        tried, reached = by_hour.get(local.hour, (0, 0))
        rate = (reached + Fraction("0.35") * 20) / (tried + 20)
        there = [it for it in people if not any(first <= local.date() <= last for first, last in it.absences)]
        worked += len(there) / (campaign.handling_minutes * rate)
        at += MINUTE
    return floor(worked)


@given(SLOTS, COUNTS, st.integers(0, 6), st.integers(1, 30))
def test_a_forecast_is_what_a_count_by_minutes_comes_to(slot, by_hour, people, minutes):
    away = ((slot.start.date(), slot.start.date()),)
    campaign = a_campaign(groups=(agents(*[()] * people, away),), handling_minutes=minutes)
    assert forecast(campaign, slot, counted(by_hour)) == minute_by_minute(campaign, slot, by_hour)


@given(SLOTS, st.sampled_from([PARIS, "Indian/Reunion", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]))
def test_the_hours_of_a_slot_are_all_of_it_and_none_crosses_a_full_hour(slot, zone):
    parts = list(hours_of(slot, zone))
    assert [start for start, _ in parts[1:]] == [end for _, end in parts[:-1]]
    assert (parts[0][0], parts[-1][1]) == (slot.start, slot.end)
    for start, end in parts:
        assert start < end <= start + HOUR
        if zone != "Australia/Lord_Howe":  # where the clocks change by half an hour
            last = (end - timedelta.resolution).astimezone(ZoneInfo(zone))
            assert start.astimezone(ZoneInfo(zone)).hour == last.hour


@given(SLOTS, COUNTS, st.integers(0, 5))
def test_more_agents_never_work_off_less(slot, by_hour, people):
    fewer, more = (a_campaign(groups=(agents(*[()] * count),)) for count in (people, people + 1))
    assert forecast(fewer, slot, counted(by_hour)) <= forecast(more, slot, counted(by_hour))


@given(st.integers(0, 1000).flatmap(lambda tried: st.tuples(st.just(tried), st.integers(0, tried))))
def test_a_rate_lies_between_what_is_usual_and_what_was_counted(counts):
    tried, reached = counts
    rate = reach_rate(tried, reached)
    seen = Fraction(reached, tried) if tried else Fraction("0.35")
    assert min(seen, Fraction("0.35")) <= rate <= max(seen, Fraction("0.35"))
    assert 0 < rate <= 1


def test_two_agents_of_six_minutes_work_off_so_many_in_three_hours():
    campaign = a_campaign(groups=(agents((), ()),))
    assert forecast(campaign, MORNING, []) == floor(2 * 180 / 6 / 0.35) == 171
    half = counted({10: (80, 43), 11: (80, 43), 12: (80, 43)})  # (43 + 7) of (80 + 20)
    assert forecast(campaign, MORNING, half) == 120
    assert forecast(campaign, AFTERNOON, half) == 171
    assert forecast(campaign, MORNING, [HourReach("UTC", it.hour, it.attempts, it.reached) for it in half]) == 171


def test_who_is_away_or_in_two_groups_is_counted_as_he_is():
    off = ((date(2026, 11, 23), date(2026, 11, 23)),)
    twice = an_agent("a1")
    campaign = a_campaign(groups=(a_group(twice, an_agent("a2", absences=off)), a_group(twice, name="Rest")))
    assert forecast(campaign, Slot(TEN, ONE), []) == floor(180 / 6 / 0.35) == 85
    assert forecast(campaign, Slot(TEN + DAY, ONE + DAY), []) == 171
    assert forecast(a_fast_lane(campaign), Slot(TEN, ONE), []) == 85


@pytest.mark.parametrize("kind", [CampaignType.PVB, CampaignType.PQSC])
def test_nobody_knows_how_many_lines_a_campaign_without_agents_has(kind):
    assert forecast(a_campaign(type=kind, groups=()), MORNING, []) is None
    assert forecast(a_campaign(type=kind), MORNING, []) is None


def test_the_hour_is_that_of_the_campaigns_own_clock():
    first_hour = counted({8: (1000, 1000)}, "Indian/Reunion")
    campaign = a_campaign(timezone="Indian/Reunion")  # four hours ahead: eight o'clock is four in UTC
    slot = Slot(MONDAY + 4 * HOUR, MONDAY + 5 * HOUR)
    assert forecast(campaign, slot, first_hour) == floor(10 / Fraction(1007, 1020))
    assert forecast(campaign, Slot(slot.end, slot.end + HOUR), first_hour) == 28


def test_the_interval_is_the_one_of_the_book():
    """By hand: ln(ratio) = 0.62502; 1/20.5 - 1/200.5 + 1/5.5 - 1/100.5 = 0.215661, and its root is 0.464393."""
    found = lift("PVI", Arm(200, 20), Arm(100, 5))
    assert (found.lift, found.low, found.high) == pytest.approx((1.86828, 0.75188, 4.64232), abs=5e-5)


@pytest.mark.parametrize(
    ("scored", "held_out", "enough"),
    [
        (Arm(30, 5), Arm(30, 0), True),
        (Arm(30, 0), Arm(30, 5), True),
        (Arm(29, 5), Arm(300, 5), False),
        (Arm(300, 5), Arm(29, 5), False),
        (Arm(300, 2), Arm(300, 2), False),
    ],
)
def test_nothing_is_said_of_too_few(scored, held_out, enough):
    found = lift("PVI", scored, held_out)
    assert (found.lift is not None) == enough
    assert (found.scored, found.held_out) == (scored, held_out)
    if found.lift is None:
        assert (found.low, found.high) == (None, None)


@given(*(st.integers(LEAST_CALLED, 2000).flatmap(lambda n: st.builds(Arm, st.just(n), st.integers(3, n))),) * 2)
def test_sides_that_change_places_turn_the_ratio_round(one, other):
    there, back = lift("PVI", one, other), lift("PVI", other, one)
    assert there.low <= there.lift <= there.high
    assert there.lift * back.lift == pytest.approx(1)
    assert there.low * back.high == pytest.approx(1)


def test_each_campaign_is_compared_with_itself():
    arms = [
        HoldOutArm("PVI", False, Arm(40, 9)),
        HoldOutArm("PVI", True, Arm(40, 3)),
        HoldOutArm("CF", True, Arm(1, 0)),
    ]
    fast, slow = lifts(arms)
    assert (fast.campaign, fast.scored, fast.held_out, fast.lift) == ("CF", Arm(), Arm(1, 0), None)
    assert slow == lift("PVI", Arm(40, 9), Arm(40, 3))
