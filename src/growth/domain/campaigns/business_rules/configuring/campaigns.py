"""Reads campaigns. A fast lane (CF) takes what it does not say from the PVI campaign it follows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from growth.domain.campaigns.business_rules.call_hours import outside_hours
from growth.domain.campaigns.business_rules.configuring.groups import LARGEST_NUMBER
from growth.domain.campaigns.business_rules.slots import overlapping
from growth.domain.campaigns.entities.configuration import (
    ASSIGNED,
    AgentsGroup,
    Campaign,
    CampaignName,
    CampaignType,
    DialerKind,
)
from growth.domain.campaigns.entities.slots import InvalidSlot, WeeklySlot, parse_weekly_slot
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.places import timezone_of
from growth.domain.kernel.toml_tables import Table, did_you_mean, distinct

_KEYS = [field.name for field in fields(Campaign)]
_MOST_LEADS = 100_000
_MOST_ATTEMPTS = 100
_MOST_MINUTES = 240
_LAST_PRIORITY = 1000
_GAP = re.compile("([1-9][0-9]{0,3})(h|m)")
_UNIT = {"h": timedelta(hours=1), "m": timedelta(minutes=1)}

Groups = Mapping[str, AgentsGroup]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a fast lane has from the campaign it follows."""

    country: Country
    timezone: str
    maximum: int
    groups: tuple[AgentsGroup, ...]
    minimum_gap: timedelta
    attempt_cap: int
    handling_minutes: int


_SAME = ("country", "timezone", "maximum", "groups")  # the other terms may be a fast lane's own
_USUAL_GAP, _USUAL_CAP, _USUAL_PRIORITY, _USUAL_MINUTES = timedelta(hours=4), 8, 10, 6
_FOLLOWS_NOTHING = _Terms(Country.FR, "Europe/Paris", 1, (), _USUAL_GAP, _USUAL_CAP, _USUAL_MINUTES)


def read_campaigns(root: Table, groups: Sequence[AgentsGroup]) -> tuple[Campaign, ...]:
    """Return the campaigns in the order of the file."""
    tables = root.tables("campaigns")
    by_name = {group.name: group for group in groups}
    own = [table for table in tables if table.raw.get("type") != CampaignType.CF]
    read = {table.at: _with_slots(table, by_name) for table in own}
    followed = {read[table.at].name: (table, read[table.at]) for table in reversed(own)}
    for table in tables:
        if table.at not in read:
            read[table.at] = _fast_lane(table, by_name, followed)
    distinct(tables, "name", "Another campaign has this name: give each a name of its own.")
    distinct(
        tables,
        "dialer_campaign_id",
        "Another campaign uses it: give each a dialer campaign of its own, or their results get mixed up.",
    )
    fast_lanes = [table for table in tables if table not in own]
    distinct(fast_lanes, "follows", "Another CF campaign follows this one already: keep one of the two.")
    return tuple(read[table.at] for table in tables)


def _with_slots(table: Table, groups: Groups) -> Campaign:
    kind = table.one_of("type", tuple(CampaignType))
    terms = _terms(table, groups, None)
    if kind in ASSIGNED and not table.raw.get("groups"):
        message = f"Name the agents groups that work for it: a {kind} campaign gives leads to agents."
        table.wrong("groups", "expected-groups", message)
    if kind and "follows" in table.raw:
        table.wrong("follows", "not-a-fast-lane", "Only a CF campaign follows another: leave this out.")
    country = Country(str(table.raw["country"])) if _said_well(table, "country") else None
    slots = _slots(table, country) if kind or "slots" in table.raw else ()
    return _campaign(table, CampaignType(kind or CampaignType.PVB), terms, slots, None)


def _fast_lane(table: Table, groups: Groups, known: Mapping[CampaignName, tuple[Table, Campaign]]) -> Campaign:
    followed = _followed(table, known)
    inherited = _terms_of(followed) if followed else _FOLLOWS_NOTHING
    terms = _terms(table, groups, inherited)
    if followed:
        for key in _SAME:
            if _said_well(table, key) and not _equal(getattr(terms, key), getattr(inherited, key)):
                message = f"Leave this out: it runs with the {key} of {followed.name!r}, which it follows."
                table.wrong(key, "not-as-followed", message)
    if "slots" in table.raw:
        message = "Leave this out: a CF campaign runs in the slots of the campaign it follows."
        table.wrong("slots", "slots-of-its-own", message)
    name = CampaignName(str(table.raw.get("follows")).strip())
    return _campaign(table, CampaignType.CF, terms, (), name)


def _followed(table: Table, known: Mapping[CampaignName, tuple[Table, Campaign]]) -> Campaign | None:
    """Return the PVI campaign that a CF campaign follows; None, noted, when it cannot be used to judge others."""
    if "follows" not in table.raw:
        table.wrong("follows", "expected-text", "Name the PVI campaign in whose slots it runs.")
        return None
    name = CampaignName(table.text("follows"))
    leader, campaign = known.get(name, (None, None))
    if leader is None or campaign is None:
        leaders = [name for name, (_, each) in known.items() if each.type is CampaignType.PVI]
        message = f"Name a PVI campaign of this file.{did_you_mean(name, leaders)}"
        table.wrong("follows", "unknown-campaign", message)
        return None
    if campaign.type is not CampaignType.PVI and _said_well(leader, "type"):
        message = f"It is a {campaign.type} campaign: name a PVI campaign, which has agents for the fast lane."
        table.wrong("follows", "not-a-pvi-campaign", message)
        return None
    return campaign if leader.sound() else None


