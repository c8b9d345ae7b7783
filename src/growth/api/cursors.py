"""Cursors: where the last page ended. Each list has its own form, and every text of that form names a place."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from fastapi import Query, params

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Part(NamedTuple):
    """One value of a sort key: how it is written, and how it is read again."""

    pattern: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _moment(microseconds: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _microseconds(moment: datetime) -> str:
    return str((moment - _EPOCH) // timedelta(microseconds=1))


def _name(digits: str) -> str:
    return bytes.fromhex(digits).decode(errors="replace").replace("\0", "")


def _hex(name: str) -> str:
    return name.encode().hex()


SMALL: Final = Part("-?[0-9]{1,9}", int)
NUMBER: Final = Part("[0-9]{1,18}", int)
ID: Final = Part("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", UUID)
MOMENT: Final = Part("[0-9]{1,16}", _moment, _microseconds)  # up to the year 2286
NAME: Final = Part("([0-9a-f]{2}){1,400}", _name, _hex)


class Places:
    """The cursors of one list, by the parts of its sort key; a name can only be the last of them."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    @property
    def query(self) -> params.Query:
        """The declaration of the parameter `cursor`."""
        form = r"\.".join(part.pattern for part in self._parts)
        query: params.Query = Query(
            max_length=300, pattern=f"^{form}$", description="`next_cursor` of the page before."
        )
        return query

    def read(self, cursor: str | None) -> tuple[Any, ...] | None:
        """Return the place of a cursor that fits the declaration; None for the beginning."""
        if cursor is None:
            return None
        texts = cursor.split(".", len(self._parts) - 1)
        return tuple(part.read(text) for part, text in zip(self._parts, texts, strict=True))

    def behind(self, found: Sequence[Any], limit: int, key: Callable[[Any], Sequence[Any]]) -> str | None:
        """Return the cursor behind a page, None when it was the last."""
        if len(found) < limit:
            return None
        values = zip(self._parts, key(found[-1]), strict=True)
        return ".".join(part.write(value) for part, value in values)
