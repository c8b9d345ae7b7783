"""Stored leads that are scored anew, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.kernel.ids import ProspectId


@dataclass(frozen=True, slots=True)
class LeadPage:
    """All leads of some people by columns, as they were at `at`.

    `until`: the last of these people. `places` and `versions` together tell the row that was read from one that was
    changed since. `known`: by the names of a lead's fields, with `phone_valid` (None: no number), `estimates` and
    `page_views` as in `Contactable`.
    """

    at: datetime
    until: ProspectId
    ids: Sequence[LeadId]
    places: Sequence[object]
    versions: Sequence[int]
    scores: Sequence[Tenths]
    known: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class NewScores:
    """The scores that change, beside the rows that they were computed from."""

    places: Sequence[object]
    versions: Sequence[int]
    scores: Sequence[Tenths]


@dataclass(frozen=True, slots=True)
class Rescored:
    """`read` leads; the scores of `changed` are other ones now, or would be.

    `left`: leads that somebody else was changing meanwhile, who scores them as well.
    """

    read: int = 0
    changed: int = 0
    left: int = 0
