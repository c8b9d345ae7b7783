"""Intercom's notifications in the words of the domain, in every version that a workspace can be set to send."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from growth.api.webhooks.told import Told, ToldT, moment, needed, part, parts, text
from growth.domain.conversations.entities.conversations import ContactId, Conversation, ConversationId, State
from growth.domain.conversations.entities.notifications import Notification, Replier
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.inbox import Unreadable
from growth.domain.kernel.person import BadEmail, Email, parse_email
from growth.settings import Settings

_REPLIERS: Final[Mapping[str | None, Replier]] = {
    "conversation.user.replied": Replier.USER,
    "conversation.admin.replied": Replier.ADMIN,
}
_CONTACTS: Final = {"user", "lead", "contact"}  # the types of those who are not of ours
_READ: Final = {
    *("topic", "app_id", "data", "item", "type", "id", "created_at", "updated_at", "open", "state", "tags"),
    *("contacts", "user", "email", "source", "conversation_message", "conversation_parts", "author"),
    *("team_assignee_id", "admin_assignee_id", "assignee"),
}


def app_ids_of(settings: Settings) -> Mapping[str, Country]:
    """Return the country of each workspace that is set."""
    return {it.app_id: Country(code) for code, it in settings.intercom.items() if it.app_id}


def country_of(body: Told, app_ids: Mapping[str, Country]) -> Country | None:
    app_id = body.get("app_id")
    return app_ids.get(app_id) if isinstance(app_id, str) else None


def kept(body: Told) -> dict[str, object]:
    """Return a notification as it is stored: what is read of it, and nothing of what people said."""
    return {key: it if key == "tags" else _kept(it) for key, it in body.items() if key in _READ}


def _kept(value: object) -> object:
    if isinstance(value, list):
        return [_kept(it) for it in value]
    return kept(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True, slots=True)
class NotificationReader:
    """Reads notifications of the workspaces with these ids.

    What is misshapen counts as not told, so that the helpdesk is asked; but a reply names its conversation.
    """

    app_ids: Mapping[str, Country]

    def __call__(self, body: Told) -> Notification:
        replier = _REPLIERS.get(_of(text, body, "topic"))
        told = _of(part, _within(body, "data"), "item")
        item = told or {}
        id_ = _id(item, "id")
        if replier:
            needed(told, "data.item")
            needed(id_, "data.item.id")
        is_one = replier or _of(text, item, "type") == "conversation"
        conversation = _conversation(item, id_) if is_one and id_ else None
        return Notification(
            country=country_of(body, self.app_ids),
            replier=replier,
            conversation=conversation,
            whole=conversation is not None and _is_whole(item),
            at=_of(moment, body, "created_at"),
        )


def _conversation(item: Told, id_: str) -> Conversation:
    admin = _id(item, "admin_assignee_id") or _assignee(item, "admin")
    contacts = [*_each(item, "contacts"), _within(item, "user")]
    return Conversation(
        id=ConversationId(id_),
        state=State.told(_of(text, item, "state"), is_open=item.get("open")),
        created_at=_of(moment, item, "created_at"),
        updated_at=_of(moment, item, "updated_at"),
        contact_ids=tuple(dict.fromkeys(ContactId(found) for it in contacts if (found := _id(it, "id")))),
        email=next(filter(None, map(_email, _addresses(item))), None),
        team_id=_id(item, "team_assignee_id") or _assignee(item, "team"),
        admin_id=AdminId(admin) if admin else None,
        tags=frozenset(name for tag in _each(item, "tags") if (name := _of(text, tag, "name"))),
    )


def _assignee(item: Told, kind: str) -> str | None:
    """Return to whom it is assigned, where that is of this kind: before version 2.0 there was only one."""
    assignee = _within(item, "assignee")
    return _id(assignee, "id") if _of(text, assignee, "type") == kind else None


def _is_whole(item: Told) -> bool:
    team = item.get("team_assignee_id")
    team_told = "team_assignee_id" in item and (team is None or isinstance(team, int | str))
    # A team or nobody; but to an admin it may have been assigned in a team's inbox.
    team_told = team_told or _of(text, _within(item, "assignee"), "type") not in {None, "admin"}
    return team_told and next(_addresses(item), None) is not None and isinstance(item.get("tags"), Mapping)


def _addresses(item: Told) -> Iterator[str]:
    """Return what is told as the contact's address; for somebody who has none that is a blank."""
    spoken = [_within(item, "source"), _within(item, "conversation_message"), *_each(item, "conversation_parts")]
    authors = [_within(it, "author") for it in spoken]
    contacts = [it for it in authors if _of(text, it, "type") in _CONTACTS]
    for person in (*_each(item, "contacts"), _within(item, "user"), *contacts):
        if isinstance(person.get("email"), str):
            yield _of(text, person, "email") or ""


def _email(address: str) -> Email | None:
    try:
        return parse_email(address)
    except BadEmail:  # `unknown` too
        return None


def _id(holder: Told, key: str) -> str | None:
    """Return an id, be it told as a number or as a text; zero is nobody's."""
    value = holder.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = _of(text, {key: value}, key)
    return None if found == "0" else found


def _within(holder: Told, key: str) -> Told:
    return _of(part, holder, key) or {}


def _each(item: Told, key: str) -> Sequence[Told]:
    """Return the members of a list, which is in an object of the same name."""
    return _of(parts, _within(item, key), key) or ()


def _of(read: Callable[[Told, str], ToldT | None], holder: Told, key: str) -> ToldT | None:
    try:
        return read(holder, key)
    except Unreadable:
        return None
