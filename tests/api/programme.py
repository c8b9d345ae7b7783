"""The referral programme over its API: users, invitations, and what Stripe tells, signed as Stripe signs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from time import time
from uuid import uuid4

from stripe import WebhookSignature
from tests.api.conftest import ADMIN, OPS, SERVICE

RESOURCES = json.loads((Path(__file__).parents[1] / "data/webhooks/stripe/fixtures3.json").read_text())["resources"]
SECRET = "whsec_test"


class Programme:
    def __init__(self, service):
        self.service, self.ask = service, service.ask

    async def user(self, name, country="FR", **told):
        body = {"email": f"{name}@example.org", "country_code": country, "full_name": f"{name.title()} Example"}
        body |= {"stripe_customer_id": f"cus_{name}"} | told
        return await self.ask("PUT", f"/v1/users/{name}", body, role=SERVICE)

    async def profile(self, name):
        return await self.ask("GET", f"/v1/referral-profiles/{name}", role=SERVICE)

    async def invite(self, referring, referred, *, status=201):
        code = (await self.profile(referring))["referral_code"]
        body = {"referred_user_id": referred, "referral_code": code}
        return await self.ask("POST", "/v1/referrals", body, role=SERVICE, status=status)

    async def pair(self, referring="rita", referred="bob", **told):
        """Two users, one invited by the other; return the referral's id."""
        await self.user(referring, **told)
        await self.user(referred, **told)
        return (await self.invite(referring, referred))["referral_id"]

    async def contract(self, ref, user, country="FR", **told):
        body = {"user_id": user, "country_code": country, "reward_type": "company", "start_date": "2026-01-01"} | told
        return await self.ask("PUT", f"/v1/contracts/{ref}", body, role=SERVICE)

    async def tell(self, event, *, status=200):
        content, header = signed(event)
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        answer = await self.service.client.post("/webhooks/stripe", content=content, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def now(self):
        return datetime.fromisoformat((await self.ask("GET", "/test/clock", role=ADMIN))["now"])

    async def move(self, delta):
        moved = (await self.now()) + delta
        await self.ask("PUT", "/test/clock", {"now": moved.isoformat()}, role=ADMIN)

    async def pay(self, name, number=1, **changes):
        return await self.tell(paid(name, number, at=await self.now(), **changes))

    async def referral(self, id):
        return await self.ask("GET", f"/v1/referrals/{id}", role=OPS)

    async def entries(self, id):
        return (await self.ask("GET", f"/v1/referrals/{id}/ledger", role=OPS))["entries"]

    async def days(self, name):
        """The days that a user's accounts have, by what the account is for."""
        sums = {}
        for entry in (await self.ask("GET", f"/v1/credits/{name}", role=ADMIN))["entries"]:
            kind = entry["account"].split(":")[0]
            sums[kind] = sums.get(kind, 0) + entry["amount"]
        return {kind: amount for kind, amount in sums.items() if amount}

    async def left(self, name):
        return (await self.ask("GET", f"/v1/credits/{name}", role=ADMIN))["days_left"]

    async def proved(self):
        found = await self.ask("GET", "/v1/ledger/check", role=ADMIN)
        assert found["ok"], found
        broken = await self.ask("GET", "/v1/invariants", role=OPS)
        assert not {name: ids for name, ids in broken.items() if ids}, broken


def event(type, object, at=None, id=None):
    created = int((at or datetime.now(UTC)).timestamp())
    return RESOURCES["event"] | {
        "id": id or f"evt_{uuid4().hex}",
        "type": type,
        "created": created,
        "data": {"object": object},
    }


def paid(name, number=1, at=None, id=None, **changes):
    """An invoice of a subscription was paid, as endpoints of today hear of it."""
    stamp = int((at or datetime.now(UTC)).timestamp())
    details = {"subscription": f"sub_{name}", "metadata": {}}
    invoice = RESOURCES["invoice"] | {
        "id": f"in_{name}_{number}",
        "status": "paid",
        "amount_paid": 4_900,
        "currency": "eur",
        "billing_reason": "subscription_create",
        "customer": f"cus_{name}",
        "parent": {"type": "subscription_details", "subscription_details": details},
        "status_transitions": {"paid_at": stamp},
    }
    return event("invoice.paid", invoice | changes, at, id)


def linked(name, number=1, at=None):
    payment = {"type": "payment_intent", "payment_intent": f"pi_{name}_{number}"}
    told = {"id": f"inpay_{name}_{number}", "invoice": f"in_{name}_{number}", "payment": payment, "status": "paid"}
    return event("invoice_payment.paid", RESOURCES["invoice_payment"] | told, at)


def refunded(name, number=1, at=None, amount=4_900, **changes):
    """A charge of the invoice is refunded up to this amount."""
    charge = RESOURCES["charge"] | {
        "id": f"ch_{name}_{number}",
        "payment_intent": f"pi_{name}_{number}",
        "amount": 4_900,
        "amount_refunded": amount,
        "refunded": amount == 4_900,
        "customer": f"cus_{name}",
    }
    charge["payment_method_details"] = {"type": "card", "card": {"fingerprint": f"fp_{name}"}}
    return event("charge.refunded", charge | changes, at)


def refund(name, number=1, *, at=None, status="succeeded", amount=4_900, type="refund.created"):
    created = int((at or datetime.now(UTC)).timestamp())
    told = {
        "id": f"re_{name}_{number}",
        "charge": f"ch_{name}_{number}",
        "payment_intent": f"pi_{name}_{number}",
        "amount": amount,
        "status": status,
        "created": created,
    }
    return event(type, RESOURCES["refund"] | told, at)


def dispute(name, number=1, at=None, status="needs_response", type="charge.dispute.created"):
    told = {
        "id": f"dp_{name}_{number}",
        "charge": f"ch_{name}_{number}",
        "payment_intent": f"pi_{name}_{number}",
        "amount": 4_900,
        "status": status,
    }
    return event(type, RESOURCES["dispute"] | told, at)


def signed(event, secret=SECRET):
    content = json.dumps(event).encode()
    return content, WebhookSignature.generate_signature_header(content.decode(), secret, timestamp=int(time()))
