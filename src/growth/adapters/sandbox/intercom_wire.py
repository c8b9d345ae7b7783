"""What goes over the wire to and from the sandbox of Intercom: bodies, shapes, refusals."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from growth.adapters.sandbox.intercom_desk import Admin, Contact, Conversation, Part, Workspace

_MOST_PARTS = 500
_NOT_KEPT = re.compile(r"<!--.*?-->|</?(?:html|body)\b[^>]*>", re.DOTALL | re.IGNORECASE)

Shape = dict[str, Any]
T = TypeVar("T")


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message} | ({"field": field} if field else {})


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class AdminReply(_Body):
    message_type: Literal["note", "comment"]
    type: Literal["admin"]
    admin_id: str
    body: str = Field(min_length=1)
    created_at: int = 0


class ContactReply(_Body):
    """The contact is named in exactly one of three ways."""

    message_type: Literal["comment"]
    type: Literal["user"]
    body: str = Field(min_length=1)
    created_at: int = 0
    intercom_user_id: str | None = None
    user_id: str | None = None
    email: str | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if [self.intercom_user_id, self.user_id, self.email].count(None) != 2:  # noqa: PLR2004
            raise ValueError("name the contact by exactly one of intercom_user_id, user_id and email")
        return self

    def names(self, contact: Contact) -> bool:
        asked = {"id": self.intercom_user_id, "external_id": self.user_id, "email": self.email}
        return any(value is not None and getattr(contact, name) == value for name, value in asked.items())


class Close(_Body):
    message_type: Literal["close"]
    type: Literal["admin"]
    admin_id: str
    body: str = ""


class Open(_Body):
    message_type: Literal["open"]
    admin_id: str


class Snooze(_Body):
    message_type: Literal["snoozed"]
    admin_id: str
    snoozed_until: int


class Assign(_Body):
    """`assignee_id` "0": to nobody of that type."""

    message_type: Literal["assignment"]
    type: Literal["admin", "team"]
    admin_id: str
    assignee_id: str = Field(pattern=r"^\d+$")
    body: str = ""


REPLY: Final[TypeAdapter[AdminReply | ContactReply]] = TypeAdapter(
    Annotated[AdminReply | ContactReply, Field(discriminator="type")]
)
CHANGE: Final[TypeAdapter[Close | Open | Snooze | Assign]] = TypeAdapter(
    Annotated[Close | Open | Snooze | Assign, Field(discriminator="message_type")]
)


def read(kind: TypeAdapter[T], body: object) -> T:
    """Return the body that it is; what misses or has the wrong type is refused."""
    try:
        return kind.validate_python(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        undecided = first.get("ctx", {}).get("discriminator", "").strip("'")
        name = undecided or (str(first["loc"][-1]) if first["loc"] else None)
        if first["type"] in ("missing", "union_tag_not_found"):
            raise Refused(400, "parameter_not_found", f"{name} is a required parameter", name) from None
        raise Refused(422, "parameter_invalid", first["msg"], name) from None


def html(body: str) -> str | None:
    """Return a body as it is kept: in a paragraph unless it has tags, without comments."""
    kept = _NOT_KEPT.sub("", body).strip()
    return (kept if kept.startswith("<") else f"<p>{kept}</p>") if kept else None


def admin_shape(admin: Admin) -> Shape:
    return {
        "type": "admin",
        "id": admin.id,
        "name": admin.name,
        "email": admin.email,
        "away_mode_enabled": admin.away_mode_enabled,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "away_status_reason_id": None,
        "team_ids": list(admin.team_ids),
    }


def contact_shape(workspace: Workspace, contact: Contact) -> Shape:
    never = ("signed_up_at", "last_seen_at", "last_replied_at", "last_contacted_at", "owner_id", "avatar")
    unmet = ("has_hard_bounced", "marked_email_as_spam", "unsubscribed_from_emails")
    below = {"type": "list", "data": [], "total_count": 0, "has_more": False}
    return {
        "type": "contact",
        "id": contact.id,
        "external_id": contact.external_id,
        "workspace_id": workspace.app_id,
        "role": contact.role,
        "email": contact.email,
        "email_domain": contact.email.rpartition("@")[2] if contact.email else None,
        "phone": contact.phone,
        "name": contact.name,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "custom_attributes": dict(contact.custom_attributes),
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
        **dict.fromkeys(never),
        **dict.fromkeys(unmet, False),
        **{name: below | {"url": f"/contacts/{contact.id}/{name}"} for name in ("tags", "notes", "companies")},
    }


def reference_shape(workspace: Workspace, contact_id: str) -> Shape:
    contact = workspace.contacts.get(contact_id)
    return {"type": "contact", "id": contact_id, "external_id": contact.external_id if contact else None}


def item_shape(workspace: Workspace, conversation: Conversation) -> Shape:
    """Return a conversation as search shows it: without its parts."""
    tags = [{"type": "tag", "id": number, "name": name} for number, name in conversation.tags]
    nothing = ("first_contact_reply", "sla_applied", "statistics", "conversation_rating", "title", "ticket", "ai_agent")
    return {
        "type": "conversation",
        "id": conversation.id,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "waiting_since": conversation.waiting_since,
        "snoozed_until": conversation.snoozed_until,
        "source": dict(conversation.source),
        "contacts": {
            "type": "contact.list",
            "contacts": [reference_shape(workspace, it) for it in conversation.contact_ids],
        },
        "admin_assignee_id": conversation.admin_assignee_id,
        "team_assignee_id": conversation.team_assignee_id,
        "open": conversation.state != "closed",
        "state": conversation.state,
        "read": conversation.read,
        "tags": {"type": "tag.list", "tags": tags},
        "priority": "none",
        "teammates": _teammates(conversation),
        "custom_attributes": {},
        "topics": {},
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent_participated": False,
        **dict.fromkeys(nothing),
    }


def conversation_shape(workspace: Workspace, conversation: Conversation) -> Shape:
    parts = {
        "type": "conversation_part.list",
        "conversation_parts": [_part_shape(part) for part in conversation.parts[-_MOST_PARTS:]],
        "total_count": len(conversation.parts),
    }
    return item_shape(workspace, conversation) | {"conversation_parts": parts}


def _part_shape(part: Part) -> Shape:
    return {
        "type": "conversation_part",
        "id": part.id,
        "part_type": part.part_type,
        "body": part.body,
        **dict.fromkeys(("created_at", "updated_at", "notified_at"), part.created_at),
        "assigned_to": part.assigned_to,
        "author": dict(part.author),
        "attachments": [],
        "external_id": None,
        "redacted": False,
        "metadata": {},
        "email_message_metadata": None,
        "app_package_code": None,
    }


def _teammates(conversation: Conversation) -> Mapping[str, Any] | None:
    ids = dict.fromkeys(part.author["id"] for part in conversation.parts if part.author["type"] == "admin")
    return {"type": "admin.list", "teammates": [{"type": "admin", "id": it} for it in ids]} if ids else None
