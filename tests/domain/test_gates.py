"""Whether a candidate may be called, against rules written down here once more, plainly."""

import csv
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.makers import (
    AFTERNOON,
    DAY,
    EIGHT,
    HOUR,
    MINUTE,
    MONDAY,
    ONE,
    TEN,
    TWO,
    a_campaign,
    a_candidate,
    a_configuration,
    a_contactable,
    a_fast_lane,
    a_group,
    an_agent,
)

from growth.domain.campaigns.business_rules.calling import batched
from growth.domain.campaigns.business_rules.choosing import Chosen, Room, choose
from growth.domain.campaigns.business_rules.gates import back_at, stopped
from growth.domain.campaigns.entities.candidates import Stopped
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.consents import Standing
from growth.domain.campaigns.entities.law import LawSettings
from growth.domain.campaigns.entities.leads import LeadStatus
from growth.domain.campaigns.entities.runs import Gate
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.kernel.country import Country
from growth.domain.kernel.places import timezone_of

TICK = timedelta.resolution


def test_a_lead_that_nothing_stops_may_be_called():
    assert stopped(a_contactable(), a_campaign(), TEN) is None


FAILINGS = {  # in the order in which they are asked
    Gate.STATUS: {"status": LeadStatus.REFUSED},
    Gate.PHONE: {"prospect": {"phone": None}},
    Gate.DO_NOT_CALL: {"standing": Standing(do_not_call=True)},
    Gate.CONSENT: {"standing": Standing()},
    Gate.HOURS: {},  # by the instant
    Gate.ATTEMPT_CAP: {"call_attempts": 8},
    Gate.GAP: {"attempts": [ONE]},
    Gate.PENDING_TASK: {"prospect": {"pending_task": True}},
    Gate.WALLET: {"prospect": {"owner_agent_id": "a9"}},
    Gate.ZONE: {"postal_code": "75001"},
}


@pytest.mark.parametrize("first", range(len(FAILINGS)))
def test_of_several_gates_the_first_in_order_counts(first):
    failing = dict(list(FAILINGS.items())[first:])
    who = {"prospect": {}}
    for changes in reversed(failing.values()):
        who["prospect"] |= changes.get("prospect", {})
        who |= {name: value for name, value in changes.items() if name != "prospect"}
    at = ONE if Gate.HOURS in failing else TWO
    campaign = a_campaign(groups=(a_group(zones=("69",)),))
    assert stopped(a_contactable(**who), campaign, at).gate is next(iter(failing))


@pytest.mark.parametrize("status", LeadStatus)
def test_only_new_and_undecided_leads_are_called(status):
    verdict = stopped(a_contactable(status=status), a_campaign(), TEN)
    assert verdict == (None if status in {"new", "not_qualified"} else Stopped(Gate.STATUS, None))


@pytest.mark.parametrize(("phone", "valid"), [(None, False), ("12345678", False), (None, True)])
def test_without_a_valid_telephone_nobody_is_called(phone, valid):
    who = a_contactable(prospect={"phone": phone, "phone_valid": valid})
    assert stopped(who, a_campaign(), TEN) == Stopped(Gate.PHONE, None)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (TEN - TICK, TEN),
        (TEN, None),
        (ONE - TICK, None),
        (ONE, TWO),
        (TWO - TICK, TWO),
        (EIGHT - TICK, None),
        (EIGHT, TEN + DAY),
    ],
)
def test_call_hours_are_half_open(at, opens):
    assert stopped(a_contactable(), a_campaign(), at) == (Stopped(Gate.HOURS, opens) if opens else None)


def test_hours_are_those_of_the_person_not_of_the_campaign():
    reunion = a_contactable(postal_code="97400", timezone="Indian/Reunion")
    ten_there = MONDAY + 6 * HOUR
    assert stopped(reunion, a_campaign(), ten_there) is None
    assert stopped(reunion, a_campaign(), TEN + HOUR - MINUTE) == Stopped(Gate.HOURS, TEN + HOUR)  # 13:59 there
    eight_there = TWO + 3 * HOUR
    assert stopped(reunion, a_campaign(), eight_there) == Stopped(Gate.HOURS, eight_there + 14 * HOUR)


