"""JSON in the one way all understand. What parsers disagree about, or Postgres cannot store, is refused."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from growth.domain.kernel.errors import Fault, Invalid

DEEPEST = 32
MOST_FAULTS = 20
_EXACT = 2.0**53  # up to it a float is the very integer that was written
_SAFE_DIGITS = 18  # every integer of so many digits fits into 64 bit


class BadJson(Invalid):
    """The body is not usable JSON."""

    code = "bad-json"


@dataclass(frozen=True, slots=True)
class _Bad:
    """Stands in the parsed tree for what is refused, until its pointer is known."""

    code: str
    message: str


_NOT_FINITE = _Bad("number-not-finite", "Write a finite number.")
_TOO_BIG = _Bad("integer-too-big", "Write an integer of at most 64 bit.")
_TWICE = _Bad("duplicate-key", "Write each key once.")
_UNSTORABLE = _Bad("bad-character", "Leave out NUL characters and lone surrogates.")
_TOO_DEEP = _Bad("nested-too-deep", f"Nest at most {DEEPEST} levels.")

# A pair of surrogates is one letter, and a backslash that is written out begins no escape.
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


class _Reader:
    """Reads the values that the parser hands over, and counts what it had to refuse."""

    def __init__(self) -> None:
        self.refused = 0

    def constant(self, _word: str) -> _Bad:
        return self._refuse(_NOT_FINITE)

    def integer(self, digits: str) -> int | _Bad:
        if len(digits) <= _SAFE_DIGITS:
            return int(digits)
        fits = len(digits) <= _SAFE_DIGITS + 2 and -(2**63) <= int(digits) < 2**63
        return int(digits) if fits else self._refuse(_TOO_BIG)

    def number(self, digits: str) -> float | _Bad:
        value = float(digits)
        if not math.isfinite(value):
            return self._refuse(_NOT_FINITE)
        # JSON has one kind of number: 3.0 is an integer too.
        return int(value) if value.is_integer() and abs(value) < _EXACT else value

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(name for name, _ in pairs)
            found |= {name: self._refuse(_TWICE) for name in found if times[name] > 1}
        return found

    def _refuse(self, bad: _Bad) -> _Bad:
        self.refused += 1
        return bad


def parse(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON says
    """Return the value of a body; raises `BadJson` with a pointer to each fault, and without any of its values."""
    reader = _Reader()
    try:
        text = raw.decode()
        tree = json.loads(
            text,
            parse_int=reader.integer,
            parse_float=reader.number,
            parse_constant=reader.constant,
            object_pairs_hook=reader.members,
        )
    except UnicodeDecodeError:
        raise BadJson("The body is not UTF-8.", Fault("", "not-utf-8", "Encode the body in UTF-8.")) from None
    except RecursionError:
        raise BadJson("The body is nested too deep.", Fault("", _TOO_DEEP.code, _TOO_DEEP.message)) from None
    except ValueError:
        raise BadJson("The body is not JSON.", Fault("", "not-json", "Write one JSON value.")) from None
    if reader.refused or _suspicious(text, tree):
        _refuse_faults(tree)
    return tree


def written_out(raw: bytes) -> bytes:
    """Return a body in which NUL characters and lone surrogates are the six letters of their escapes.

    For what has to be kept whoever wrote it; only as escapes do they come in JSON that is UTF-8.
    """
    return _ESCAPES.sub(lambda found: b"\\" + found[0] if found[1] else found[0], raw)


def is_storable(text: str) -> bool:
    """Tell whether Postgres can hold the text and UTF-8 can carry it."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def pointer(*path: object) -> str:
    """Return the JSON pointer (RFC 6901) of a path of keys and indexes, cut to what fits into an answer."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps).encode(errors="replace").decode().replace("\0", "?")[:200]


def _suspicious(text: str, tree: object) -> bool:
    # Without these signs a walk over the tree can find nothing: it costs more than the parsing.
    if "\\u0000" in text or "\\ud" in text or "\\uD" in text:
        return True
    return text.count("{") + text.count("[") > DEEPEST and _is_too_deep(tree)


def _is_too_deep(tree: object) -> bool:
    level = [tree] if isinstance(tree, dict | list) else []
    for _ in range(DEEPEST):
        members = (node.values() if isinstance(node, dict) else node for node in level)
        level = [it for it in chain.from_iterable(members) if isinstance(it, dict | list)]
    return bool(level)


def _refuse_faults(tree: object) -> None:
    faults = []
    for path, bad in _walk(tree):
        faults.append(Fault(pointer(*path), bad.code, bad.message))
        if len(faults) == MOST_FAULTS:
            break
    if faults:
        raise BadJson("The body holds values that cannot be used.", *faults)


def _walk(tree: object) -> Iterator[tuple[tuple[object, ...], _Bad]]:
    pending: list[tuple[tuple[object, ...], object]] = [((), tree)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, _Bad):
            yield path, value
        elif isinstance(value, str):
            if not is_storable(value):
                yield path, _UNSTORABLE
        elif isinstance(value, dict | list):
            if len(path) >= DEEPEST:
                yield path[:DEEPEST], _TOO_DEEP
                return
            if isinstance(value, dict):
                if not all(map(is_storable, value)):
                    yield path, _UNSTORABLE
                pending.extend(((*path, key), member) for key, member in value.items())
            else:
                pending.extend(((*path, index), member) for index, member in enumerate(value))
