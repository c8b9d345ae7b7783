"""Customer.io's reporting events in the words of the domain."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from growth.api.webhooks.told import Told, moment, needed, part, text
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.inbox import Unreadable
from growth.domain.kernel.person import BadEmail, Email, parse_email
from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.entities.mail_news import (
    Addressee,
    MailNews,
    MailSeen,
    MailsUnwanted,
    MailUndelivered,
    NoNews,
)

_LONGEST_URL = 2_048
# A link to unsubscribe holds the token that does it.
_TOKENS = re.compile(r"(/unsubscribe)/.*", re.IGNORECASE)
_BY_MACHINE = ("machine", "proxied", "prefetched", "synthetic")
_WHOLE_MAIL: Final = {"content", "headers"}
_SEEN: Final[Mapping[str, EventName]] = {
    "sent": EventName.NURTURING_MAIL_SENT,
    "opened": EventName.NURTURING_MAIL_READ,
    "clicked": EventName.NURTURING_MAIL_CLICKED,
}
_SOURCES = ("campaign_id", "broadcast_id", "newsletter_id")
_TEMPLATES = ("template_id", "content_id", "action_id")


def topic_of(event: Told) -> str:
    """Return `email.opened` and the like: the vendor has no one name for it."""
    kind = text(event, "object_type") or text(event, "object_type_type")  # as its description spells it once
    return f"{needed(kind, 'object_type')}.{needed(text(event, 'metric'), 'metric')}"


def kept(event: Told) -> dict[str, object]:
    """Return the event as it is stored: without the mail itself, and links without what they carry."""
    data = event.get("data")
    if not isinstance(data, Mapping):
        return dict(event)
    rest = {name: value for name, value in data.items() if name not in _WHOLE_MAIL}
    if isinstance(href := rest.get("href"), str):
        rest["href"] = _bare(href)
    return {**event, "data": rest}


def read_mail_news(event: Told) -> MailNews:
    """Return what a decoded event tells. Raises `Unreadable`."""
    read = _READERS.get(topic_of(event))
    return NoNews("unknown_metric") if read is None else read(event)


def _seen(event: Told) -> MailNews:
    data, metric = _data(event), needed(text(event, "metric"), "metric")
    if any(data.get(name) for name in _BY_MACHINE):
        return NoNews("machine")
    properties = {
        "campaign_id": needed(_first(data, _SOURCES), "campaign_id"),
        "template_id": _first(data, _TEMPLATES),
        "delivery_id": needed(text(data, "delivery_id"), "delivery_id"),
        "link": _link(data) if metric == "clicked" else None,
    }
    told = {name: value for name, value in properties.items() if value is not None}
    return MailSeen(_addressee(data), _SEEN[metric], told, moment(event, "timestamp"))


def _unwanted(event: Told) -> MailNews:
    by = _addressee(_data(event))
    return MailsUnwanted(by) if by.email or by.prospect_id else NoNews("names_nobody")


def _undelivered(event: Told) -> MailNews:
    return MailUndelivered(f"mail_{event['metric']}")


def _expected(_event: Told) -> MailNews:
    return NoNews("not_acted_on")


def _data(event: Told) -> Told:
    return needed(part(event, "data"), "data")


def _addressee(data: Told) -> Addressee:
    named = part(data, "identifiers") or {}
    id_ = text(named, "id") or text(data, "customer_id")
    email = text(data, "recipient") or text(data, "email_address") or text(named, "email")
    return Addressee(_ours(id_), _email(email) if email else None)


def _ours(id_: str | None) -> ProspectId | None:
    """Return an id of the vendor's where it can be one of ours: users have others, deleted people a blank one."""
    try:
        return ProspectId(UUID(id_)) if id_ else None
    except ValueError:
        return None


def _email(raw: str) -> Email:
    try:
        return parse_email(raw)
    except BadEmail:
        raise Unreadable("the address is none") from None


def _first(data: Told, names: tuple[str, ...]) -> str | int | None:
    """Return the first of these ids that is told, a number or a text."""
    for name in names:
        value = data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if found := text(data, name):
            return found
    return None


def _link(data: Told) -> str | None:
    href = text(data, "href", _LONGEST_URL)
    return _bare(href) if href else None


def _bare(href: str) -> str:
    """Return a link without its query, fragment, credentials, and the token of a link to unsubscribe."""
    try:
        parts = urlsplit(href)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    path = _TOKENS.sub(r"\1", parts.path)
    return f"{parts.scheme}://{host}{path}"


_READERS: Mapping[str, Callable[[Told], MailNews]] = {
    **{f"email.{metric}": _seen for metric in _SEEN},
    **{f"email.{metric}": _undelivered for metric in ("bounced", "dropped", "failed", "undeliverable")},
    **{f"email.{metric}": _expected for metric in ("drafted", "attempted", "delivered", "converted")},
    **{f"customer.{metric}": _expected for metric in ("subscribed", "cio_subscription_preferences_changed")},
    "email.unsubscribed": _unwanted,
    "email.spammed": _unwanted,
    "customer.unsubscribed": _unwanted,
}
