"""Places: postal codes, the time zone they are in, and when two addresses are one."""

import re
import unicodedata
from collections.abc import Mapping

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid

_POSTAL_CODES: Mapping[Country, tuple[re.Pattern[str], str]] = {
    Country.FR: (re.compile(r"[0-9]{5}"), "five digits, like 75011"),
    Country.BE: (re.compile(r"[0-9]{4}"), "four digits, like 1000"),
    Country.ES: (
        re.compile(r"(?:0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}"),
        "five digits from 01000 to 52999, like 28013",
    ),
}

# The longest prefix of the postal code decides; the empty one is the rest of the country.
_TIMEZONES: Mapping[Country, Mapping[str, str]] = {
    Country.FR: {
        "": "Europe/Paris",
        "971": "America/Guadeloupe",
        "972": "America/Martinique",
        "973": "America/Cayenne",
        "974": "Indian/Reunion",
        "975": "America/Miquelon",
        "976": "Indian/Mayotte",
        "977": "America/St_Barthelemy",
        "978": "America/Marigot",
        "986": "Pacific/Wallis",
        "987": "Pacific/Tahiti",
        "988": "Pacific/Noumea",
    },
    Country.BE: {"": "Europe/Brussels"},
    Country.ES: {"": "Europe/Madrid", "35": "Atlantic/Canary", "38": "Atlantic/Canary"},
}

# Long forms to the short one, because a short form may stand for several (av: avenue, avenida).
_ABBREVIATIONS: Mapping[str, tuple[str, ...]] = {
    "all": ("allee", "allees"),
    "app": ("appartement", "appt", "apt"),
    "av": ("avenue", "ave", "avenida", "avda"),
    "bat": ("batiment",),
    "bd": ("boulevard", "boul", "bld", "blvd", "bvd"),
    "c": ("calle", "cl"),
    "ch": ("chemin", "che", "chem"),
    "crs": ("cours",),
    "ctra": ("carretera", "crta"),
    "dr": ("docteur", "doctor"),
    "fg": ("faubourg", "fbg"),
    "gal": ("general", "gral"),
    "imp": ("impasse",),
    "mal": ("marechal",),
    "pas": ("passage",),
    "pl": ("place", "plaza", "plz", "pza"),
    "po": ("paseo", "pso"),
    "r": ("rue",),
    "res": ("residence",),
    "rte": ("route",),
    "sq": ("square",),
    "st": ("saint",),
    "ste": ("sainte",),
    "sta": ("santa",),
}
_SHORT = {long: short for short, longs in _ABBREVIATIONS.items() for long in longs}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_WORD = re.compile(r"\d+|[^\W\d_]+")  # digits and letters apart: 12bis is 12 bis


class BadPostalCode(Invalid):
    """What was given is no postal code of the country."""

    code = "bad-postal-code"


def parse_postal_code(country: Country, raw: str) -> str:
    """Return the digits of the code without blanks; raises `BadPostalCode`."""
    code = "".join(raw.split())
    pattern, shape = _POSTAL_CODES[country]
    if not pattern.fullmatch(code):
        raise BadPostalCode(f"This is not a postal code of {country}: write {shape}.")
    return code


def timezone_of(country: Country, postal_code: str) -> str:
    """Return the IANA time zone of a parsed postal code, overseas departments and islands too."""
    zones = _TIMEZONES[country]
    return next(zones[prefix] for length in (3, 2, 0) if (prefix := postal_code[:length]) in zones)


def normalised_address(address: str) -> str:
    """Return a form that is equal for two ways to write one address; it is for comparing, not for showing.

    Case, accents, punctuation and blanks do not count, nor whether "avenue", "calle" … are abbreviated.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", address).casefold())
    plain = "".join(letter for letter in folded.translate(_LIGATURES) if not unicodedata.combining(letter))
    return " ".join(_SHORT.get(word, word) for word in _WORD.findall(plain))
