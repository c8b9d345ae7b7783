"""A service whose vendors forget, refuse or are down as a test wants, and one person with a canary in every field."""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

from dishka import Provider, Scope, provide
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.adapters.campaign_world import ENVIRONMENT, Stand, World
from tests.api.conftest import ADMIN, CAPTURE, SERVICE, Service, an_estimate, client_of
from tests.api.desk import SETTINGS, Desk
from tests.api.speech_line import DIALER_SECRET, signed
from tests.api.speech_line import SETTINGS as OF_SPEECH
from tests.api.test_customerio_webhook import signed as as_customerio
from tests.domain.makers import MONDAY

from growth.adapters.db.tables import metadata
from growth.adapters.sandbox.speech import SECRET
from growth.api.app import create_app
from growth.container import make_container
from growth.domain.privacy.ports import VendorErasure
from growth.domain.referrals.entities.terms import Programme
from growth.settings import Settings

ZOE, OTHER, PHONE = "zoe+canary@example.org", "zoe.other@example.org", "+33612345678"
CONTACT = "zoe-at-the-helpdesk"
MARKS = re.compile(r"zoe|612345678|6 12 34 56 78", re.IGNORECASE)


@dataclass
class Vendor:
    """Who forgets. `fault` is raised instead; `asked`: of whom it was told."""

    fault: Exception | None = None
    asked: list = field(default_factory=list)

    async def erase(self, subject):
        if self.fault:
            raise self.fault
        self.asked.append(subject)


class Forgetters(Provider):
    """Stands in for the vendors that are told of erasures."""

    scope = Scope.APP

    def __init__(self, vendors):
        super().__init__()
        self._vendors = vendors

    @provide
    def vendors(self) -> Mapping[str, VendorErasure]:
        return self._vendors


class ForgettingWorld(World):
    def __init__(self, database_url, environment):
        super().__init__(database_url)
        self.vendors = {"customerio": Vendor(), "diabolocom": Vendor(), "intercom": Vendor(), "speech": Vendor()}
        stand_ins = Stand(self.dialer, self.configuration), Forgetters(self.vendors)
        settings = Settings.from_environment(ENVIRONMENT | SETTINGS | OF_SPEECH | environment)
        settings = replace(settings, database_url=database_url)
        self.container = make_container(settings, *stand_ins)


class Forgetting(Service):
    """The service, and what a test of erasures asks of it."""

    def __init__(self, world, app, client, vendors):
        super().__init__(world, app, client)
        self.desk = Desk(self, vendors)

    async def erase(self, email=ZOE, *, dry_run=False, **parts):
        return await self.post("/v1/erasures", {"email": email, "dry_run": dry_run}, status=201, role=ADMIN, **parts)

    async def report(self, id):
        return await self.ask("GET", f"/v1/erasures/{id}", role=ADMIN)

    async def dump(self):
        """Everything in every column of every table, as text; bytes as they are, and in hexadecimal digits."""
        lines = []
        async with (await self.world.get(AsyncEngine)).connect() as connection:
            for name, table in metadata.tables.items():
                for row in await connection.execute(select(table)):
                    lines += [f"{name}.{column}: {_text(value)}" for column, value in row._mapping.items()]
        return lines

    async def hits(self, pattern=MARKS):
        return [line for line in await self.dump() if pattern.search(line)]

    async def know_zoe(self):
        """Have her say all that somebody can say of herself, on every way in."""
        await self.post("/v1/prospects", REGISTRATION, status=201, role=SERVICE | {"Idempotency-Key": "k1"})
        flow = {"country_code": "FR", "persona_type": "Individual", "language": "fr", "email": ZOE}
        await self.ask(
            "PUT", "/v1/self-serve-flows/f1", flow | {"data": {"name": "zoe flow"}}, status=202, role=CAPTURE
        )
        stray = {k: v for k, v in flow.items() if k != "email"} | {
            "data": {"contact": quote(ZOE), "typed": "06 12 34 56 78"}
        }
        await self.ask("PUT", "/v1/self-serve-flows/f2", stray, status=202, role=CAPTURE)
        await self.post("/v1/events", FORM, status=202, role=SERVICE)
        await self.post("/v1/events", PAGE, status=202, role=CAPTURE)
        for path, body in REQUESTS.items():
            await self.post(path, body, status=202, role=CAPTURE)
        await self.post("/v1/estimates", ESTIMATE, status=202, role=SERVICE)
        await self.tell_of_mail("01E4C4CT6YDC7Y5M7FE1GWW001")
        await self.tell_of_reply(71)
        for changes in NAMELESS:
            await self.tell_of_reply(**{"id": 72, "source": None} | changes)

    async def tell_of_mail(self, event_id, email=ZOE):
        data = {"customer_id": "", "identifiers": {"email": email}, "recipient": email, "subject": "For zoe"}
        data |= {"delivery_id": "d1", "campaign_id": 7, "action_id": 42}
        event = {"event_id": event_id, "object_type": "email", "metric": "opened", "data": data}
        content = json.dumps(event | {"timestamp": int(MONDAY.timestamp())}).encode()
        answer = await self.client.post("/webhooks/customerio", content=content, headers=as_customerio(content))
        assert answer.status_code == 200, answer.text

    async def tell_of_reply(self, id, email=ZOE, **item):
        """Have Intercom tell of a conversation that she has part in, and which it begins with her address."""
        named = {"contacts": {"contacts": [{"type": "contact", "id": CONTACT}]}}
        named["source"] = {"author": {"type": "user", "id": CONTACT, "email": email}}
        await self.desk.send(self.desk.told(id, email, **named | item))

    async def tell(self, source, id, body, secret):
        """Send a signed webhook."""
        content = json.dumps(body)
        headers = signed(content, id, secret)
        answer = await self.client.post(f"/webhooks/{source}", content=content.encode(), headers=headers)
        assert answer.status_code == 200, answer.text

    async def tell_of_recording(self, call, id="r1"):
        """Have the dialer tell that a call is over, and where its recording is."""
        data = {"call_id": str(call), "attempts": 1, "started_at": "2026-11-23T09:00:00Z", "interaction_id": "zoe-1"}
        data |= {"recording": {"url": "https://recordings.example/zoe.mp3"}, "outcome": {"status": "arguedpositive"}}
        body = {"type": "call.finished", "timestamp": "2026-11-23T09:05:00Z", "data": data}
        await self.tell("dialer", id, body, DIALER_SECRET)

    async def tell_of_analysis(self, call, id="a1", **more):
        data = {"call_id": str(call), "job_id": "zoe", "status": "done", "scores": {"said": "zoe"}}
        data |= {"transcript_url": "https://speech.example/zoe"} | more
        body = {"type": "call.analysed", "timestamp": "2026-11-23T09:30:00Z", "data": data}
        await self.tell("speech", id, body, SECRET)

    async def hear_calls(self):
        """Have her calls recorded, sent to speech analysis and analysed; one more is told of that cannot be read."""
        (zoe,) = [it.id for it in await self.world.rows("prospect") if it.email == ZOE]
        calls = [it.id for it in await self.world.rows("call") if it.attempts and it.prospect_id == zoe]
        for number, call in enumerate(calls):
            await self.tell_of_recording(call, f"r{number}")
            await self.world.deliver()
        await self.post("/v1/calls/send-to-speech", {"start_date": "2026-11-01T00:00:00Z"})
        await self.world.deliver()
        for number, call in enumerate(calls):
            await self.tell_of_analysis(call, f"a{number}")
            await self.tell_of_analysis(call, f"b{number}", status="zoe")
        await self.world.deliver()
        return calls

    async def people(self):
        return [it.email for it in await self.world.rows("prospect")]


