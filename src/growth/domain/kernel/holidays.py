"""Public holidays of the countries we sell in. The only place that knows the `holidays` library.

Regions are found by the postal code. France: Alsace and Moselle (Good Friday, 26 December) and overseas (the
day of the abolition of slavery and local days). Spain: the autonomous community of the province; the two
local days that each municipality sets itself are not known. Belgium: national days only. Where the law leaves
a doubt (Good Friday holds only in some communes of Alsace and Moselle), the day counts as a holiday: it costs
a call, not a fine.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays as library

from growth.domain.kernel.country import Country

_FRENCH_REGIONS: Mapping[str, str] = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "976": "976",
    "975": "PM",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
    "97133": "BL",
    "97150": "MF",
}
_SPANISH_PROVINCES: Mapping[str, str] = {
    "AN": "04 11 14 18 21 23 29 41",
    "AR": "22 44 50",
    "AS": "33",
    "CB": "39",
    "CE": "51",
    "CL": "05 09 24 34 37 40 42 47 49",
    "CM": "02 13 16 19 45",
    "CN": "35 38",
    "CT": "08 17 25 43",
    "EX": "06 10",
    "GA": "15 27 32 36",
    "IB": "07",
    "MC": "30",
    "MD": "28",
    "ML": "52",
    "NC": "31",
    "PV": "01 20 48",
    "RI": "26",
    "VC": "03 12 46",
}
_REGIONS: Mapping[Country, Mapping[str, str]] = {
    Country.FR: _FRENCH_REGIONS,
    Country.BE: {},
    Country.ES: {prefix: region for region, all_ in _SPANISH_PROVINCES.items() for prefix in all_.split()},
}
_PREFIX_LENGTHS = (5, 3, 2)  # the most precise first: Saint-Martin before Guadeloupe


def is_public_holiday(country: Country, day: date, postal_code: str | None = None) -> bool:
    """Tell whether `day` is a public holiday there; without a known postal code only national days count.

    `postal_code`: as written in the country, no spaces. The library ends in 2100; later years have none.
    """
    return day in _holidays(country, _region(country, postal_code or ""), day.year)


def _region(country: Country, postal_code: str) -> str | None:
    regions = _REGIONS[country]
    for length in _PREFIX_LENGTHS:
        if region := regions.get(postal_code[:length]):
            return region
    return None


@lru_cache(maxsize=1024)
def _holidays(country: Country, region: str | None, year: int) -> frozenset[date]:
    return frozenset(library.country_holidays(country.value, subdiv=region, years=year))
