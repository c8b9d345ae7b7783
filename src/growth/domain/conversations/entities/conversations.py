"""Conversations as the helpdesk has them. What was said in them is never in here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from growth.domain.kernel.errors import NotFound
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.person import Email

ConversationId = NewType("ConversationId", str)
ContactId = NewType("ContactId", str)  # the helpdesk's name for somebody who writes to us


class State(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"  # it will be open again by itself
    CLOSED = "closed"

    @classmethod
    def told(cls, word: object, *, is_open: object) -> "State":
        """Return the state of that name; where there is none (yet), what the helpdesk's older switch says."""
        by_switch = cls.CLOSED if is_open is False else cls.OPEN
        return next((state for state in cls if state == word), by_switch)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it was when the helpdesk told of it.

    `email`: its contact's, where it was told. `team_id`, `admin_id`: to whom it is assigned. `tags`: their names.
    """

    id: ConversationId
    state: State
    created_at: datetime | None
    updated_at: datetime | None
    contact_ids: tuple[ContactId, ...]
    email: Email | None
    team_id: str | None
    admin_id: AdminId | None
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody as the helpdesk knows her. `external_id`: the id that the main application gave her."""

    id: ContactId
    email: Email | None
    phone: str | None
    external_id: str | None


class UnknownConversation(NotFound):
    """The helpdesk has no such conversation."""

    code = "unknown-conversation"

    def __init__(self) -> None:
        super().__init__("Look the id up in the country's workspace: it is the number at the end of its address.")
