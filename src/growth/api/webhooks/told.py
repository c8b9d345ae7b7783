"""Reading what a vendor told, field by field, after its signature was found good.

A field that is absent or null was not told; one of another kind than the vendor documents is `Unreadable`, whose reason
names the field and repeats nothing of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from growth.api.schemas import Instant
from growth.api.strict_json import is_storable
from growth.domain.kernel.inbox import Unreadable

LONGEST_ID = 255
_BIGGEST = 2**63 - 1
_LAST_SECOND = 2**32  # in the year 2106
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)

Told = Mapping[str, object]
ToldT = TypeVar("ToldT")


def needed(value: ToldT | None, name: str) -> ToldT:
    if value is None:
        raise Unreadable(f"{name} is missing")
    return value


def part(holder: Told, key: str) -> Told | None:
    """Return an object within the object."""
    value = holder.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise Unreadable(f"{key} is not an object")
    return value


def parts(holder: Told, key: str) -> list[Told]:
    value = holder.get(key) or []
    if not isinstance(value, list) or not all(isinstance(it, Mapping) for it in value):
        raise Unreadable(f"{key} is not a list of objects")
    return value


def text(holder: Told, key: str, longest: int = LONGEST_ID) -> str | None:
    """Return a text without its margins; an empty one says nothing."""
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value.strip()) > longest or not is_storable(value):
        raise Unreadable(f"{key} is not a text of at most {longest} characters")
    return value.strip() or None


def number(holder: Told, key: str) -> int:
    value = needed(holder.get(key), key)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _BIGGEST:
        raise Unreadable(f"{key} is not an integer")
    return value


def instant(holder: Told, key: str) -> datetime | None:
    """Return a time told as RFC 3339 has it."""
    if holder.get(key) is None:
        return None
    try:
        return _INSTANT.validate_python(holder[key])
    except ValidationError:
        raise Unreadable(f"{key} is not a time with its zone") from None


def moment(holder: Told, key: str) -> datetime | None:
    """Return a time told in seconds since 1970."""
    if holder.get(key) is None:
        return None
    if not 0 < (seconds := number(holder, key)) < _LAST_SECOND:
        raise Unreadable(f"{key} is not a time in seconds")
    return datetime.fromtimestamp(seconds, UTC)
