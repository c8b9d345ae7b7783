"""What the mailer is told of people, and the messages that have it told.

The messages hold ids only: who the person is, and whether she wants mails, is read when they are delivered.
"""

from collections.abc import Mapping

from growth.domain.kernel.customers import User
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.person import Prospect
from growth.domain.prospects.entities.requests import SalesRequest

_VENDOR = "customerio"


def person_to_tell(id: ProspectId, message_id: MessageId) -> Message:
    """Return the message that has the mailer told of a prospect as she is then, new or changed or unsubscribed."""
    return _message("person", message_id, f"prospect:{id}", {"prospect_id": str(id)})


def user_to_tell(id: UserId, message_id: MessageId) -> Message:
    """Return the message that has the mailer told whether a user wants mails."""
    return _message("user", message_id, f"user:{id}", {"user_id": id})


def request_to_track(request: SalesRequest, message_id: MessageId) -> Message:
    """Return the message that has the mailer told of a request, behind what it is told of the person."""
    payload = {"prospect_id": str(request.prospect_id), "request_id": str(request.id)}
    return _message("event", message_id, f"prospect:{request.prospect_id}", payload)


def unsuppression(id: ProspectId, message_id: MessageId) -> Message:
    """Return the message that lets somebody who came back be known to the mailer; to be written before others."""
    return _message("unsuppress", message_id, f"prospect:{id}", {"prospect_id": str(id)})


def _message(what: str, id: MessageId, subject: str, payload: Mapping[str, object]) -> Message:
    return Message(id=id, vendor=_VENDOR, kind=f"{_VENDOR}.{what}", subject=subject, payload=payload)


OPTED_OUT: Mapping[str, object] = {"unsubscribed": True}


def attributes_of(prospect: Prospect, unsubscribe_url: str) -> dict[str, object]:
    """Return what is known of a prospect. That she wants mails is never said.

    She may have unsubscribed at the mailer, and its webhook still be on its way: `unsubscribed: False` would undo that.
    """
    known = {
        "email": prospect.email,
        "created_at": prospect.created_at,
        "country": prospect.country_code,
        "first_name": prospect.first_name,
        "last_name": prospect.last_name,
        "phone": prospect.phone if prospect.phone_valid else None,
        "company_id": prospect.company_id,
        "user_id": prospect.user_id,
        "unsubscribe_url": unsubscribe_url,
    }
    opted_out = {} if prospect.has_opted_in_to_commercial_emails else OPTED_OUT
    return {**{name: value for name, value in known.items() if value}, **opted_out}


def wish_of(user: User) -> dict[str, object]:
    """Return what is known of a user's wish, in the main application's own words; nothing where it did not say."""
    wants = user.has_opted_in_to_commercial_emails
    return {} if wants is None else {"unsubscribed": not wants}
