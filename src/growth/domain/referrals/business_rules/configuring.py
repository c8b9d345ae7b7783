"""Reads the referral programme's terms from plain values and checks them as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.toml_tables import Table, did_you_mean, distinct
from growth.domain.referrals.entities.terms import BadTerms, Marking, Programme, RewardUnit, Terms

_KEYS = [field.name for field in fields(Terms)]
_CURRENCIES = ("EUR",)  # the ledger counts cents of these
_CAPPED = (RewardUnit.AMOUNT, RewardUnit.DAYS)  # what the referring user gets
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_MOST_DAYS = 3650
_MOST_REFERRALS = 100_000
_LARGEST_CAP = 1_000_000_000
_STAND_IN = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)

Choice = TypeVar("Choice", bound=StrEnum)


def parse_programme(raw: Mapping[str, object]) -> Programme:
    """Return the programme that a TOML file's content stands for: versions by country, oldest first.

    Raises `BadTerms` with every fault at once, each at a pointer like `terms[2].caps.amount`.
    """
    faults: list[Fault] = []
    root = Table(raw, "", faults)
    tables = root.tables("terms")
    terms = [_terms(table) for table in tables]
    for country in Country:
        _tell_versions_apart(country, [table for table in tables if table.raw.get("country_code") == country])
    if all(table.raw.get("country_code") in tuple(Country) for table in tables):
        _every_country(root, terms)
    root.nothing_else("terms")
    if faults:
        listed = "".join(f"\n  {fault.pointer}: {fault.message}" for fault in faults)
        raise BadTerms(f"Correct this and start again ({len(faults)} in all):{listed}", *faults)
    terms.sort(key=lambda version: version.since)
    return Programme({country: tuple(it for it in terms if it.country_code is country) for country in Country})


def _terms(table: Table) -> Terms:
    table.nothing_else(*_KEYS)
    paying_tier, free_tier = table.text("paying_tier"), table.text("free_tier")
    if free_tier and free_tier == paying_tier:
        table.wrong("free_tier", "same-tier", "Write another tier than the paying one: a refund goes back to this.")
    return Terms(
        version=table.text("version"),
        country_code=Country(table.one_of("country_code", tuple(Country)) or Country.FR),
        since=_since(table),
        timezone=table.time_zone("timezone"),
        rewards=_choices(table, "rewards", RewardUnit),
        reward_types=_choices(table, "reward_types", RewardType),
        marking=Marking(table.one_of("marking", tuple(Marking)) or Marking.DISCOUNT),
        credit_days=table.whole("credit_days", 1, _MOST_DAYS),
        refund_window_days=table.whole("refund_window_days", 0, _MOST_DAYS),
        referrals_per_day=table.whole("referrals_per_day", 1, _MOST_REFERRALS),
        caps=_caps(table),
        currency=table.one_of("currency", _CURRENCIES),
        paying_tier=paying_tier,
        free_tier=free_tier,
    )


def _since(table: Table) -> datetime:
    """Return the instant in UTC. A time of day alone is none: clocks show some twice, and others never."""
    value = table.raw.get("since")
    in_reach = isinstance(value, datetime) and _FIRST_YEAR <= value.year <= _LAST_YEAR
    if isinstance(value, datetime) and value.utcoffset() is not None and in_reach:
        return value.astimezone(UTC)
    message = "Write a date and time with its distance from UTC, without quotes, like 2026-01-01T00:00:00+01:00."
    table.wrong("since", "expected-instant", message)
    return _STAND_IN


def _choices(table: Table, key: str, known: type[Choice]) -> frozenset[Choice]:
    """Return the members of a list that must be there; `[]` says that there are none."""
    if key not in table.raw:
        table.wrong(key, "expected-list", f"List what applies, of: {', '.join(known)}; [] for nothing.")
    chosen = set()
    for place, text in table.texts(key):
        if text in set(known):
            chosen.add(known(text))
        else:
            message = f"Write one of: {', '.join(known)}.{did_you_mean(text, known)}"
            table.wrong(place, "unexpected-value", message)
    return frozenset(chosen)


def _caps(table: Table) -> dict[RewardUnit, int]:
    if "caps" not in table.raw:
        return {}
    caps = table.table("caps")
    caps.nothing_else(*_CAPPED)
    return {unit: caps.whole(unit, most=_LARGEST_CAP) for unit in _CAPPED if unit in caps.raw}


def _tell_versions_apart(country: Country, tables: Sequence[Table]) -> None:
    distinct(tables, "version", f"Another version of {country} has this name: give each a name of its own.")
    distinct(tables, "since", f"Another version of {country} begins at this instant: only one can be in force.")


def _every_country(root: Table, terms: Sequence[Terms]) -> None:
    there = {version.country_code for version in terms}
    if missing := [country for country in Country if country not in there]:
        message = f"Add terms for {', '.join(missing)}: people of every country we sell in are referred."
        root.wrong("terms", "country-without-terms", message)
