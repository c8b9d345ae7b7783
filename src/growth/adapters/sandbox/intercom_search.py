"""Intercom's search language, for its sandbox: what is searchable, filters and their groups, pages.

Texts are compared without regard to case. Dates of contacts are compared by day (of UTC); `>` and `<` include
the value itself for conversations, as the vendor's table says, and exclude it for contacts.
"""

import base64
import json
import operator as compare
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from growth.adapters.sandbox.intercom_wire import Refused, Shape

_MOST_LEVELS, _MOST_FILTERS, _BIGGEST_PAGE, _DAY = 2, 15, 150, 86_400
_TAG = re.compile(r"<[^>]*>")
_JOINS: Final = {"AND": all, "OR": any}
_LISTS: Final = ("IN", "NIN")
_NEGATIONS: Final = {"!=": "=", "NIN": "IN", "!~": "~"}

Values = Sequence[Any]
Test = Callable[[Shape], bool]
Holds = Callable[[Any, Any], bool]  # of a value that is there, and the one that is asked for


class Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    DAY = auto()
    FLAG = auto()


_OPERATORS: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.TEXT: ("=", "!=", "IN", "NIN", "~", "!~", "^", "$"),
    Kind.NUMBER: ("=", "!=", "IN", "NIN", ">", "<"),
    Kind.DATE: ("=", "!=", "IN", "NIN", ">", "<"),
    Kind.DAY: ("=", ">", "<"),
    Kind.FLAG: ("=", "!="),
}
_POSITIVE: Final[Mapping[str, Holds]] = {
    "~": lambda has, wanted: wanted in has,
    "^": lambda has, wanted: has.startswith(wanted),
    "$": lambda has, wanted: has.endswith(wanted),
    ">": compare.ge,
    "<": compare.le,
}
_OF_DAYS: Final[Mapping[str, Holds]] = {">": compare.gt, "<": compare.lt}


