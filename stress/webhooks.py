"""Webhooks, signed as Stripe does and as Standard Webhooks say; some are delivered twice, as senders do."""

import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from standardwebhooks import Webhook

from benchmarks.client import signed
from stress.exchanges import Request, as_json
from stress.people import People

_AGAIN, _REMEMBERED = 0.1, 500
_REFUSAL = (401, "bad-signature")
STRIPE_PATH, PARTNER_PATH = "/webhooks/stripe", "/webhooks/partners/{}"


class Deliveries:
    """Chooses between a new delivery and an earlier one again (the same id); a bad one has a wrong signature."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._delivered = deque[tuple[str, bytes]](maxlen=_REMEMBERED)

    def next(self) -> Request:
        if self._delivered and self._chance.random() < _AGAIN:
            known = self._signed(*self._chance.choice(self._delivered))
            return replace(known, name=f"{known.name} again")
        id_, content = self._new()
        return replace(self._signed(id_, content), then=lambda _: self._delivered.append((id_, content)))

    def bad(self) -> Request:
        return replace(self._signed(*self._new(), right=False), refusal=_REFUSAL)

    def _new(self) -> tuple[str, bytes]:
        """Return id and body of an event that nobody has heard of."""
        raise NotImplementedError

    def _signed(self, id_: str, content: bytes, *, right: bool = True) -> Request:
        raise NotImplementedError


class Stripe(Deliveries):
    """First payments of those who were invited, and what else Stripe tells. In test mode: production ignores it."""

    def __init__(self, people: People, payers: deque[str], secret: str, chance: Random) -> None:
        super().__init__(chance)
        self._tag, self._payers, self._secret, self._number = people.tag, payers, secret, 0

    def _new(self) -> tuple[str, bytes]:
        self._number += 1
        id_ = f"evt_{self._tag}-{self._number}"
        payer = self._payers.popleft() if self._payers else None
        topic = "invoice.paid" if payer else self._chance.choice(("charge.succeeded", "customer.updated"))
        event = {"id": id_, "object": "event", "type": topic, "livemode": False, "created": int(time.time())}
        return id_, as_json(event | {"data": {"object": self._thing(topic, payer)}})

    def _thing(self, topic: str, payer: str | None) -> dict[str, Any]:
        if topic == "invoice.paid":
            paid = {"object": "invoice", "status": "paid", "amount_paid": 4_900, "currency": "eur", "customer": payer}
            return paid | {"id": f"in_{self._tag}-{self._number}"}
        customer = f"cus_{self._tag}-nobody"
        if topic == "charge.succeeded":
            return {"id": f"ch_{self._tag}-{self._number}", "object": "charge", "customer": customer, "amount": 4_900}
        return {"id": customer, "object": "customer"}

    def _signed(self, id_: str, content: bytes, *, right: bool = True) -> Request:  # noqa: ARG002 - it is in the body
        header = signed(content, self._secret if right else "whsec_wrong")
        return Request("webhooks: stripe", "POST", STRIPE_PATH, content, {"stripe-signature": header})


class Partner(Deliveries):
    """Leads that a partner tells of. `secret`: `whsec_…`, as Standard Webhooks write it."""

    def __init__(self, people: People, name: str, secret: str, chance: Random) -> None:
        super().__init__(chance)
        self._people, self._name, self._webhook, self._number = people, name, Webhook(secret), 0

    def _new(self) -> tuple[str, bytes]:
        self._number += 1
        person = self._people.newcomer()
        lead = {"email": self._people.email(person), "phone": self._people.phone(person), "country_code": "FR"}
        event = {"type": "lead.created", "timestamp": datetime.now(UTC).isoformat(), "data": lead}
        return f"msg_{self._people.tag}-{self._number}", as_json(event)

    def _signed(self, id_: str, content: bytes, *, right: bool = True) -> Request:
        now = datetime.now(UTC)
        signature = self._webhook.sign(id_, now, content.decode() if right else "{}")
        headers = {"webhook-id": id_, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        return Request(f"webhooks: {self._name}", "POST", PARTNER_PATH.format(self._name), content, headers)
