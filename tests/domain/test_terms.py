import tomllib
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.referrals.business_rules.configuring import parse_programme
from growth.domain.referrals.entities.terms import BadTerms, Marking, RewardUnit, Terms

SUMMER = datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=2)))
ENTRY = {
    "version": "2016-1",
    "since": datetime(2016, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    "timezone": "Europe/Paris",
    "rewards": ["free_month", "amount"],
    "reward_types": ["company"],
    "marking": "discount",
    "credit_days": 45,
    "refund_window_days": 90,
    "referrals_per_day": 100,
    "currency": "EUR",
    "paying_tier": "paid",
    "free_tier": "free",
}


def an_entry(country="FR", **changes):
    return deepcopy(ENTRY) | {"country_code": country} | changes


def a_file(*more, **changes):
    """Terms of the three countries, those of France with changes, and more entries after them."""
    return {"terms": [an_entry("FR", **changes), an_entry("BE"), an_entry("ES"), *more]}


def faults_of(raw):
    with pytest.raises(BadTerms) as refused:
        parse_programme(raw)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_an_entry_becomes_the_terms_of_its_country():
    programme = parse_programme(a_file(caps={"amount": 50_000, "days": 0}))
    assert list(programme.terms) == list(Country)
    assert programme.terms[Country.FR] == (
        Terms(
            version="2016-1",
            country_code=Country.FR,
            since=datetime(2015, 12, 31, 23, tzinfo=UTC),
            timezone="Europe/Paris",
            rewards=frozenset({RewardUnit.FREE_MONTH, RewardUnit.AMOUNT}),
            reward_types=frozenset({RewardType.COMPANY}),
            marking=Marking.DISCOUNT,
            credit_days=45,
            refund_window_days=90,
            referrals_per_day=100,
            caps={RewardUnit.AMOUNT: 50_000, RewardUnit.DAYS: 0},
            currency="EUR",
            paying_tier="paid",
            free_tier="free",
        ),
    )
    assert programme.terms[Country.ES][0].caps == {}


def test_the_version_in_force_is_the_latest_that_has_begun():
    later, latest = (an_entry(version=name, since=SUMMER + n * timedelta(days=1)) for n, name in enumerate(("b", "c")))
    programme = parse_programme(a_file(latest, later, version="a"))
    begin = datetime(2026, 6, 30, 22, tzinfo=UTC)  # midnight in Paris
    second = timedelta(seconds=1)

    def version(at):
        return programme.in_force(Country.FR, at).version

    assert [it.version for it in programme.terms[Country.FR]] == ["a", "b", "c"]
    assert [version(begin - second), version(begin), version(begin + second)] == ["a", "b", "b"]
    assert [version(datetime(2015, 1, 1, tzinfo=UTC)), version(datetime(2030, 1, 1, tzinfo=UTC))] == ["a", "c"]
    assert programme.in_force(Country.BE, begin).version == "2016-1"
    assert programme.agreed(Country.FR, "b").since == begin


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("version", "", "expected-text"),
        ("version", 2016, "expected-text"),
        ("timezone", "Europe/Parys", "unknown-time-zone"),
        ("timezone", "", "expected-text"),
        ("since", datetime(2026, 3, 29, 2, 30), "expected-instant"),  # noqa: DTZ001 what clocks never show
        ("since", datetime(2026, 10, 25, 2, 30), "expected-instant"),  # noqa: DTZ001 what they show twice
        ("since", date(2026, 1, 1), "expected-instant"),
        ("since", "2026-01-01T00:00:00+01:00", "expected-instant"),
        ("since", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "expected-instant"),
        ("since", datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-1))), "expected-instant"),
        ("rewards", "days", "expected-list"),
        ("reward_types", 7, "expected-list"),
        ("marking", "invoiced", "unexpected-value"),
        ("credit_days", 0, "expected-whole-number"),
        ("credit_days", 3651, "expected-whole-number"),
        ("credit_days", 45.0, "expected-whole-number"),
        ("credit_days", True, "expected-whole-number"),
        ("refund_window_days", -1, "expected-whole-number"),
        ("refund_window_days", 3651, "expected-whole-number"),
        ("referrals_per_day", 0, "expected-whole-number"),
        ("referrals_per_day", 100_001, "expected-whole-number"),
        ("caps", {}, "expected-table"),
        ("caps", 5, "expected-table"),
        ("currency", "USD", "unexpected-value"),
        ("currency", "eur", "unexpected-value"),
        ("paying_tier", " ", "expected-text"),
        ("free_tier", "paid", "same-tier"),
        ("credit_day", 45, "unknown-key"),
    ],
)
def test_a_wrong_value_is_one_fault(key, value, code):
    assert faults_of(a_file(**{key: value})) == [(f"terms[0].{key}", code)]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rewards": ["days", "free_moth"]}, ("terms[0].rewards[1]", "unexpected-value")),
        ({"reward_types": ["company", 5]}, ("terms[0].reward_types[1]", "expected-text")),
        ({"caps": {"months": 3}}, ("terms[0].caps.months", "unknown-key")),
        ({"caps": {"free_month": 3}}, ("terms[0].caps.free_month", "unknown-key")),
        ({"caps": {"days": -1}}, ("terms[0].caps.days", "expected-whole-number")),
        ({"caps": {"amount": 1_000_000_001}}, ("terms[0].caps.amount", "expected-whole-number")),
    ],
)
def test_a_wrong_value_deeper_is_named_at_its_place(changes, fault):
    assert faults_of(a_file(**changes)) == [fault]