def _terms_of(campaign: Campaign) -> _Terms:
    return _Terms(**{field.name: getattr(campaign, field.name) for field in fields(_Terms)})


def _equal(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):  # groups, in any order
        return {group.name for group in one} == {group.name for group in other}
    return one == other


def _said_well(table: Table, key: str) -> bool:
    places = (table.pointer(key), table.pointer(f"{key}["))
    return not any(fault.pointer == places[0] or fault.pointer.startswith(places[1]) for fault in table.faults)


def _terms(table: Table, groups: Groups, inherited: _Terms | None) -> _Terms:
    """Read the terms; those that are not said are the inherited ones."""
    usual = inherited or _FOLLOWS_NOTHING
    country = Country(table.one_of("country", tuple(Country), inherited.country if inherited else None) or Country.FR)
    most = inherited.maximum if inherited else None
    return _Terms(
        country=country,
        timezone=table.time_zone("timezone", inherited.timezone if inherited else timezone_of(country, "")),
        maximum=table.whole("maximum", 1, _MOST_LEADS, most),
        groups=_groups(table, groups) if "groups" in table.raw else usual.groups,
        minimum_gap=_gap(table, usual.minimum_gap),
        attempt_cap=table.whole("attempt_cap", 1, _MOST_ATTEMPTS, usual.attempt_cap),
        handling_minutes=table.whole("handling_minutes", 1, _MOST_MINUTES, usual.handling_minutes),
    )


def _groups(table: Table, known: Groups) -> tuple[AgentsGroup, ...]:
    found: dict[str, AgentsGroup] = {}
    for key, name in table.texts("groups"):
        if name in found:
            table.wrong(key, "duplicate", "This group is named twice: leave one out.")
        elif name in known:
            found[name] = known[name]
        else:
            message = f"There is no group of this name: add it under [[groups]].{did_you_mean(name, known)}"
            table.wrong(key, "unknown-group", message)
    return tuple(found.values())


def _gap(table: Table, usual: timedelta) -> timedelta:
    if "minimum_gap" not in table.raw:
        return usual
    written = _GAP.fullmatch(str(table.raw["minimum_gap"]))
    if written is None:
        table.wrong("minimum_gap", "bad-duration", 'Write hours like "4h" or minutes like "90m".')
        return usual
    return int(written[1]) * _UNIT[written[2]]


def _slots(table: Table, country: Country | None) -> tuple[WeeklySlot, ...]:
    slots: list[tuple[str, WeeklySlot]] = []
    for key, text in table.texts("slots"):
        try:
            slot = parse_weekly_slot(text)
        except InvalidSlot as error:
            table.wrong(key, error.code, str(error))
            continue
        _check_slot(table, key, slot, country, slots)
        slots.append((key, slot))
    if not table.raw.get("slots"):
        table.wrong("slots", "expected-slots", 'Write when it calls, like ["mon 10:00-13:00"].')
    return tuple(sorted(slot for _, slot in slots))


def _check_slot(
    table: Table,
    key: str,
    slot: WeeklySlot,
    country: Country | None,
    earlier: Sequence[tuple[str, WeeklySlot]],
) -> None:
    if country and (outside := outside_hours(slot, country)):
        parts = " and ".join(f"'{part}'" for part in outside)
        message = f"Outside the call hours of {country}: {parts}. Cut that off."
        table.wrong(key, "outside-call-hours", message)
    for other_key, other in earlier:
        if overlapping([other, slot]):
            message = f"'{slot}' overlaps with {other_key}, '{other}': let one end before the other starts."
            table.faults.append(Fault(table.pointer(key), "overlapping-slots", message))


def _campaign(
    table: Table,
    kind: CampaignType,
    terms: _Terms,
    slots: tuple[WeeklySlot, ...],
    follows: CampaignName | None,
) -> Campaign:
    table.nothing_else(*_KEYS)
    return Campaign(
        name=CampaignName(table.text("name")),
        type=kind,
        country=terms.country,
        timezone=terms.timezone,
        slots=slots,
        follows=follows,
        maximum=terms.maximum,
        groups=terms.groups,
        dialer_campaign_id=table.whole("dialer_campaign_id", 1, LARGEST_NUMBER),
        priority=table.whole("priority", 2, _LAST_PRIORITY, _USUAL_PRIORITY),
        minimum_gap=terms.minimum_gap,
        attempt_cap=terms.attempt_cap,
        hold_out_percent=table.whole("hold_out_percent", most=100, default=0),
        dialer=_dialer(table),
        handling_minutes=terms.handling_minutes,
    )


def _dialer(table: Table) -> DialerKind:
    if "dialer" not in table.raw:
        return DialerKind.DIABOLOCOM
    return DialerKind(table.one_of("dialer", tuple(DialerKind)) or DialerKind.DIABOLOCOM)
