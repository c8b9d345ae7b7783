from copy import deepcopy
from datetime import date, datetime, time, timedelta

import pytest

from growth.domain.campaigns.business_rules.configuring import DEFAULT_SEGMENTS, parse_configuration
from growth.domain.campaigns.business_rules.qualifying import segment_of, wrapup_key
from growth.domain.campaigns.entities.configuration import (
    Agent,
    AgentsGroup,
    BadConfiguration,
    Campaign,
    CampaignType,
    SegmentRule,
)
from growth.domain.campaigns.entities.law import LawSettings
from growth.domain.campaigns.entities.leads import Segment, SellTimeframe
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES, Tenths
from growth.domain.campaigns.entities.slots import WeeklySlot
from growth.domain.kernel.country import Country

ABSENT = object()


def a_file():
    return {
        "groups": [
            {
                "name": "Lyon",
                "zones": ["69", "2A"],
                "agents": [
                    {
                        "id": "a1",
                        "name": "Ana",
                        "dialer_user_id": 5,
                        "capacity": 20,
                        "absences": [{"from": date(2026, 12, 24), "to": date(2026, 12, 24)}],
                    },
                    {"id": "a2", "name": "Bob", "dialer_user_id": 6, "capacity": 1},
                ],
            },
            {
                "name": "Rest",
                "zones": ["everywhere"],
                "agents": [{"id": "a2", "name": "Bob", "dialer_user_id": 6, "capacity": 1}],
            },
        ],
        "campaigns": [
            {"name": "Fast", "type": "CF", "follows": "PVI FR", "dialer_campaign_id": 2},
            {
                "name": "PVI FR",
                "type": "PVI",
                "country": "FR",
                "slots": ["tue 14:00-20:00", "mon 10:00-13:00"],
                "maximum": 50,
                "groups": ["Lyon", "Rest"],
                "dialer_campaign_id": 1,
                "minimum_gap": "90m",
                "attempt_cap": 5,
                "hold_out_percent": 100,
                "handling_minutes": 4,
            },
            {
                "name": "PVB BE",
                "type": "PVB",
                "country": "BE",
                "slots": ["mon 09:00-18:00"],
                "maximum": 1,
                "dialer_campaign_id": 3,
                "priority": 2,
            },
        ],
    }


def changed(*changes):
    raw = deepcopy(a_file())
    for path, value in changes:
        place = raw
        for step in path[:-1]:
            place = place[step]
        if value is ABSENT:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return raw


def faults_of(raw):
    with pytest.raises(BadConfiguration) as refused:
        parse_configuration(raw, "v")
    for fault in refused.value.faults:
        assert f"\n  {fault.pointer}: {fault.message}" in str(refused.value)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_a_file_is_read_as_it_says():
    read = parse_configuration(a_file(), "v7")
    ana = Agent("a1", "Ana", 5, 20, ((date(2026, 12, 24), date(2026, 12, 24)),))
    bob = Agent("a2", "Bob", 6, 1)
    assert read.version == "v7"
    assert read.campaigns[1] == Campaign(
        name="PVI FR",
        type=CampaignType.PVI,
        country=Country.FR,
        timezone="Europe/Paris",
        slots=(WeeklySlot(0, time(10), time(13)), WeeklySlot(1, time(14), time(20))),
        follows=None,
        maximum=50,
        groups=(AgentsGroup("Lyon", ("69", "2A"), (ana, bob)), AgentsGroup("Rest", ("",), (bob,))),
        dialer_campaign_id=1,
        priority=10,
        minimum_gap=timedelta(minutes=90),
        attempt_cap=5,
        hold_out_percent=100,
        handling_minutes=4,
    )
    belgian = read.campaigns[2]
    assert (belgian.timezone, belgian.groups, belgian.priority) == ("Europe/Brussels", (), 2)
    assert (belgian.minimum_gap, belgian.attempt_cap, belgian.hold_out_percent) == (timedelta(hours=4), 8, 0)
    assert belgian.handling_minutes == 6


