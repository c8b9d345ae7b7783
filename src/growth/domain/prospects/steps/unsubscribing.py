"""Having no more commercial mails sent to somebody, and telling those who send them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.ids import NewId, ProspectId, UserId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.person import Email
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.unsubscribing import Subscribers

_VENDOR = "customerio"
_PARTNER_EVENT = "partner.event"
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
        payload = {"prospect_id": str(id)}
        await tx.outbox.add(self._message(_VENDOR, "customerio.person", f"prospect:{id}", payload))
        return True

    async def user(self, tx: ProspectsTx, id: UserId, now: datetime) -> bool:
        """Unsubscribe a user and publish it; False when that was so already."""
        if not await tx.readers.opt_out_user(id):
            return False
        at = now.isoformat().replace("+00:00", "Z")
        body = {"type": _UNSUBSCRIBED, "timestamp": at, "data": {"user_id": id}}
        news = [
            self._message(f"partner.{name}", _PARTNER_EVENT, f"user:{id}:{name}", {"subscriber": name, "body": body})
            for name in self.subscribers.subscribers(None)
        ]
        await tx.outbox.add(self._message(_VENDOR, "customerio.user", f"user:{id}", {"user_id": id}), *news)
        return True

    def _message(self, vendor: str, kind: str, subject: str, payload: Mapping[str, object]) -> Message:
        return Message(MessageId(self.new_id()), vendor, kind, subject, payload)
