"""What a score is made of: the snapshot of a lead, the rules that are applied to it, the explained result.

Points are whole tenths of a point, so that sums are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NewType

Tenths = NewType("Tenths", int)

LOWEST: Final = Tenths(0)
HIGHEST: Final = Tenths(1000)
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class LeadSnapshot:
    """All that scoring knows of a lead. None is "unknown", except where `ABSENT` has another word for it."""

    is_owner: bool | None
    buys_first: bool | None
    sell_timeframe: str
    phone_valid: bool | None
    estimated_price_eur: int | None
    property_type: str | None
    in_media_zone: bool | None
    further_estimates: int
    """In the 30 days before."""
    page_views: int
    """In the 7 days before."""
    came_by: Literal["referral", "paid_search"] | None
    call_attempts: int
    whole_days: int
    """Since the request."""


# The words a rule may give points to, field by field; None: any word.
_YES_OR_NO = frozenset({"yes", "no"})
CHOICES: Final[Mapping[str, frozenset[str] | None]] = {
    "is_owner": _YES_OR_NO,
    "buys_first": _YES_OR_NO,
    "sell_timeframe": frozenset({"now", "3_months", "6_months", "12_months", "later", "none"}),
    "phone_valid": _YES_OR_NO | {"none"},
    "property_type": None,
    "in_media_zone": _YES_OR_NO,
    "came_by": frozenset({"referral", "paid_search", "other"}),
}
# Where None is a fact and no gap in what we know, the word for it.
ABSENT: Final[Mapping[str, str]] = {"phone_valid": "none", "came_by": "other"}
QUANTITIES: Final = frozenset({"estimated_price_eur", "further_estimates", "page_views", "call_attempts", "whole_days"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Points by the word the lead has in `field` (a `CHOICES` field); a word without points contributes 0."""

    name: str
    field: str
    points: Mapping[str, Tenths]


@dataclass(frozen=True, slots=True)
class Bands:
    """Points by the last band that starts at or below the number in `field`; below the first band 0.

    `bands`: (start, points), by ascending start.
    """

    name: str
    field: str
    bands: tuple[tuple[int, Tenths], ...]


@dataclass(frozen=True, slots=True)
class Each:
    """`points` for each unit of the number in `field`, up to `limit`, which has the same sign."""

    name: str
    field: str
    points: Tenths
    limit: Tenths


Rule = Choice | Bands | Each


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules under the version that stands beside every score made with them."""

    version: str
    base: Tenths
    rules: tuple[Rule, ...]

    def __hash__(self) -> int:
        """Hash the version alone: rules are looked up for each lead that is scored."""
        return hash(self.version)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one rule gave for one value: a word or a number of the snapshot, or `UNKNOWN`."""

    name: str
    value: str | int
    points: Tenths


@dataclass(frozen=True, slots=True)
class Score:
    """`base` and the points of all contributions sum to `unclipped`; `score` is that within 0 to 100.

    Of a learned score (`model_version`) these are thousandths of log-odds, and `score` is the probability.
    """

    score: Tenths
    unclipped: Tenths
    base: Tenths
    contributions: tuple[Contribution, ...]
    rule_set_version: str
    model_version: str | None = None


DEFAULT_RULES: Final = RuleSet(
    version="2026-1",
    base=Tenths(100),
    rules=(
        Choice(
            "sell_timeframe",
            "sell_timeframe",
            {"now": Tenths(350), "3_months": Tenths(250), "6_months": Tenths(150), "12_months": Tenths(80)},
        ),
        Choice("owner", "is_owner", {"yes": Tenths(100)}),
        Choice("buys_first", "buys_first", {"yes": Tenths(-50)}),
        Choice("phone", "phone_valid", {"yes": Tenths(100), "no": Tenths(-200), "none": Tenths(-200)}),
        Bands(
            "price",
            "estimated_price_eur",
            ((0, Tenths(0)), (150_000, Tenths(50)), (300_000, Tenths(100)), (600_000, Tenths(60))),
        ),
        Choice("property_type", "property_type", {"house": Tenths(30)}),
        Choice("media_zone", "in_media_zone", {"yes": Tenths(50)}),
        Each("further_estimates", "further_estimates", Tenths(40), Tenths(120)),
        Each("page_views", "page_views", Tenths(10), Tenths(80)),
        Choice("came_by", "came_by", {"referral": Tenths(60), "paid_search": Tenths(30)}),
        Each("call_attempts", "call_attempts", Tenths(-40), Tenths(-200)),
        Each("whole_days", "whole_days", Tenths(-5), Tenths(-150)),
    ),
)