def test_what_the_file_does_not_say_is_usual():
    read = parse_configuration(a_file(), "v")
    assert read.segments == DEFAULT_SEGMENTS
    assert (read.pqsc_below_eur, read.media_zones) == (200_000, ())
    assert read.law == LawSettings(request_open_days=30, refusal_silence_days=60)
    assert read.rules is DEFAULT_RULES
    assert read.wrong_number_wrapups == {wrapup_key("faux  NUMÉRO !")}


@pytest.mark.parametrize(
    ("buys_first", "timeframes", "segments"),
    [
        (
            True,
            ["now", "3_months", "6_months", "12_months", "later", "none"],
            ["PVB"] * 3 + ["PVB_LATER"] * 3,
        ),
        (
            False,
            ["now", "3_months", "6_months", "12_months", "later", "none"],
            ["PVI_NOW", "PVI_SOON", "PVS", "PVM", None, None],
        ),
    ],
)
def test_the_usual_segments(buys_first, timeframes, segments):
    found = [segment_of(True, SellTimeframe(each), buys_first, DEFAULT_SEGMENTS) for each in timeframes]
    assert found == segments


def test_everything_else_can_be_said():
    read = parse_configuration(
        a_file()
        | {
            "pqsc": {"below_eur": 150_000, "media_zones": ["59", "2B033"]},
            "law": {"request_open_days": 14, "refusal_silence_days": 0},
            "segments": [{"segment": "PVS", "buys_first": False, "timeframes": ["now"]}],
            "wrong_number_wrapups": ["Faux-numéro", "HORS SERVICE"],
            "scoring": {
                "version": "mine",
                "base": 1,
                "rules": [{"name": "p", "kind": "choice", "field": "is_owner", "points": {"yes": 1}}],
            },
        },
        "v",
    )
    assert (read.pqsc_below_eur, read.media_zones) == (150_000, ("59", "2B033"))
    assert read.law == LawSettings(request_open_days=14, refusal_silence_days=0)
    assert read.segments == (SegmentRule(Segment.PVS, False, frozenset({SellTimeframe.NOW})),)
    assert read.wrong_number_wrapups == {"faux numéro", "hors service"}
    assert (read.rules.version, read.rules.base) == ("mine", Tenths(10))


def test_a_fast_lane_has_the_terms_of_the_campaign_it_follows():
    lane, leader = parse_configuration(a_file(), "v").campaigns[:2]
    assert (lane.follows, lane.place, lane.slots) == (leader.name, leader.place, ())
    for term in ("country", "timezone", "maximum", "groups", "minimum_gap", "attempt_cap", "handling_minutes"):
        assert getattr(lane, term) == getattr(leader, term)
    assert lane.hold_out_percent == 0


def test_a_fast_lane_may_say_the_same_and_have_a_gap_of_its_own():
    said = {"country": "FR", "maximum": 50, "groups": ["Rest", "Lyon"], "minimum_gap": "1h", "attempt_cap": 3}
    raw = a_file()
    raw["campaigns"][0] |= said
    lane = parse_configuration(raw, "v").campaigns[0]
    assert (lane.minimum_gap, lane.attempt_cap) == (timedelta(hours=1), 3)