@pytest.mark.parametrize("key", [*ENTRY, "country_code"])
def test_only_caps_may_be_left_out(key):
    raw = a_file(an_entry(version="2", since=SUMMER))
    del raw["terms"][3][key]
    assert [pointer for pointer, _ in faults_of(raw)] == [f"terms[3].{key}"]


def test_a_country_may_promise_nothing_if_it_says_so():
    assert parse_programme(a_file(rewards=[], reward_types=[])).terms[Country.FR][0].rewards == frozenset()


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        pytest.param(an_entry(since=SUMMER), "version", id="the same name"),
        pytest.param(an_entry(since=SUMMER, version=" 2016-1 "), "version", id="the same name, with blanks"),
        pytest.param(an_entry(version="2"), "since", id="the same instant"),
        pytest.param(
            an_entry(version="2", since=datetime(2015, 12, 31, 23, tzinfo=UTC)), "since", id="written otherwise"
        ),
    ],
)
def test_two_versions_of_a_country_are_told_apart(entry, key):
    assert faults_of(a_file(entry)) == [(f"terms[3].{key}", "duplicate")]
    entry["country_code"] = "BE"
    assert faults_of(a_file(entry)) == [(f"terms[3].{key}", "duplicate")]


def test_a_country_without_terms_is_named():
    raw = a_file()
    del raw["terms"][1:]
    assert faults_of(raw) == [("terms", "country-without-terms")]
    with pytest.raises(BadTerms, match="Add terms for BE, ES: "):
        parse_programme(raw)


@pytest.mark.parametrize("country", ["DE", "fr", 5, ["FR"], None])
def test_a_country_that_we_do_not_know_is_one_fault_and_none_is_missed(country):
    raw = a_file()
    for index in range(3):
        raw["terms"][index]["country_code"] = country
        assert (f"terms[{index}].country_code", "unexpected-value") in faults_of(raw)
        assert len(faults_of(raw)) == index + 1


@pytest.mark.parametrize("raw", [{}, {"terms": []}, {"terms": {"FR": {}}}, {"terms": ["FR"]}, {"terms": "FR"}])
def test_a_file_without_entries_says_what_it_needs(raw):
    assert faults_of(raw) == [("terms", "expected-tables")]


BROKEN = """
trems = 1
[[terms]]
version = "1"
country_code = "FR"
since = 2026-03-29T02:30:00
timezone = "Europe/Bruxelles"
rewards = ["free_month", "day"]
marking = "invoce"
credit_days = "45"
refund_window_days = 90
referral_per_day = 100
currency = "EUR"
paying_tier = "paid"
free_tier = "paid"
caps = { amounts = 5, days = -1 }
"""


def test_all_faults_are_listed_at_once_with_what_was_probably_meant():
    raw = tomllib.loads(BROKEN)
    assert sorted(faults_of(raw)) == sorted(
        [
            ("trems", "unknown-key"),
            ("terms", "country-without-terms"),
            ("terms[0].since", "expected-instant"),
            ("terms[0].timezone", "unknown-time-zone"),
            ("terms[0].rewards[1]", "unexpected-value"),
            ("terms[0].reward_types", "expected-list"),
            ("terms[0].marking", "unexpected-value"),
            ("terms[0].credit_days", "expected-whole-number"),
            ("terms[0].referral_per_day", "unknown-key"),
            ("terms[0].referrals_per_day", "expected-whole-number"),
            ("terms[0].free_tier", "same-tier"),
            ("terms[0].caps.amounts", "unknown-key"),
            ("terms[0].caps.days", "expected-whole-number"),
        ]
    )
    with pytest.raises(BadTerms) as refused:
        parse_programme(raw)
    message = str(refused.value)
    for meant in ("terms", "Europe/Brussels", "days", "invoice", "referrals_per_day", "amount"):
        assert f'Did you mean "{meant}"?' in message
