"""Having no more commercial mails sent to somebody, and telling those who send them."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import NewId, ProspectId, UserId
from growth.domain.kernel.messages import MessageId
from growth.domain.kernel.partner_events import PartnerEvent, event_to_publish
from growth.domain.kernel.person import Email
from growth.domain.prospects.business_rules.mailing import person_to_tell, user_to_tell
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.unsubscribing import Subscribers

_UNSUBSCRIBED = "user_email_unsubscribed"


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """The step, with what it needs beside its transaction. Who is unsubscribed already is told to nobody again.

    Prospects come before users, as everywhere where both are locked.
    """

    subscribers: Subscribers
    new_id: NewId

    async def without_token(self, tx: ProspectsTx, email: Email, now: datetime) -> bool:
        """Unsubscribe the prospect and the users of an address; False when nobody was still opted in.

        Only for callers who have proved that they may, as a vendor does by the signature of its webhook.
        """
        prospect = await tx.readers.prospect(email)
        users = await tx.readers.users(email)
        done = [await self.prospect(tx, prospect.prospect_id)] if prospect else []
        done += [await self.user(tx, user, now) for user in sorted(users)]
        return any(done)

    async def prospect(self, tx: ProspectsTx, id: ProspectId) -> bool:
        """Unsubscribe a prospect; False when that was so already."""
        if not await tx.readers.opt_out_prospect(id):
            return False
        await tx.outbox.add(person_to_tell(id, MessageId(self.new_id())))
        return True

    async def user(self, tx: ProspectsTx, id: UserId, now: datetime) -> bool:
        """Unsubscribe a user and publish it; False when that was so already."""
        if not await tx.readers.opt_out_user(id):
            return False
        event = PartnerEvent(_UNSUBSCRIBED, f"user:{id}", now, {"user_id": id})
        subscribers = self.subscribers.subscribers(None)
        news = [event_to_publish(event, it, MessageId(self.new_id())) for it in subscribers]
        await tx.outbox.add(user_to_tell(id, MessageId(self.new_id())), *news)
        return True
