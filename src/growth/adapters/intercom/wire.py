"""Intercom's words, version 2.16: what goes over the wire, and how it reads as ours.

We write ids as texts; the vendor answers with texts and numbers, and with 0, "0", "" or null where nobody is meant.
"""

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from growth.domain.conversations.entities.conversations import Contact, ContactId, Conversation, State
from growth.domain.conversations.entities.conversations import ConversationId as Id
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.messages import OutcomeUnknown
from growth.domain.kernel.person import BadEmail, Email, parse_email

VERSION: Final = "2.16"
PER_PAGE: Final = 150  # the most the vendor gives
MOST_FILTERS: Final = 15  # of one group, the vendor's
MOST_VALUES: Final = 50  # of one filter

# A date is matched by day, by the workspace's clock, from the day after it on; a day can have 25 hours.
_EARLIER: Final = timedelta(days=2)
_CUSTOMERS: Final = {"user", "lead", "contact"}
_ID: Final = re.compile(r"[!-~]{1,100}")
_NOBODY: Final = {"", "0"}
_NO_SHAPE: Final = (AttributeError, KeyError, OverflowError, OSError, TypeError, ValueError)

Raw = Mapping[str, Any]
Body = dict[str, object]
T = TypeVar("T")


def contact_queries(emails: Collection[str], phones: Collection[str], external_ids: Collection[str]) -> Iterator[Body]:
    """Write the queries for everybody who has one of these; none where nothing is asked."""
    asked = {"email": emails, "phone": phones, "external_id": external_ids}
    return _groups([each for field, values in asked.items() for each in _filters(field, values)])


def conversation_queries(contacts: Collection[str], since: datetime) -> Iterator[Body]:
    """Write the queries for conversations of contacts, open, snoozed or updated since; older ones may come along."""
    updated = int((since - _EARLIER).timestamp())
    recent = _any_of(
        [_filter("state", "=", State.OPEN), _filter("state", "=", State.SNOOZED), _filter("updated_at", ">", updated)]
    )
    # the vendor takes a list of groups or a list of filters, and no list of both
    return (_group("AND", [people, recent]) for people in _groups(_filters("contact_ids", contacts)))


def search(query: Body, cursor: str | None) -> Body:
    following = {} if cursor is None else {"starting_after": cursor}
    return {"query": query, "pagination": {"per_page": PER_PAGE} | following}


def note(admin: AdminId, body: str, reference: str) -> Body:
    """Write a note with the reference as its last paragraph: the vendor keeps nothing else of ours with it."""
    signed = f"{body}<p>Growth {html.escape(reference)}</p>"
    return {"message_type": "note", "type": "admin", "admin_id": admin, "body": signed}


def closing(admin: AdminId) -> Body:
    return {"message_type": "close", "type": "admin", "admin_id": admin}


def opening(admin: AdminId) -> Body:
    return {"message_type": "open", "admin_id": admin}


def conversation(raw: Any) -> Conversation:  # noqa: ANN401 - whatever came
    """Read a conversation, without its contact's address."""
    try:
        return Conversation(
            id=Id(_needed(raw["id"])),
            state=State.told(raw.get("state"), is_open=raw.get("open")),
            created_at=_moment(raw.get("created_at")),
            updated_at=_moment(raw.get("updated_at")),
            contact_ids=tuple(ContactId(_needed(it["id"])) for it in _listed(raw, "contacts")),
            email=None,
            team_id=_id(raw.get("team_assignee_id")),
            admin_id=None if (admin := _id(raw.get("admin_assignee_id"))) is None else AdminId(admin),
            tags=frozenset(str(it["name"]) for it in _listed(raw, "tags")),
        )
    except _NO_SHAPE:
        raise _unexpected("a conversation") from None


