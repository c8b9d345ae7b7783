"""Doing what a mailer's event says. It never makes a prospect: whom we do not know, or no longer, stays unknown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState
from growth.domain.kernel.person import Prospect
from growth.domain.kernel.prospect_events import OURSELVES, ProspectEvent
from growth.domain.prospects.entities.mail_news import (
    Addressee,
    MailNews,
    MailSeen,
    MailsUnwanted,
    MailUndelivered,
    NoNews,
)
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.unsubscribing import Unsubscribing

_UNKNOWN: Heard = (InboxState.IGNORED, "unknown_person")
_AHEAD = timedelta(days=1)  # that a clock may be
_A_SECOND = timedelta(seconds=1)  # the mailer's times have no smaller unit


@dataclass(frozen=True, slots=True)
class HearingMails:
    """The step, with what it needs beside its transaction."""

    unsubscribe: Unsubscribing
    new_id: NewId

    async def __call__(self, tx: ProspectsTx, event: InboxEvent, news: MailNews, now: datetime) -> Heard:
        """Act on the news; return what became of them, and why where nothing did."""
        match news:
            case MailSeen():
                return await self._seen(tx, event, news, now)
            case MailsUnwanted():
                return await self._unwanted(tx, news.by, now)
            case MailUndelivered(reason):
                return InboxState.HANDLED, reason
            case NoNews(reason):
                return InboxState.IGNORED, reason

    async def _seen(self, tx: ProspectsTx, event: InboxEvent, mail: MailSeen, now: datetime) -> Heard:
        received_at = event.received_at or now
        at = mail.at if mail.at and mail.at <= received_at + _AHEAD else received_at
        person = await _find(tx, mail.to, at)
        if person is None:
            return _UNKNOWN
        seen = ProspectEvent(
            id=self.new_id(),
            prospect_id=person.id,
            event_name=mail.event_name,
            country_code=None,
            persona_type=None,
            marketing_parameters=None,
            properties=mail.properties,
            occurred_at=at,
            received_at=now,
            caller=OURSELVES,
            message_id=f"{event.source}:{event.event_id}",
        )
        await tx.events.add([seen])
        return InboxState.HANDLED, None

    async def _unwanted(self, tx: ProspectsTx, by: Addressee, now: datetime) -> Heard:
        """Unsubscribe whom the mailer means by its id, and everybody whom the address leads to."""
        known = await tx.people.lock(by.prospect_id) if by.prospect_id else None
        emails = {email for email in (by.email, known.email if known else None) if email}
        done = [await self.unsubscribe.without_token(tx, email, now) for email in sorted(emails)]
        return (InboxState.HANDLED, None) if any(done) else (InboxState.IGNORED, "nobody_was_subscribed")


async def _find(tx: ProspectsTx, to: Addressee, at: datetime) -> Prospect | None:
    """Return, locked, whom a mail went to.

    The address leads to nobody who was not there yet: who was erased and came back has no mails of the time before.
    """
    if to.prospect_id and (person := await tx.people.lock(to.prospect_id)):
        return person
    found = await tx.people.find(to.email) if to.email else None
    if found is None or at + _A_SECOND < found.created_at:
        return None
    return await tx.people.lock(found.id)
