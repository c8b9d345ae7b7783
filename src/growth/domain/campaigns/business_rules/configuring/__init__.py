"""Reads the campaigns configuration from plain values and checks it as a whole."""

from collections.abc import Mapping

from growth.domain.campaigns.business_rules.configuring.campaigns import read_campaigns
from growth.domain.campaigns.business_rules.configuring.groups import read_groups, zone
from growth.domain.campaigns.business_rules.qualifying import wrapup_key
from growth.domain.campaigns.business_rules.scoring import parse_rules
from growth.domain.campaigns.entities.configuration import BadConfiguration, Configuration, SegmentRule
from growth.domain.campaigns.entities.law import LAW_DEFAULTS, LawSettings
from growth.domain.campaigns.entities.leads import Segment, SellTimeframe
from growth.domain.campaigns.entities.scoring import DEFAULT_RULES, RuleSet
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.toml_tables import Table, did_you_mean

__all__ = ["DEFAULT_SEGMENTS", "parse_configuration"]

_ANY = frozenset[SellTimeframe]()
DEFAULT_SEGMENTS = (
    SegmentRule(
        Segment.PVB,
        buys_first=True,
        timeframes=frozenset({SellTimeframe.NOW, SellTimeframe.MONTHS_3, SellTimeframe.MONTHS_6}),
    ),
    SegmentRule(Segment.PVB_LATER, buys_first=True, timeframes=_ANY),
    SegmentRule(Segment.PVI_NOW, buys_first=False, timeframes=frozenset({SellTimeframe.NOW})),
    SegmentRule(Segment.PVI_SOON, buys_first=False, timeframes=frozenset({SellTimeframe.MONTHS_3})),
    SegmentRule(Segment.PVS, buys_first=False, timeframes=frozenset({SellTimeframe.MONTHS_6})),
    SegmentRule(Segment.PVM, buys_first=False, timeframes=frozenset({SellTimeframe.MONTHS_12})),
)
_PQSC_BELOW_EUR = 200_000
_MOST_EUR = 100_000_000
_MOST_DAYS = 366
_WRONG_NUMBER = "Faux numéro"


def parse_configuration(raw: Mapping[str, object], version: str) -> Configuration:
    """Return the configuration that a TOML file's content stands for, under this version.

    Raises `BadConfiguration` with every fault at once, each at a pointer like `campaigns[2].slots[1]`.
    """
    faults: list[Fault] = []
    root = Table(raw, "", faults)
    below_eur, media_zones = _pqsc(root)
    configuration = Configuration(
        version=version,
        campaigns=read_campaigns(root, read_groups(root)),
        segments=_segments(root),
        pqsc_below_eur=below_eur,
        media_zones=media_zones,
        rules=_rules(root),
        wrong_number_wrapups=_wrong_numbers(root),
        law=_law(root),
    )
    root.nothing_else("campaigns", "groups", "segments", "pqsc", "scoring", "wrong_number_wrapups", "law")
    if faults:
        listed = "".join(f"\n  {fault.pointer}: {fault.message}" for fault in faults)
        raise BadConfiguration(f"Correct this and start again ({len(faults)} in all):{listed}", *faults)
    return configuration


def _pqsc(root: Table) -> tuple[int, tuple[str, ...]]:
    if "pqsc" not in root.raw:
        return _PQSC_BELOW_EUR, ()
    table = root.table("pqsc")
    table.nothing_else("below_eur", "media_zones")
    below_eur = table.whole("below_eur", most=_MOST_EUR, default=_PQSC_BELOW_EUR)
    return below_eur, tuple(zone(table, key, text) for key, text in table.texts("media_zones"))


def _law(root: Table) -> LawSettings:
    if "law" not in root.raw:
        return LAW_DEFAULTS
    table, defaults = root.table("law"), LAW_DEFAULTS
    table.nothing_else("request_open_days", "refusal_silence_days")
    return LawSettings(
        request_open_days=table.whole("request_open_days", 1, _MOST_DAYS, defaults.request_open_days),
        refusal_silence_days=table.whole("refusal_silence_days", 0, _MOST_DAYS, defaults.refusal_silence_days),
    )


def _segments(root: Table) -> tuple[SegmentRule, ...]:
    if "segments" not in root.raw:
        return DEFAULT_SEGMENTS
    return tuple(_segment(table) for table in root.tables("segments"))


def _segment(table: Table) -> SegmentRule:
    table.nothing_else("segment", "buys_first", "timeframes")
    timeframes = set()
    for key, text in table.texts("timeframes"):
        if text in set(SellTimeframe):
            timeframes.add(SellTimeframe(text))
        else:
            message = f"Write one of: {', '.join(SellTimeframe)}.{did_you_mean(text, SellTimeframe)}"
            table.wrong(key, "unexpected-value", message)
    return SegmentRule(
        segment=Segment(table.one_of("segment", tuple(Segment)) or Segment.PVB),
        buys_first=table.yes_or_no("buys_first"),
        timeframes=frozenset(timeframes),
    )


def _rules(root: Table) -> RuleSet:
    if "scoring" not in root.raw:
        return DEFAULT_RULES
    table = root.table("scoring")
    rules, faults = parse_rules(table.raw, table.at) if table.raw else (None, [])
    root.faults.extend(faults)
    return rules or DEFAULT_RULES


def _wrong_numbers(root: Table) -> frozenset[str]:
    if "wrong_number_wrapups" not in root.raw:
        return frozenset({wrapup_key(_WRONG_NUMBER)})
    keys = set()
    for key, text in root.texts("wrong_number_wrapups"):
        if not wrapup_key(text):
            root.wrong(key, "expected-text", "Write the name of a wrap-up of the dialer here.")
        keys.add(wrapup_key(text))
    return frozenset(keys)