def author_email(raw: Raw) -> Email | None:
    """Return the address of who began a conversation, unless that was one of ours."""
    try:
        author = (raw.get("source") or {}).get("author") or {}
        return _email(author.get("email")) if author.get("type") in _CUSTOMERS else None
    except _NO_SHAPE:
        raise _unexpected("a conversation's author") from None


def has_note(raw: Raw, reference: str) -> bool:
    """Tell whether one of the notes has the reference in it, whole; a conversation comes with its newest 500 parts."""
    whole = re.compile(rf"(?<![\w-]){re.escape(reference)}(?![\w-])")
    try:
        parts = _listed(raw, "conversation_parts")
        notes = [it.get("body") or "" for it in parts if str(it.get("part_type")).startswith("note")]
        return any(whole.search(html.unescape(body)) for body in notes)
    except _NO_SHAPE:
        raise _unexpected("a conversation's notes") from None


def contact(raw: Any) -> Contact:  # noqa: ANN401 - whatever came
    try:
        id_, email = ContactId(_needed(raw["id"])), _email(raw.get("email"))
        return Contact(id_, email, _text(raw.get("phone")), _text(raw.get("external_id")))
    except _NO_SHAPE:
        raise _unexpected("a contact") from None


def page(raw: Any, name: str) -> tuple[Sequence[Any], str | None]:  # noqa: ANN401 - whatever came
    """Return the items of a page, and where the next one begins; None: this was the last."""
    try:
        items, following = raw[name], (raw.get("pages") or {}).get("next") or {}
        cursor = following.get("starting_after")
    except _NO_SHAPE:
        raise _unexpected("a page") from None
    if not isinstance(items, list) or not isinstance(cursor, str | None):
        raise _unexpected("a page")
    return items, cursor or None


def away(raw: Any) -> frozenset[AdminId]:  # noqa: ANN401 - whatever came
    """Return which admins have switched their away mode on."""
    try:
        return frozenset(AdminId(_needed(it["id"])) for it in raw["admins"] if it.get("away_mode_enabled") is True)
    except _NO_SHAPE:
        raise _unexpected("the admins") from None


def _filters(field: str, values: Collection[str]) -> list[Body]:
    return [_filter(field, "IN", part) for part in _parts(sorted(set(values)), MOST_VALUES)]


def _filter(field: str, operator: str, value: object) -> Body:
    return {"field": field, "operator": operator, "value": value}


def _groups(filters: Sequence[Body]) -> Iterator[Body]:
    return (_any_of(part) for part in _parts(filters, MOST_FILTERS))


def _any_of(filters: Sequence[Body]) -> Body:
    return _group("OR", filters)


def _group(operator: str, of: Sequence[Body]) -> Body:
    return {"operator": operator, "value": of}


def _parts(values: Sequence[T], most: int) -> Iterator[list[T]]:
    left = iter(values)
    while part := list(islice(left, most)):
        yield part


def _listed(raw: Raw, name: str) -> Sequence[Any]:
    """Return a list that the vendor wraps in an object of the same name; null and nothing are no items."""
    return (raw.get(name) or {}).get(name) or []


def _id(value: object) -> str | None:
    written = "" if isinstance(value, bool) or not isinstance(value, int | str) else str(value).strip()
    return written if written not in _NOBODY and _ID.fullmatch(written) else None


def _needed(value: object) -> str:
    written = _id(value)
    if written is None:
        raise ValueError
    return written


def _moment(value: object) -> datetime | None:
    if value is None or value in (0, "0", ""):
        return None
    if isinstance(value, int | str):
        return datetime.fromtimestamp(int(value), UTC)
    raise TypeError


def _email(value: object) -> Email | None:
    try:
        return parse_email(value) if isinstance(value, str) else None
    except BadEmail:  # it writes `unknown`, too
        return None


def _text(value: object) -> str | None:
    return str(value) or None if isinstance(value, int | str) else None


def _unexpected(what: str) -> OutcomeUnknown:
    return OutcomeUnknown(f"Intercom gave an unexpected answer: {what} in a form that we do not know.")