REGISTRATION = {
    "email": ZOE,
    "phone": "06 12 34 56 78",
    "secondary_emails": [OTHER],
    "company_id": "zoe-company",
    "country_code": "FR",
    "attribution_survey_response": {"response": "friend", "free_text": "zoe's survey"},
}
FORM = {
    "event_name": "website_capture_form",
    "email": ZOE,
    "phone": PHONE,
    "country_code": "FR",
    "persona_type": "Individual",
    "message_id": "zoe-form-1",
    "marketing_parameters": {"utms": {"campaign": "zoe"}, "landing_page_url": "https://shop.example/?e=zoe"},
    "properties": {"form_name": "zoe form", "page_url": "https://shop.example/zoe", "fields": {"job": "zoe"}},
}
PAGE = {"event_name": "page_view", "email": OTHER, "message_id": "p1", "properties": {"url": f"https://x/?e={ZOE}"}}
# What Intercom tells of her without her address: ignored, failed, and received until it is asked for the rest.
NAMELESS = (
    {"topic": "conversation.admin.closed"},
    {"contacts": {"contacts": [{"id": CONTACT, "email": ""}]}},
    {"id": ""},
    {"id": 73, "topic": "conversation.admin.replied"},
)
_ASKED = {"email": ZOE, "phone": "0612345678", "first_name": "Zoe", "last_name": "Zoenym"}
REQUESTS = {
    "/v1/prospect-requests": _ASKED
    | {"request_type": "callback", "country_code": "FR", "message": "zoe's", "company_name": "Zoe SAS"},
    "/v1/email-captures": {"self_serve_flow_id": "f1", "email": ZOE},
}
ESTIMATE = an_estimate(email=ZOE, phone=PHONE, first_name="Zoe", last_name="Zoenym", address="1, rue Zoe")


def _text(value):
    if isinstance(value, bytes):
        return f"{value!r} {value.hex()}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def in_every_form(text):
    """A pattern that finds the text plain, in base64 at any offset, in hexadecimal digits and URL-encoded."""
    forms = [text, text.encode().hex(), quote(text), quote_plus(text)]
    for padding in range(3):
        encoded = base64.b64encode(b"\0" * padding + text.encode()).decode()
        forms.append(encoded[-(-padding * 8 // 6) : len(encoded) // 4 * 4 - 4])
    return re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)


@asynccontextmanager
async def forgetting_on(database_url, vendors=None):
    """`vendors`: those that the sandbox plays; without, only their part in forgetting is played."""
    world = ForgettingWorld(database_url, {"GROWTH_SANDBOX_URL": vendors.url} if vendors else {})
    await world.get(Programme)
    await world.at(MONDAY)
    app = create_app(world.container, await world.get(Settings))
    try:
        async with client_of(app) as client:
            yield Forgetting(world, app, client, vendors or SimpleNamespace(at=MONDAY))
    finally:
        await world.container.close()
