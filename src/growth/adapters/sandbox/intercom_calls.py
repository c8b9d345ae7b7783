"""What the calls to the sandbox of Intercom do, each to the workspace of its token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from growth.adapters.sandbox.intercom_desk import Admin, Contact, Conversation, Part, Workspace, epoch
from growth.adapters.sandbox.intercom_wire import (
    CHANGE,
    REPLY,
    AdminReply,
    Assign,
    Close,
    ContactReply,
    Open,
    Refused,
    Shape,
    Snooze,
    admin_shape,
    contact_shape,
    conversation_shape,
    html,
    read,
    reference_shape,
)


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is what the path names; `body` is decoded JSON."""

    workspace: Workspace
    id: str
    body: Any
    at: datetime

    def contact(self) -> Contact:
        contact = self.workspace.contacts.get(self.id)
        if contact is None:
            raise Refused(404, "not_found", "User Not Found")
        return contact

    def conversation(self) -> Conversation:
        conversation = self.workspace.conversations.get(self.id)
        if conversation is None:
            raise Refused(404, "not_found", "Resource Not Found")
        return conversation

    def author(self, id: str) -> Admin:
        if id not in self.workspace.admins:
            raise Refused(404, "admin_not_found", "Admin for admin_id not found")
        return self.workspace.admins[id]


def nothing_here(_: Call) -> Shape:
    raise Refused(404, "not_found", "The requested resource was not found")


def admins(call: Call) -> Shape:
    return {"type": "admin.list", "admins": [admin_shape(it) for it in call.workspace.admins.values()]}


def admin(call: Call) -> Shape:
    if call.id not in call.workspace.admins:
        raise Refused(404, "admin_not_found", "Admin not found")
    return admin_shape(call.workspace.admins[call.id])


def contact(call: Call) -> Shape:
    return contact_shape(call.workspace, call.contact())


def delete_contact(call: Call) -> Shape:
    """Delete a contact; the conversations stay, with the address of their author in them."""
    shape = reference_shape(call.workspace, call.contact().id)
    call.workspace.contacts.put(call.id, None, call.at)
    return shape | {"deleted": True}


def conversation(call: Call) -> Shape:
    return conversation_shape(call.workspace, call.conversation())


def reply(call: Call) -> Shape:
    """Add a note or a comment. A contact's comment opens the conversation, all else leaves the state as it is."""
    wanted = read(REPLY, call.body)
    before = call.conversation()
    since = wanted.created_at or epoch(call.at)
    after = (
        _said(call, before, wanted, since) if isinstance(wanted, AdminReply) else _heard(call, before, wanted, since)
    )
    return conversation_shape(call.workspace, after)


def _said(call: Call, before: Conversation, wanted: AdminReply, since: int) -> Conversation:
    author = call.author(wanted.admin_id).as_author
    changes = {"waiting_since": None} if wanted.message_type == "comment" else {}
    return call.workspace.add_part(
        before, Part("", wanted.message_type, author, since, html(wanted.body)), call.at, **changes
    )


def _heard(call: Call, before: Conversation, wanted: ContactReply, since: int) -> Conversation:
    known = (it for one in before.contact_ids if (it := call.workspace.contacts.get(one)) is not None)
    who = next((it for it in known if wanted.names(it)), None)
    if who is None:
        raise Refused(404, "not_found", "User Not Found")
    kind = "comment" if before.state == "open" else "open"
    return call.workspace.add_part(
        before,
        Part("", kind, who.as_author, since, html(wanted.body)),
        call.at,
        state="open",
        snoozed_until=None,
        waiting_since=before.waiting_since or since,
    )


def change(call: Call) -> Shape:
    """Close, open, snooze or assign. What is assigned when it is not open is opened by that."""
    wanted = read(CHANGE, call.body)
    before, author = call.conversation(), call.author(wanted.admin_id)
    kind: str = wanted.message_type
    changes: dict[str, Any] = {"snoozed_until": None}
    assigned_to = None
    match wanted:
        case Close():
            changes |= {"state": "closed", "waiting_since": None}
        case Open():
            changes |= {"state": "open"}
        case Snooze():
            changes |= {"state": "snoozed", "snoozed_until": wanted.snoozed_until}
        case Assign():
            if wanted.type == "admin" and int(wanted.assignee_id):
                call.author(wanted.assignee_id)
            assigned_to = {"type": wanted.type, "id": wanted.assignee_id}
            kind = "assignment" if before.state == "open" else "assign_and_reopen"
            changes |= {"state": "open", f"{wanted.type}_assignee_id": int(wanted.assignee_id)}
    said = html(wanted.body) if isinstance(wanted, Close | Assign) else None
    part = Part("", kind, author.as_author, epoch(call.at), said, assigned_to)
    return conversation_shape(call.workspace, call.workspace.add_part(before, part, call.at, **changes))
