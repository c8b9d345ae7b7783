"""A sandbox workspace of Intercom: its contacts, admins and conversations, and how they were at an earlier instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, Generic, Literal, TypeVar

State = Literal["open", "closed", "snoozed"]
Author = Mapping[str, str | None]
T = TypeVar("T")

NOBODY: Final = 0


@dataclass(frozen=True, slots=True)
class Admin:
    id: str
    name: str = ""
    email: str = ""
    away_mode_enabled: bool = False
    team_ids: tuple[int, ...] = ()

    @property
    def as_author(self) -> Author:
        return {"id": self.id, "type": "admin", "name": self.name, "email": self.email}


OWN_ADMIN: Final = Admin("1", "Growth", "growth@sandbox.example")  # every workspace has him from the start


@dataclass(frozen=True, slots=True)
class Contact:
    """Instants are in seconds of the epoch, here and below."""

    id: str
    created_at: int
    updated_at: int
    role: Literal["user", "lead"] = "user"
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    external_id: str | None = None
    custom_attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def as_author(self) -> Author:
        return {"id": self.id, "type": self.role, "name": self.name, "email": self.email or ""}


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    part_type: str
    author: Author
    created_at: int
    body: str | None = None
    assigned_to: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    created_at: int
    updated_at: int
    source: Mapping[str, Any]
    contact_ids: tuple[str, ...] = ()
    state: State = "open"
    admin_assignee_id: int | None = NOBODY
    team_assignee_id: int | None = NOBODY
    tags: tuple[tuple[str, str], ...] = ()  # id and name
    waiting_since: int | None = None
    snoozed_until: int | None = None
    read: bool = False
    parts: tuple[Part, ...] = ()


class Shelf(Generic[T]):
    """Things by id, with every version of each: search shows them as they were a while ago."""

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[datetime, T | None]]] = {}

    def put(self, id: str, thing: T | None, at: datetime) -> None:
        """Keep a new version; None: it is gone."""
        self._versions.setdefault(id, []).append((at, thing))

    def get(self, id: str) -> T | None:
        return self._versions[id][-1][1] if id in self._versions else None

    def all(self) -> Sequence[T]:
        return [thing for versions in self._versions.values() if (thing := versions[-1][1]) is not None]

    def gone(self) -> Sequence[str]:
        return [name for name, versions in self._versions.items() if versions[-1][1] is None]

    def as_of(self, at: datetime) -> Sequence[T]:
        shown = (next((it for since, it in reversed(mine) if since <= at), None) for mine in self._versions.values())
        return [thing for thing in shown if thing is not None]


class Workspace:
    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.contacts: Shelf[Contact] = Shelf()
        self.conversations: Shelf[Conversation] = Shelf()
        self.admins: dict[str, Admin] = {OWN_ADMIN.id: OWN_ADMIN}
        self._tags: dict[str, str] = {}
        self._numbers = count(1)

    def change_admin(self, id: str, given: Mapping[str, Any]) -> Admin:
        self.admins[id] = replace(self.admins.get(id, Admin(id)), **given)
        return self.admins[id]

    def change_contact(self, id: str, given: Mapping[str, Any], at: datetime) -> Contact:
        """Make a contact, or change what is given of one."""
        now = epoch(at)
        contact = self.contacts.get(id) or Contact(id, now, now)
        contact = replace(contact, **{"updated_at": now, **given})
        self.contacts.put(id, contact, at)
        return contact

    def change_conversation(self, id: str, given: Mapping[str, Any], at: datetime) -> Conversation:
        """Make a conversation, or change what is given of one; `tags` are names. It is its first contact's own."""
        now = epoch(at)
        values = {"updated_at": now, **given}
        if "tags" in given:
            values["tags"] = tuple((self._tag(name), name) for name in given["tags"])
        conversation = self.conversations.get(id)
        if conversation is None:
            first = next(iter(given.get("contact_ids", ())), "")
            conversation = Conversation(id, now, now, self._source(self.contacts.get(first)))
        values["source"] = _merged(conversation.source, given.get("source", {}))
        conversation = replace(conversation, **values)
        self.conversations.put(id, conversation, at)
        return conversation

    def add_part(self, conversation: Conversation, part: Part, at: datetime, **changes: Any) -> Conversation:  # noqa: ANN401
        """Go on with a conversation; the part gets its id here."""
        part = replace(part, id=str(next(self._numbers)))
        parts = (*conversation.parts, part)
        conversation = replace(conversation, parts=parts, updated_at=epoch(at), **changes)
        self.conversations.put(conversation.id, conversation, at)
        return conversation

    def wake(self, at: datetime) -> None:
        """Open what was snoozed until now or earlier, as of then."""
        for it in self.conversations.all():
            if it.state == "snoozed" and it.snoozed_until is not None and it.snoozed_until <= epoch(at):
                since = max(it.snoozed_until, it.updated_at)
                part = Part("", "timer_unsnooze", {**OWN_ADMIN.as_author, "type": "bot"}, since)
                self.add_part(it, part, datetime.fromtimestamp(since, UTC), state="open", snoozed_until=None)

    def _tag(self, name: str) -> str:
        return self._tags.setdefault(name, str(len(self._tags) + 1))

    def _source(self, contact: Contact | None) -> dict[str, Any]:
        unknown = {"id": None, "type": "lead", "name": None, "email": ""}
        return {
            "type": "conversation",
            "id": str(next(self._numbers)),
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": "",
            "author": contact.as_author if contact else unknown,
            "attachments": [],
            "url": None,
            "redacted": False,
        }


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def _merged(source: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, **given, "author": {**source["author"], **given.get("author", {})}}
