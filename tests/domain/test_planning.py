from datetime import timedelta

import pytest
from tests.domain.makers import (
    AFTERNOON,
    DAY,
    EIGHT,
    EVENING,
    FIVE,
    HOUR,
    MINUTE,
    MONDAY,
    MORNING,
    ONE,
    TEN,
    TWO,
    a_campaign,
    a_configuration,
    a_contactable,
    a_group,
    an_agent,
    week,
)

from growth.domain.campaigns.business_rules.calling import parts_tried
from growth.domain.campaigns.business_rules.planning import campaign_of, named, plan, weekly
from growth.domain.campaigns.entities.candidates import Plan, Stopped
from growth.domain.campaigns.entities.leads import LeadStatus, LeadType, Segment
from growth.domain.campaigns.entities.runs import Gate, NoSlot
from growth.domain.campaigns.entities.slots import DayPart, Slot

TICK = timedelta.resolution
WORLD = a_configuration()
PVI_SEGMENTS = {Segment.PVI_NOW, Segment.PVI_SOON, Segment.PVS, Segment.PVM}


def later(slot, days):
    return Slot(slot.start + days * DAY, slot.end + days * DAY)


@pytest.mark.parametrize("segment", Segment)
@pytest.mark.parametrize("lead_type", LeadType)
def test_segment_and_type_decide_which_campaign_calls(segment, lead_type):
    expected = "PQSC" if lead_type is LeadType.PQSC else "PVI" if segment in PVI_SEGMENTS else "PVB"
    assert campaign_of(a_contactable(segment=segment, lead_type=lead_type), WORLD).name == expected


def test_a_lead_without_a_segment_is_called_by_nobody():
    assert campaign_of(a_contactable(segment=None), WORLD) is None
    assert plan(a_contactable(segment=None), WORLD, TEN, fast=True) is None


def test_of_several_campaigns_one_whose_zones_have_the_property_calls():
    north = a_campaign(name="North", groups=(a_group(zones=("59",)),))
    south = a_campaign(name="South", groups=(a_group(zones=("13", "69")),))
    world = a_configuration(north, south)
    assert campaign_of(a_contactable(), world).name == "South"
    assert plan(a_contactable(postal_code="75001"), world, TEN) == Stopped(Gate.ZONE, None)


def test_a_fast_lane_has_the_slots_of_the_campaign_it_follows():
    pvi, lane, *_ = WORLD.campaigns
    assert weekly(lane, WORLD) == pvi.slots
    with pytest.raises(NoSlot, match="'gone'"):
        named("gone", WORLD)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(TEN - MINUTE, Plan("PVI", MORNING), id="before the first slot"),
        pytest.param(TEN, Plan("CF", MORNING), id="as it begins"),
        pytest.param(ONE - TICK, Plan("CF", MORNING), id="until it ends"),
        pytest.param(ONE, Plan("PVI", AFTERNOON), id="in the break"),
        pytest.param(EIGHT, Plan("PVI", later(MORNING, 1)), id="at night"),
        pytest.param(EIGHT + 4 * DAY, Plan("PVI", later(MORNING, 7)), id="on Friday night"),
    ],
)
def test_who_comes_in_is_called_in_the_running_slot_else_in_the_next(now, expected):
    assert plan(a_contactable(), WORLD, now, fast=True) == expected


def test_only_who_comes_in_takes_the_fast_lane():
    assert plan(a_contactable(), WORLD, TEN + HOUR) == Plan("PVI", AFTERNOON)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param({"segment": Segment.PVB}, Plan("PVB", later(AFTERNOON, 1)), id="PVB"),
        pytest.param({"lead_type": LeadType.PQSC}, Plan("PQSC", later(MORNING, 1)), id="PQSC"),
    ],
)
def test_only_pvi_has_a_fast_lane(who, expected):
    assert plan(a_contactable(**who), WORLD, TWO + HOUR, fast=True) == expected


def test_without_a_fast_lane_the_next_slot_is_taken():
    assert plan(a_contactable(), a_configuration(lane=False), TEN + HOUR, fast=True) == Plan("PVI", AFTERNOON)


def test_whom_a_gate_keeps_out_of_the_fast_lane_has_the_first_slot_after():
    tried = a_contactable(attempts=[TEN - HOUR])
    assert plan(tried, WORLD, TEN + HOUR, fast=True) == Plan("PVI", AFTERNOON)
    absent = ((MONDAY.date(), MONDAY.date()),)
    world = a_configuration(pvi=a_campaign(groups=(a_group(an_agent("a1", absences=absent)),)))
    assert plan(a_contactable(prospect={"owner_agent_id": "a1"}), world, TEN, fast=True) == Plan(
        "PVI", later(MORNING, 1)
    )


def test_who_was_tried_in_a_slot_does_not_come_into_it_again_however_small_the_gap():
    world = a_configuration(pvi=a_campaign(minimum_gap=timedelta(minutes=10)))
    assert plan(a_contactable(attempts=[TEN + MINUTE]), world, TEN + HOUR, fast=True) == Plan("PVI", AFTERNOON)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param({"attempts": [ONE - MINUTE]}, Plan("PVI", EVENING), id="four hours after the last attempt"),
        pytest.param(
            {"attempts": [ONE - n * DAY for n in (1, 2, 3, 29)]},
            Plan("PVI", later(AFTERNOON, 1)),
            id="thirty days after the fourth newest",
        ),
        pytest.param(
            {"postal_code": "97400", "timezone": "Indian/Reunion"}, Plan("PVI", AFTERNOON), id="while it is day there"
        ),
        pytest.param(
            {"postal_code": "97200", "timezone": "America/Martinique"}, Plan("PVI", EVENING), id="when day breaks there"
        ),
    ],
)
def test_a_call_is_planned_in_the_next_slot_in_which_it_may_be_made(who, expected):
    assert plan(a_contactable(**who), WORLD, ONE) == expected


