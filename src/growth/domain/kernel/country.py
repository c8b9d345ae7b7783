"""The countries we sell in."""

from enum import StrEnum


class Country(StrEnum):
    FR = "FR"
    BE = "BE"
    ES = "ES"