PVI, LYON = ("campaigns", 1), ("groups", 0)
ANA = (*LYON, "agents", 0)


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (("campain",), [], "campain", "unknown-key"),
        (("campaigns",), [], "campaigns", "expected-tables"),
        (("campaigns",), ABSENT, "campaigns", "expected-tables"),
        (("campaigns",), {"name": "x"}, "campaigns", "expected-tables"),
        (("groups",), "Lyon", "groups", "expected-tables"),
        (("pqsc",), 200_000, "pqsc", "expected-table"),
        (("law",), 30, "law", "expected-table"),
        (("law",), {"request_open_days": 0}, "law.request_open_days", "expected-whole-number"),
        (("law",), {"refusal_silence_days": 367}, "law.refusal_silence_days", "expected-whole-number"),
        (("law",), {"open_days": 30}, "law.open_days", "unknown-key"),
        (("pqsc",), {"below_eur": -1}, "pqsc.below_eur", "expected-whole-number"),
        (("pqsc",), {"below_euro": 1}, "pqsc.below_euro", "unknown-key"),
        (("pqsc",), {"media_zones": "75"}, "pqsc.media_zones", "expected-list"),
        (("pqsc",), {"media_zones": ["75", 13]}, "pqsc.media_zones[1]", "expected-text"),
        (("pqsc",), {"media_zones": ["everywhere"]}, "pqsc.media_zones[0]", "bad-zone"),
        (("segments",), [], "segments", "expected-tables"),
        (
            ("segments",),
            [{"segment": "PVX", "buys_first": True}],
            "segments[0].segment",
            "unexpected-value",
        ),
        (("segments",), [{"segment": "PVB"}], "segments[0].buys_first", "expected-true-or-false"),
        (
            ("segments",),
            [{"segment": "PVB", "buys_first": True, "timeframes": ["now", "soon"]}],
            "segments[0].timeframes[1]",
            "unexpected-value",
        ),
        (("segments",), [{"segment": "PVB", "buys_first": True, "x": 1}], "segments[0].x", "unknown-key"),
        (("scoring",), {}, "scoring", "expected-table"),
        (("wrong_number_wrapups",), "Faux numéro", "wrong_number_wrapups", "expected-list"),
        (("wrong_number_wrapups",), ["?!"], "wrong_number_wrapups[0]", "expected-text"),
        ((*LYON, "name"), "Rest", "groups[1].name", "duplicate"),
        ((*LYON, "colour"), "red", "groups[0].colour", "unknown-key"),
        ((*LYON, "zones"), ABSENT, "groups[0].zones", "expected-zones"),
        ((*LYON, "zones"), [], "groups[0].zones", "expected-zones"),
        ((*LYON, "zones"), ["69", ""], "groups[0].zones[1]", "expected-text"),
        ((*LYON, "zones"), ["69", "everywhere"], "groups[0].zones[1]", "bad-zone"),
        ((*LYON, "zones"), ["690011"], "groups[0].zones[0]", "bad-zone"),
        ((*LYON, "zones"), ["2C"], "groups[0].zones[0]", "bad-zone"),
        ((*LYON, "zones"), ["2a"], "groups[0].zones[0]", "bad-zone"),
        ((*LYON, "zones"), ["٦٩"], "groups[0].zones[0]", "bad-zone"),
        ((*LYON, "agents"), [], "groups[0].agents", "expected-tables"),
        ((*ANA, "id"), " ", "groups[0].agents[0].id", "expected-text"),
        ((*ANA, "name"), ABSENT, "groups[0].agents[0].name", "expected-text"),
        ((*ANA, "dialer_user_id"), "5", "groups[0].agents[0].dialer_user_id", "expected-whole-number"),
        ((*ANA, "dialer_user_id"), 2**31, "groups[0].agents[0].dialer_user_id", "expected-whole-number"),
        ((*ANA, "capacity"), 0, "groups[0].agents[0].capacity", "expected-whole-number"),
        ((*ANA, "capacity"), True, "groups[0].agents[0].capacity", "expected-whole-number"),
        ((*ANA, "absent"), [], "groups[0].agents[0].absent", "unknown-key"),
        ((*ANA, "absences"), date(2026, 1, 1), "groups[0].agents[0].absences", "expected-tables"),
        (
            (*ANA, "absences", 0, "to"),
            date(2026, 12, 23),
            "groups[0].agents[0].absences[0].to",
            "ends-before-it-starts",
        ),
        ((*ANA, "absences", 0, "to"), ABSENT, "groups[0].agents[0].absences[0].to", "expected-date"),
        (
            (*ANA, "absences", 0, "from"),
            datetime(2026, 1, 1),  # noqa: DTZ001 as TOML gives it
            "groups[0].agents[0].absences[0].from",
            "expected-date",
        ),
        (
            (*ANA, "absences", 0, "till"),
            date(2026, 12, 31),
            "groups[0].agents[0].absences[0].till",
            "unknown-key",
        ),
        (("groups", 1, "agents", 0, "capacity"), 2, "groups[1].agents[0].id", "two-agents"),
        (
            ("groups", 1, "agents", 0, "dialer_user_id"),
            "six",
            "groups[1].agents[0].dialer_user_id",
            "expected-whole-number",
        ),
        (("campaigns", 2, "name"), 3, "campaigns[2].name", "expected-text"),
        ((*PVI, "slotz"), [], "campaigns[1].slotz", "unknown-key"),
        (("campaigns", 2, "type"), "PVC", "campaigns[2].type", "unexpected-value"),
        ((*PVI, "country"), "France", "campaigns[1].country", "unexpected-value"),
        ((*PVI, "country"), ABSENT, "campaigns[1].country", "unexpected-value"),
        ((*PVI, "timezone"), "Europe/Pari", "campaigns[1].timezone", "unknown-time-zone"),
        ((*PVI, "timezone"), "../etc/passwd", "campaigns[1].timezone", "unknown-time-zone"),
        ((*PVI, "timezone"), 1, "campaigns[1].timezone", "expected-text"),
        ((*PVI, "slots"), ABSENT, "campaigns[1].slots", "expected-slots"),
        ((*PVI, "slots"), [], "campaigns[1].slots", "expected-slots"),
        ((*PVI, "slots"), "mon 10:00-13:00", "campaigns[1].slots", "expected-list"),
        ((*PVI, "slots", 1), "lundi 10:00-13:00", "campaigns[1].slots[1]", "invalid-slot"),
        ((*PVI, "slots", 1), "sat 10:00-13:00", "campaigns[1].slots[1]", "outside-call-hours"),
        ((*PVI, "slots", 1), "mon 12:00-15:00", "campaigns[1].slots[1]", "outside-call-hours"),
        ((*PVI, "slots", 1), "tue 19:59-20:00", "campaigns[1].slots[1]", "overlapping-slots"),
        ((*PVI, "slots", 1), "tue 14:00-20:00", "campaigns[1].slots[1]", "overlapping-slots"),
        ((*PVI, "maximum"), 0, "campaigns[1].maximum", "expected-whole-number"),
        ((*PVI, "maximum"), ABSENT, "campaigns[1].maximum", "expected-whole-number"),
        ((*PVI, "groups"), ABSENT, "campaigns[1].groups", "expected-groups"),
        ((*PVI, "groups"), [], "campaigns[1].groups", "expected-groups"),
        ((*PVI, "groups"), ["Lyon", "Lion"], "campaigns[1].groups[1]", "unknown-group"),
        ((*PVI, "groups"), ["Lyon", "Lyon"], "campaigns[1].groups[1]", "duplicate"),
        ((*PVI, "dialer_campaign_id"), ABSENT, "campaigns[1].dialer_campaign_id", "expected-whole-number"),
        (("campaigns", 2, "dialer_campaign_id"), 2, "campaigns[2].dialer_campaign_id", "duplicate"),
        ((*PVI, "priority"), 1, "campaigns[1].priority", "expected-whole-number"),
        ((*PVI, "minimum_gap"), "4", "campaigns[1].minimum_gap", "bad-duration"),
        ((*PVI, "minimum_gap"), 4, "campaigns[1].minimum_gap", "bad-duration"),
        ((*PVI, "minimum_gap"), "0h", "campaigns[1].minimum_gap", "bad-duration"),
        ((*PVI, "attempt_cap"), 0, "campaigns[1].attempt_cap", "expected-whole-number"),
        ((*PVI, "hold_out_percent"), 101, "campaigns[1].hold_out_percent", "expected-whole-number"),
        ((*PVI, "handling_minutes"), 0, "campaigns[1].handling_minutes", "expected-whole-number"),
        ((*PVI, "handling_minutes"), 241, "campaigns[1].handling_minutes", "expected-whole-number"),
        ((*PVI, "follows"), "PVB BE", "campaigns[1].follows", "not-a-fast-lane"),
        (("campaigns", 2, "name"), "PVI FR ", "campaigns[2].name", "duplicate"),
        (("campaigns", 0, "follows"), ABSENT, "campaigns[0].follows", "expected-text"),
        (("campaigns", 0, "follows"), "PVI", "campaigns[0].follows", "unknown-campaign"),
        (("campaigns", 0, "follows"), "Fast", "campaigns[0].follows", "unknown-campaign"),
        (("campaigns", 0, "follows"), "PVB BE", "campaigns[0].follows", "not-a-pvi-campaign"),
        (("campaigns", 0, "slots"), ["mon 10:00-13:00"], "campaigns[0].slots", "slots-of-its-own"),
        (("campaigns", 0, "country"), "BE", "campaigns[0].country", "not-as-followed"),
        (("campaigns", 0, "timezone"), "Indian/Reunion", "campaigns[0].timezone", "not-as-followed"),
        (("campaigns", 0, "maximum"), 51, "campaigns[0].maximum", "not-as-followed"),
        (("campaigns", 0, "groups"), ["Lyon"], "campaigns[0].groups", "not-as-followed"),
        (("campaigns", 0, "groups"), ["Lyon", "Lion"], "campaigns[0].groups[1]", "unknown-group"),
    ],
)
def test_a_wrong_place_is_named_once(path, value, pointer, code):
    found = faults_of(changed((path, value)))
    if path in {(*LYON, "name"), ("groups",)}:  # the campaign names groups that are gone
        found = [each for each in found if each[1] != "unknown-group"]
    assert found == [(pointer, code)]


