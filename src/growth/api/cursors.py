"""Cursors: where the last page ended, written so that nobody is tempted to read it."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from growth.api.errors import Refused
from growth.domain.kernel.errors import Fault


def cursor_after(*place: object) -> str:
    """Return the cursor of a place in a list: the sort key of the last item, as texts."""
    return base64.urlsafe_b64encode(json.dumps([str(it) for it in place]).encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """Return the place of a cursor, each part read by its kind; None for the beginning. A made-up one is refused."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        fault = Fault("?cursor", "bad-cursor", "Send the `next_cursor` of a page.")
        raise Refused(422, "invalid", fault.message, faults=[fault]) from None


def next_cursor(found: Sequence[Any], limit: int, place: Callable[[Any], Sequence[object]]) -> str | None:
    """Return the cursor behind a page, None when it was the last."""
    return cursor_after(*place(found[-1])) if len(found) == limit else None
