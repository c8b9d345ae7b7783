"""Whether a value is of the kind that a setting takes."""

from collections.abc import Mapping

from growth.domain.kernel.country import Country
from growth.domain.kernel.person import BadEmail, Email, parse_email
from growth.domain.prospects.entities.operator_settings import (
    BACKUP,
    EXCLUDED,
    LARGEST_NUMBER,
    LONGEST_TEXT,
    MOST_EMAILS,
    SETTINGS,
    Kind,
    UnknownSetting,
    Value,
    WrongKind,
)


def checked(name: str, value: object) -> Value:
    """Return the value as it is kept: addresses are normalised, each once.

    Raises `UnknownSetting`, `WrongKind` which says what is wanted.
    """
    if name not in SETTINGS:
        raise UnknownSetting
    kind = SETTINGS[name].kind
    match kind, value:
        case Kind.SWITCH, bool():
            return value
        case Kind.NUMBER, int() if not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER:
            return value
        case Kind.TEXT, str() if len(value) <= LONGEST_TEXT:
            return value
        case Kind.EMAILS, list() if len(value) <= MOST_EMAILS:
            return _addresses(name, value)
        case ((Kind.TEXT | Kind.EMAILS), None):
            return None
    raise WrongKind(name, kind)


def _addresses(name: str, values: list[object]) -> list[str]:
    texts = [value for value in values if isinstance(value, str)]
    try:
        found = [parse_email(text) for text in texts]
    except BadEmail:
        raise WrongKind(name, Kind.EMAILS) from None
    if len(texts) < len(values):
        raise WrongKind(name, Kind.EMAILS)
    return [*dict.fromkeys(found)]


def excluded(values: Mapping[str, Value]) -> tuple[Email, ...]:
    """Return who of the sales teams is never chosen."""
    return _emails(values.get(EXCLUDED))


def backup(values: Mapping[str, Value], country: Country) -> tuple[Email, ...]:
    """Return whom to turn to in the country when nobody of its team is there."""
    return _emails(values.get(BACKUP.format(country=country.lower())))


def _emails(value: Value) -> tuple[Email, ...]:
    return tuple(map(Email, value)) if isinstance(value, list) else ()