@pytest.mark.parametrize(
    ("same", "key"), [({"id": "a1"}, "id"), ({"name": "Bob"}, "name"), ({"dialer_user_id": 6}, "dialer_user_id")]
)
def test_two_agents_share_neither_id_nor_name_nor_dialer_user(same, key):
    raw = a_file()
    raw["groups"][0]["agents"].append({"id": "a3", "name": "Cleo", "dialer_user_id": 7, "capacity": 9} | same)
    assert faults_of(raw) == [(f"groups[0].agents[2].{key}", "duplicate")]


def test_two_fast_lanes_do_not_follow_one_campaign():
    raw = a_file()
    raw["campaigns"].append({"name": "Faster", "type": "CF", "follows": "PVI FR ", "dialer_campaign_id": 9})
    assert faults_of(raw) == [("campaigns[3].follows", "duplicate")]


def test_a_slot_can_be_wrong_in_two_ways():
    raw = changed(((*PVI, "slots"), ["mon 10:00-12:00", "mon 09:00-11:00"]))
    assert faults_of(raw) == [
        ("campaigns[1].slots[1]", "outside-call-hours"),
        ("campaigns[1].slots[1]", "overlapping-slots"),
    ]


def test_slots_that_only_touch_are_fine():
    read = parse_configuration(changed(((*PVI, "slots"), ["mon 14:00-17:00", "mon 17:00-20:00"])), "v")
    assert len(read.campaigns[1].slots) == 2


def test_a_message_says_what_to_write_and_what_was_probably_meant():
    raw = changed((("campains",), 1), ((*PVI, "groups", 0), "lion"), ((*PVI, "slots", 1), "mon 09:30-14:30"))
    with pytest.raises(BadConfiguration) as refused:
        parse_configuration(raw, "v")
    message = str(refused.value)
    assert 'Did you mean "campaigns"?' in message
    assert 'Did you mean "Lyon"?' in message
    assert "Outside the call hours of FR: 'mon 09:30-10:00' and 'mon 13:00-14:00'." in message
