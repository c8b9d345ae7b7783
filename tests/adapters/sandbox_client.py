"""A sandbox dialer over real HTTP, and a client of it with its clock."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
import uvicorn

from growth.adapters.sandbox.dialer import dialer_app
from growth.adapters.sandbox.dialer_settings import DialerSettings

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86_400))
CONTACTS = "/api/v2/voice/campaigns/701/contacts"
BATCH = "/api/v2/voice/campaigns/701/contact-batch"
CAMPAIGN = "/api/v1/voice/campaigns/701"


@dataclass
class Dialer:
    """A client of one sandbox, and its clock."""

    http: httpx2.AsyncClient
    at: datetime = NINE

    async def now(self):
        return self.at

    async def ask(self, method, path, body=None, status=200):
        answer = await self.http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def batch(self, *leads, what="create", **scalars):
        """Send a batch of leads (names, or custom fields) and return its token."""
        fields = [_fields(lead) if isinstance(lead, str) else lead for lead in leads]
        return (await self.ask("POST", f"{BATCH}/{what}", {"customFields": fields, **scalars}))["token"]

    async def inject(self, *leads, **scalars):
        token = await self.batch(*leads, **scalars)
        self.at += SECOND
        return await self.outcome(token)

    async def outcome(self, token):
        return await self.ask("GET", f"/api/v2/voice/campaigns/contact-batch/status/{token}")

    async def found(self, query=None, page=0, size=500):
        body = {"pageable": {"page": page, "pageSize": size}} | ({"query": query} if query else {})
        return await self.ask("POST", f"{CONTACTS}/search", body)

    async def leads(self, query=None):
        return [c["customFields"]["lead_id"] for c in (await self.found(query))["content"]]

    async def calls(self):
        entries = (await self.ask("GET", "/_sandbox/log"))["entries"]
        return [entry for entry in entries if entry["kind"] == "call"]


def _fields(lead):
    return {"lead_id": lead, "Telephone_1": f"336{sum(lead.encode()) * 7919 % 10**8:08}"}


@asynccontextmanager
async def a_dialer(wrap=lambda app: app, **settings):
    clock = Dialer(http=None)
    app = wrap(dialer_app(DialerSettings(**{"apply_delay": 0.5, "lines": 0, **settings}), clock.now))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers, url = {"Private-Token": "sandbox"}, f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False) as clock.http:
            yield clock
    finally:
        server.should_exit = True
        await serving