@dataclass(frozen=True, slots=True)
class Field:
    kind: Kind
    read: Callable[[Shape], Values]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be searched, how an answer calls it, and how many make a page unless said."""

    type: str
    key: str
    per_page: int
    fields: Mapping[str, Field]

    def field(self, name: object) -> Field:
        if not isinstance(name, str):
            raise _bad("field must be a string", "field")
        if self.type == "list" and name.startswith("custom_attributes."):
            return _at(name, Kind.TEXT)
        if name not in self.fields:
            raise Refused(400, "invalid_field", f"{name} is not a searchable field", "field")
        return self.fields[name]


def search(things: Iterable[Shape], body: object, catalogue: Catalogue) -> Shape:
    """Return a page of what the body asks for, last updated first. Raises `Refused`."""
    if not isinstance(body, Mapping) or "query" not in body:
        raise Refused(400, "parameter_not_found", "query is a required parameter", "query")
    if others := body.keys() - {"query", "pagination"}:
        raise _bad(f"the sandbox does not know {min(others)}", min(others))
    test = _test(body["query"], catalogue)
    return _page([it for it in things if test(it)], body.get("pagination"), catalogue)


def _test(query: object, catalogue: Catalogue, level: int = 1) -> Test:
    if not isinstance(query, Mapping):
        raise _bad("query must be a filter, or a group of filters")
    if not _is_group(query):
        return _filter(query, catalogue)
    parts, join = query.get("value"), _JOINS[query["operator"]]
    if level > _MOST_LEVELS:
        raise _bad(f"groups can be nested {_MOST_LEVELS} levels deep")
    if not isinstance(parts, list) or not 0 < len(parts) <= _MOST_FILTERS:
        raise _bad(f"a group has 1 to {_MOST_FILTERS} filters")
    if len({_is_group(part) for part in parts}) > 1:
        raise _bad("a group has either filters or groups, not both")
    tests = [_test(part, catalogue, level + 1) for part in parts]
    return lambda it: join(test(it) for test in tests)


def _is_group(query: object) -> bool:
    return isinstance(query, Mapping) and query.get("operator") in tuple(_JOINS)


def _filter(query: Mapping[str, Any], catalogue: Catalogue) -> Test:
    field, operator = catalogue.field(query.get("field")), query.get("operator")
    if not isinstance(operator, str) or operator not in _OPERATORS[field.kind]:
        raise _bad(f"operator does not go with {query['field']}", "operator")
    positive = _NEGATIONS.get(operator, operator)
    holds: Holds = (_OF_DAYS if field.kind is Kind.DAY else _POSITIVE).get(positive, compare.eq)
    wanted = [_wanted(it, field.kind, positive) for it in _listed(query, operator)]

    def test(it: Shape) -> bool:
        has = [_folded(value, field.kind) for value in field.read(it)]
        found = any(not has if want is None else any(holds(value, want) for value in has) for want in wanted)
        return found is (positive == operator)

    return test


def _listed(query: Mapping[str, Any], operator: str) -> Values:
    if "value" not in query:
        raise _bad("a filter has a value", "value")
    value = query["value"]
    if isinstance(value, list) is not (operator in _LISTS) or value == []:
        raise _bad("value must be a list with IN and NIN, and with no other operator", "value")
    return value if isinstance(value, list) else [value]


def _wanted(value: object, kind: Kind, operator: str) -> object:
    """Return the value to compare with; None: there is none."""
    if value is None and operator == "=":
        return None
    if kind in (Kind.DATE, Kind.DAY) and isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    types: dict[Kind, type] = {Kind.TEXT: str, Kind.FLAG: bool}
    if type(value) is not types.get(kind, int):
        raise _bad(f"value must be a {kind.name.lower()}", "value")
    return _folded(value, kind)


def _folded(value: Any, kind: Kind) -> Any:  # noqa: ANN401
    if kind is Kind.DAY:
        return value // _DAY
    return str(value).casefold() if kind is Kind.TEXT else value


def _page(found: Sequence[Shape], pagination: object, catalogue: Catalogue) -> Shape:
    if not isinstance(pagination, Mapping | None):
        raise _bad("pagination must be an object", "pagination")
    asked = pagination or {}
    size, cursor = asked.get("per_page", catalogue.per_page), asked.get("starting_after")
    if type(size) is not int or not 1 <= size <= _BIGGEST_PAGE:
        raise _bad(f"per_page must be 1 to {_BIGGEST_PAGE}", "per_page")
    number, after = _position(cursor) if cursor is not None else (1, None)
    rest = sorted((it for it in found if after is None or _rank(it) < after), key=_rank, reverse=True)
    pages: Shape = {"type": "pages", "page": number, "per_page": size, "total_pages": -(-len(found) // size)}
    if rest[size:]:
        pages["next"] = {"per_page": size, "starting_after": _cursor(number + 1, _rank(rest[size - 1]))}
    return {"type": catalogue.type, catalogue.key: rest[:size], "total_count": len(found), "pages": pages}


def _rank(it: Shape) -> tuple[int, str]:
    return it["updated_at"], it["id"]


def _cursor(number: int, after: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, *after]).encode()).decode()


def _position(cursor: object) -> tuple[int, tuple[int, str]]:
    try:
        number, updated_at, last = json.loads(base64.urlsafe_b64decode(str(cursor)))
        return int(number), (int(updated_at), str(last))
    except (TypeError, ValueError):
        raise Refused(400, "client_error", "Invalid starting_after param", "starting_after") from None


def _bad(message: str, field: str | None = None) -> Refused:
    return Refused(400, "parameter_invalid", message, field)


def _at(path: str, kind: Kind) -> Field:
    def read(it: Shape) -> Values:
        value: Any = it
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return [] if value is None or value == "" else [value]

    return Field(kind, read)


def _text(read: Callable[[Shape], Values]) -> Field:
    return Field(Kind.TEXT, read)


def _fields(kind: Kind, *paths: str) -> dict[str, Field]:
    return {path: _at(path, kind) for path in paths}


CONVERSATIONS: Final = Catalogue(
    "conversation.list",
    "conversations",
    20,
    {
        **_fields(Kind.TEXT, "id", "state", "priority", "source.type", "source.id", "source.delivered_as"),
        **_fields(Kind.TEXT, "source.subject", "source.url", "source.author.id", "source.author.type"),
        **_fields(Kind.TEXT, "source.author.name", "source.author.email"),
        **_fields(Kind.DATE, "created_at", "updated_at", "waiting_since", "snoozed_until"),
        **_fields(Kind.FLAG, "open", "read"),
        "admin_assignee_id": Field(Kind.NUMBER, lambda it: [it["admin_assignee_id"] or 0]),
        "team_assignee_id": Field(Kind.NUMBER, lambda it: [it["team_assignee_id"] or 0]),
        "source.body": _text(lambda it: _TAG.sub(" ", it["source"]["body"]).split()),  # word by word
        "contact_ids": _text(lambda it: [one["id"] for one in it["contacts"]["contacts"]]),
        "tag_ids": _text(lambda it: [one["id"] for one in it["tags"]["tags"]]),
        "teammate_ids": _text(lambda it: [one["id"] for one in (it["teammates"] or {}).get("teammates", ())]),
    },
)
CONTACTS: Final = Catalogue(
    "list",
    "data",
    50,
    {
        **_fields(Kind.TEXT, "id", "role", "name", "owner_id", "email", "email_domain", "phone", "external_id"),
        **_fields(Kind.DAY, "created_at", "updated_at", "signed_up_at", "last_seen_at", "last_replied_at"),
        **_fields(Kind.DAY, "last_contacted_at"),
        **_fields(Kind.FLAG, "unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced"),
    },
)
