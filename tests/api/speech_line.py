"""Calls that are recorded, the dialer that tells of them, and a speech vendor that hears them, over real HTTP."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook
from tests.adapters.campaign_world import ENVIRONMENT, a_submission
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import service_on
from tests.domain.makers import MINUTE, MONDAY, TEN

from growth.adapters.sandbox.speech import SECRET

DIALER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SETTINGS = {"GROWTH_DIALER_WEBHOOK_SECRET": DIALER_SECRET, "GROWTH_SPEECH_WEBHOOK_SECRET": SECRET}
URL = "https://recordings.dialer.example/1.mp3?signature=abc"
RECORDING = {"url": URL, "content_type": "audio/mpeg", "channels": 2}
TRANSCRIPT = "https://speech.example/transcripts/1"
SCORES = {"clarity": 0.9, "sentiment": "positive"}


def signed(content, id_, secret, at=None):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, content),
    }


class SpeechLine:
    """The service in a test's hands, from the finished call to what was heard in it."""

    def __init__(self, service, vendors):
        self.service, self.world, self.vendors = service, service.world, vendors
        self._told = 0

    async def at(self, moment):
        self.vendors.at = moment
        await self.world.at(moment)

    async def calls(self, count=1):
        """Have so many calls with the dialer; return their ids."""
        await self.at(MONDAY)
        await self.world.take(*(a_submission(it) for it in range(1, count + 1)))
        await self.at(TEN)
        await self.world.start(name="PVI")
        await self.world.deliver()
        return [str(it.id) for it in await self.world.rows("call")]

    async def finish(self, call, *, started_at=TEN, recording=RECORDING, status=200, **more):
        """Have the dialer tell that a call is over; `recording` None: it has none."""
        told = {"recording": recording} if recording is not None else {}
        data = {"call_id": call, "attempts": 1, "outcome": {"code": "RDV", "status": "argued"}, **told}
        data |= {"started_at": started_at.isoformat(), "duration_s": 184} | more
        body = {"type": "call.finished", "timestamp": (started_at + 5 * MINUTE).isoformat(), "data": data}
        await self.send("dialer", body, DIALER_SECRET, status=status)
        await self.world.deliver()

    async def recorded(self, count=1, **told):
        """Have so many calls made and recorded, and be half an hour later."""
        calls = await self.calls(count)
        for call in calls:
            await self.finish(call, **told)
        await self.at(TEN + 30 * MINUTE)
        return calls

    async def send(self, to, body, secret, *, id_=None, at=None, status=200):
        self._told += 1
        content = body if isinstance(body, str) else json.dumps(body)
        headers = signed(content, id_ or f"msg_{self._told}", secret, at)
        answer = await self.service.client.post(f"/webhooks/{to}", content=content.encode(), headers=headers)
        assert answer.status_code == status, answer.text

    async def order(self, **window):
        """Ask for calls to be sent, and send them."""
        report = await self.service.post("/v1/calls/send-to-speech", window)
        await self.world.deliver()
        return report

    async def analysed(self, call, *, secret=SECRET, type_="call.analysed", id_=None, at=None, answered=200, **data):
        told = {"call_id": call, "job_id": "job_1", "status": "done", "transcript_url": TRANSCRIPT, "scores": SCORES}
        body = {"type": type_, "timestamp": "2026-11-23T09:40:00Z", "data": told | data}
        await self.send("speech", body, secret, id_=id_, at=at, status=answered)
        await self.world.deliver()

    async def at_vendor(self):
        """The calls that the vendor has."""
        return (await self.vendors.ask("GET", "/speech/_sandbox/calls"))["calls"]

    async def posted(self):
        """The ids of the calls that arrived at the vendor, each as often as it arrived."""
        return [json.loads(it["body"])["call_id"] for it in await self.vendors.log("speech") if it["path"] == "/calls"]

    async def jobs(self):
        return [(it.state, it.reason) for it in await self.world.rows("speech_job", "call_id")]

    async def inbox(self):
        rows = [it for it in await self.world.rows("inbox_event") if it.source == "speech"]
        return [(it.state, it.reason) for it in rows]

    async def timeline(self, kind="analysis", email="p1@example.org"):
        who = (await self.service.get("/v1/prospects", email=email))["id"]
        entries = (await self.service.get(f"/v1/prospects/{who}/timeline"))["items"]
        return [(it["text"], it["link"]) for it in entries if it["kind"] == kind]


@asynccontextmanager
async def speech_on(database_url, monkeypatch):
    async with all_vendors() as vendors:
        for name, value in SETTINGS.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_SANDBOX_URL", vendors.url)
        async with service_on(database_url) as service:
            yield SpeechLine(service, vendors)


def later(**parts):
    return TEN + timedelta(**parts)