@pytest.mark.parametrize(
    ("who", "gate"),
    [
        ({"status": LeadStatus.CLOSED}, Gate.STATUS),
        ({"prospect": {"phone": None}}, Gate.PHONE),
        ({"call_attempts": 8}, Gate.ATTEMPT_CAP),
        ({"prospect": {"pending_task": True}}, Gate.PENDING_TASK),
        ({"prospect": {"owner_agent_id": "nobody"}}, Gate.WALLET),
    ],
)
def test_where_a_gate_says_never_nothing_is_planned(who, gate):
    assert plan(a_contactable(**who), WORLD, TEN, fast=True) == Stopped(gate, None)


def test_a_lead_whom_no_slot_of_the_campaign_fits_is_not_planned():
    night = a_configuration(a_campaign(slots=week("10:00-11:00")))
    tahiti = a_contactable(postal_code="98714", timezone="Pacific/Tahiti")
    assert plan(tahiti, night, TEN).gate is Gate.HOURS


@pytest.mark.parametrize(
    ("now", "callback", "expected"),
    [
        pytest.param(MONDAY, TEN + HOUR, Plan("PVI", MORNING, TEN + HOUR), id="in the slot it falls into"),
        pytest.param(MONDAY, TEN, Plan("PVI", MORNING, TEN), id="at the slot's start"),
        pytest.param(MONDAY, ONE, Plan("PVI", AFTERNOON, ONE), id="between slots: the next"),
        pytest.param(MONDAY, FIVE + 9 * DAY, Plan("PVI", later(EVENING, 9), FIVE + 9 * DAY), id="far away"),
        pytest.param(MONDAY, MONDAY + 5 * DAY, Plan("PVI", later(MORNING, 7), MONDAY + 5 * DAY), id="on a Saturday"),
        pytest.param(TEN + HOUR, TEN + 2 * HOUR, Plan("CF", MORNING, TEN + 2 * HOUR), id="in the running slot"),
        pytest.param(TEN + HOUR, TWO, Plan("PVI", AFTERNOON, TWO), id="not in the running slot"),
        pytest.param(TWO, TEN, Plan("CF", AFTERNOON), id="in the past"),
    ],
)
def test_a_callback_is_planned_where_it_falls(now, callback, expected):
    assert plan(a_contactable(), WORLD, now, callback_at=callback, fast=True) == expected


def test_a_callback_needs_no_gap_but_obeys_the_other_gates_as_of_its_time():
    tried = a_contactable(attempts=[TEN - 3 * HOUR])
    assert plan(tried, WORLD, MONDAY, callback_at=TEN + HOUR) == Plan("PVI", MORNING, TEN + HOUR)
    tried = a_contactable(attempts=[TEN - HOUR])
    assert plan(tried, WORLD, MONDAY, callback_at=TEN + HOUR) == Plan("PVI", MORNING, TEN + HOUR)
    assert plan(tried, WORLD, MONDAY) == Plan("PVI", AFTERNOON)
    month = timedelta(days=30)
    tried = a_contactable(attempts=[TEN + HOUR * 2 - month] * 4)
    assert plan(tried, WORLD, MONDAY, callback_at=TEN + HOUR) == Plan("PVI", AFTERNOON, TEN + HOUR)


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ([TEN], AFTERNOON),
        ([TEN - 3 * DAY, TWO - 4 * DAY], EVENING),
        ([TWO - 3 * DAY], EVENING),
        ([TEN - 3 * DAY, TWO - 4 * DAY, FIVE - 5 * DAY], AFTERNOON),
        ([FIVE - 3 * DAY], AFTERNOON),
    ],
)
def test_whom_nobody_reached_is_tried_in_another_part_of_the_day(tried, expected):
    campaign = a_campaign(minimum_gap=timedelta())
    who = a_contactable(attempts=tried)
    assert plan(who, a_configuration(campaign), ONE, avoid=parts_tried(who)) == Plan("PVI", expected)


def test_the_part_of_the_day_is_the_persons_own():
    """The morning of Paris is the afternoon of Réunion, which was tried; the afternoon is its evening."""
    reunion = {"postal_code": "97400", "timezone": "Indian/Reunion"}
    who = a_contactable(attempts=[TEN + HOUR - 3 * DAY], **reunion)  # 14:00 there
    world = a_configuration(a_campaign(slots=week("11:00-13:00", "14:00-16:00")))
    assert parts_tried(who) == {DayPart.AFTERNOON}
    assert plan(who, world, MONDAY, avoid=parts_tried(who)) == Plan("PVI", Slot(TWO, TWO + 2 * HOUR))


def test_a_part_in_which_a_person_may_never_be_called_is_no_other_part():
    reunion = {"postal_code": "97400", "timezone": "Indian/Reunion"}
    who = a_contactable(attempts=[TEN + HOUR - 3 * DAY], **reunion)
    world = a_configuration(a_campaign(slots=week("11:00-13:00", "17:00-20:00")))  # the latter is night there
    assert plan(who, world, MONDAY, avoid=parts_tried(who)) == Plan("PVI", Slot(TEN + HOUR, ONE))
