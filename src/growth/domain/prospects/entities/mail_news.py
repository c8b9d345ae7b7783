"""What the mailer tells of its mails, in our words. Times are the mailer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.kernel.prospect_events import EventName


@dataclass(frozen=True, slots=True)
class Addressee:
    """`prospect_id`: the mailer's id of the person where it can be one of ours. `email`: where the mail went."""

    prospect_id: ProspectId | None
    email: Email | None


@dataclass(frozen=True, slots=True)
class MailSeen:
    """A mail went out, was opened or clicked, by a person and not by a machine. `at`: None where it is not told."""

    to: Addressee
    event_name: EventName
    properties: Mapping[str, object]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MailsUnwanted:
    """Somebody unsubscribed at the mailer, or called a mail spam."""

    by: Addressee


@dataclass(frozen=True, slots=True)
class MailUndelivered:
    """A mail did not arrive. `reason` is written down with the event, whose body tells more."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoNews:
    """Nothing to act on, for a reason."""

    reason: str


MailNews = MailSeen | MailsUnwanted | MailUndelivered | NoNews
