"""What each country does with its conversations. A country without a workspace refuses all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from growth.domain.conversations.entities.duplicates import Route
from growth.domain.conversations.entities.refusals import NotInThisCountry
from growth.domain.kernel.country import Country


@dataclass(frozen=True, slots=True)
class Practice:
    """`routes`: by which duplicates are looked for; `notes`: whether they are noted down at once, for every reply too.

    `closes_signed`: whether conversations of somebody who signed are closed.
    """

    routes: tuple[Route, ...]
    notes: bool
    closes_signed: bool


PRACTICES: Final[Mapping[Country, Practice]] = {
    Country.FR: Practice(tuple(Route), notes=True, closes_signed=False),
    Country.BE: Practice((Route.PROSPECT,), notes=False, closes_signed=True),
}


def practice_of(country: Country) -> Practice:
    """Return what it does. Raises `NotInThisCountry`."""
    if country not in PRACTICES:
        raise NotInThisCountry
    return PRACTICES[country]