def test_a_day_without_calls_is_one_of_the_place():
    saint_stephen = datetime(2028, 12, 26, 10, tzinfo=UTC)  # a Tuesday
    assert stopped(a_contactable(), a_campaign(), saint_stephen) is None
    strasbourg = stopped(a_contactable(postal_code="67000"), a_campaign(), saint_stephen)
    assert strasbourg == Stopped(Gate.HOURS, saint_stephen + 23 * HOUR)


@pytest.mark.parametrize("cap", [5, 8])
def test_a_lead_is_tried_no_more_often_than_its_campaign_allows(cap):
    campaign = a_campaign(attempt_cap=cap)
    assert stopped(a_contactable(call_attempts=cap - 1), campaign, TEN) is None
    assert stopped(a_contactable(call_attempts=cap), campaign, TEN) == Stopped(Gate.ATTEMPT_CAP, None)


@given(st.permutations([1, 5, 9, 13, 20]))
def test_the_fifth_attempt_waits_until_thirty_days_after_the_fourth_newest(days):
    attempts = [TEN - day * DAY for day in days]
    free_again = TEN - 13 * DAY + 30 * DAY
    assert stopped(a_contactable(attempts=attempts), a_campaign(), TEN) == Stopped(Gate.ATTEMPT_CAP, free_again)
    assert stopped(a_contactable(attempts=attempts), a_campaign(), free_again - TICK).gate in {
        Gate.ATTEMPT_CAP,
        Gate.HOURS,
    }
    assert stopped(a_contactable(attempts=attempts), a_campaign(), free_again) is None


@pytest.mark.parametrize(
    ("oldest", "allowed"), [(30 * DAY - TICK, False), (30 * DAY, True), (31 * DAY, True), (29 * DAY, False)]
)
def test_four_attempts_in_thirty_days_are_counted_half_open(oldest, allowed):
    at = TEN + DAY * 7  # thirty days in which the clocks do not change
    attempts = [at - DAY, at - 2 * DAY, at - 3 * DAY, at - oldest]
    assert (stopped(a_contactable(attempts=attempts), a_campaign(), at) is None) is allowed


def test_three_attempts_in_thirty_days_leave_one():
    assert stopped(a_contactable(attempts=[TEN - n * DAY for n in (1, 2, 3)]), a_campaign(), TEN) is None


def test_the_four_attempts_are_french_law():
    attempts = [TEN - n * DAY for n in (1, 2, 3, 4)]
    who = a_contactable(attempts=attempts, country_code=Country.BE, timezone="Europe/Brussels", postal_code="1000")
    assert stopped(who, a_campaign(country=Country.BE), TEN) is None


@pytest.mark.parametrize("gap", [timedelta(hours=4), timedelta(hours=24)])
def test_two_attempts_are_a_gap_apart(gap):
    campaign, at = a_campaign(minimum_gap=gap), TEN + DAY
    who = a_contactable(attempts=[at - 3 * DAY, at - gap + TICK])
    assert stopped(who, campaign, at) == Stopped(Gate.GAP, at + TICK)
    assert stopped(who, campaign, at + TICK) is None


def test_while_a_task_is_open_nobody_calls():
    who = a_contactable(prospect={"pending_task": True})
    assert stopped(who, a_campaign(), TEN) == Stopped(Gate.PENDING_TASK, None)


def test_a_lead_in_a_wallet_goes_to_that_agent_only():
    campaign = a_campaign(groups=(a_group(an_agent("a1")),))
    assert stopped(a_contactable(prospect={"owner_agent_id": "a1"}), campaign, TEN) is None
    assert stopped(a_contactable(prospect={"owner_agent_id": "a2"}), campaign, TEN) == Stopped(Gate.WALLET, None)
    without_agents = a_campaign(type=CampaignType.PVB, groups=(a_group(an_agent("a1")),))
    assert stopped(a_contactable(prospect={"owner_agent_id": "a1"}), without_agents, TEN).gate is Gate.WALLET


def test_a_lead_in_a_wallet_waits_until_its_agent_is_back():
    monday = date(2026, 11, 23)
    away = an_agent("a1", absences=((monday, monday), (monday + DAY, monday + 2 * DAY)))
    campaign = a_campaign(groups=(a_group(away, an_agent("a2")),))
    mine = a_contactable(prospect={"owner_agent_id": "a1"})
    thursday = MONDAY + 3 * DAY - HOUR  # midnight in Paris
    assert stopped(mine, campaign, TEN) == Stopped(Gate.WALLET, thursday)
    assert back_at(away, "Europe/Paris", thursday - TICK) == thursday
    assert back_at(away, "Europe/Paris", thursday) == thursday
    assert stopped(a_contactable(), campaign, TEN) is None


def test_a_property_outside_all_zones_is_called_by_nobody():
    campaign = a_campaign(groups=(a_group(zones=("69", "2A")),))
    assert stopped(a_contactable(postal_code="75001"), campaign, TEN) == Stopped(Gate.ZONE, None)
    assert stopped(a_contactable(postal_code="20000", insee_code="2A004"), campaign, TEN) is None
    assert stopped(a_contactable(postal_code="75001"), a_campaign(groups=()), TEN) is None


def test_what_the_campaign_forbids_for_ever_the_law_does_not_open():
    tried = [TEN - n * DAY for n in (1, 2, 3, 4)]
    assert stopped(a_contactable(attempts=tried), a_campaign(), TEN).next_allowed_at
    assert stopped(a_contactable(attempts=tried, call_attempts=8), a_campaign(), TEN) == Stopped(Gate.ATTEMPT_CAP, None)


def test_at_a_time_agreed_to_no_gap_is_kept_and_no_hours_but_the_list():
    saturday = MONDAY + 5 * DAY
    who = a_contactable(attempts=[saturday - HOUR])
    assert stopped(who, a_campaign(), saturday, agreed_at=saturday) is None
    assert stopped(who, a_campaign(), saturday + MINUTE, agreed_at=saturday).gate is Gate.HOURS
    assert stopped(who, a_campaign(), saturday).gate is Gate.HOURS
    listed = a_contactable(standing=Standing(do_not_call=True))
    assert stopped(listed, a_campaign(), saturday, agreed_at=saturday) == Stopped(Gate.DO_NOT_CALL, None)


@pytest.mark.parametrize(("given", "opens"), [(DAY, DAY), (5 * DAY, 7 * DAY), (None, None)])
def test_who_has_not_agreed_yet_is_called_when_the_agreement_holds(given, opens):
    request = TEN + given if given else None
    verdict = stopped(a_contactable(standing=Standing(requested_at=request)), a_campaign(), TEN)
    assert verdict == Stopped(Gate.CONSENT, TEN + opens if opens else None)


def test_what_the_settings_say_of_the_law_holds_at_the_gates():
    who = a_contactable(standing=Standing(requested_at=TEN - 10 * DAY))
    assert stopped(who, a_campaign(), TEN) is None
    assert stopped(who, a_campaign(), TEN, law=LawSettings(request_open_days=10)) == Stopped(Gate.CONSENT, None)


LISTS = Path(__file__).parents[1] / "data" / "holidays"
ABOLITION = {"973": (6, 10), "974": (12, 20)}
PLACES = ["69003", "67000", "57100", "97300", "97400"]


def published(name):
    with (LISTS / name).open(encoding="utf-8") as lines:
        return {date.fromisoformat(row["date"]) for row in csv.DictReader(lines)}


def naive_hours(postal_code, at, mainland, alsace):
    """The French rules, read out: Monday to Friday 10 to 13 and 14 to 20, there, on no public holiday of the place."""
    local = at.astimezone(ZoneInfo(timezone_of(Country.FR, postal_code)))
    holidays = alsace if postal_code[:2] in {"57", "67", "68"} else mainland
    if local.date() in holidays or ABOLITION.get(postal_code[:3]) == (local.month, local.day):
        return False
    return local.weekday() < 5 and local.hour in {10, 11, 12, 14, 15, 16, 17, 18, 19}


def instants(count):
    """Random minutes of five years, half of them within two days of a holiday, a clock change or a year's end."""
    chance = random.Random(12)
    special = [
        datetime(y, m, d, tzinfo=UTC) for y in range(2024, 2029) for m, d in [(3, 29), (10, 27), (12, 31), (5, 9)]
    ]
    for turn in range(count):
        if turn % 2:
            at = chance.choice(special) + chance.randint(-2 * 1440, 2 * 1440) * MINUTE
        else:
            at = datetime(2024, 1, 1, tzinfo=UTC) + chance.randrange(5 * 365 * 1440) * MINUTE
        yield chance.choice(PLACES), at - chance.choice([timedelta(), TICK])


def test_of_ten_thousand_leads_and_instants_none_passes_outside_the_hours():
    mainland, alsace = (published(f"etalab_jours_feries_{name}.csv") for name in ("metropole", "alsace-moselle"))
    campaign, passed = a_campaign(groups=()), 0
    for postal_code, at in instants(10_000):
        who = a_contactable(postal_code=postal_code, timezone=timezone_of(Country.FR, postal_code))
        verdict = stopped(who, campaign, at)
        assert (verdict is None) is naive_hours(postal_code, at, mainland, alsace), (postal_code, at)
        if verdict:
            assert naive_hours(postal_code, verdict.next_allowed_at, mainland, alsace)
            assert not naive_hours(postal_code, verdict.next_allowed_at - TICK, mainland, alsace)
        passed += verdict is None
    assert 1_000 < passed < 5_000


def test_what_goes_to_the_dialer_ends_with_the_hours_of_the_person():
    """A slot of Paris runs on through the midday break or the night of other places."""
    mainland, alsace = (published(f"etalab_jours_feries_{name}.csv") for name in ("metropole", "alsace-moselle"))
    campaign, shorter = a_fast_lane(a_campaign(maximum=10**6)), 0
    for day in range(0, 365, 3):
        for start in (8, 9, 12, 13, 15, 16):
            slot = Slot(MONDAY + day * DAY + start * HOUR, MONDAY + day * DAY + (start + 3) * HOUR)
            people = [
                a_candidate(n, slot=slot, postal_code=p, timezone=timezone_of(Country.FR, p))
                for n, p in enumerate(PLACES, start=1)
            ]
            judged = choose(people, campaign, a_configuration(), Room(slot), slot.start)
            chosen = [one for one in judged if isinstance(one, Chosen)]
            for shared, members in batched(chosen, campaign, slot, slot.start):
                for postal_code in {one.candidate.who.lead.postal_code for one in members}:
                    minutes = range(0, int((shared.latest - shared.earliest) / MINUTE), 15)
                    assert all(
                        naive_hours(postal_code, shared.earliest + m * MINUTE, mainland, alsace) for m in minutes
                    )
                    assert naive_hours(postal_code, shared.latest - TICK, mainland, alsace)
                shorter += shared.latest < slot.end
    assert shorter > 20


def test_the_afternoon_of_paris_ends_early_for_reunion():
    reunion = a_candidate(slot=AFTERNOON, postal_code="97400", timezone="Indian/Reunion")
    slot = Slot(TWO, EIGHT)
    judged = choose([reunion], a_campaign(), a_configuration(), Room(slot), TWO)
    ((shared, _),) = batched(list(judged), a_campaign(), slot, TWO)
    assert shared.latest == TWO + 3 * HOUR
