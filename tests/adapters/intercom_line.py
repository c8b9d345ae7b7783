"""An Intercom that answers what it is told to, and the adapter before it."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2

from growth.adapters.intercom.helpdesk import IntercomHelpdesk, credentials
from growth.adapters.vendor_http import VendorHttp
from growth.domain.conversations.entities.teams import Workspace
from growth.domain.kernel.country import Country

FR, BE, ES = Country.FR, Country.BE, Country.ES
SINCE = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
AT = int(SINCE.timestamp())
TOKEN = "token-that-nobody-may-see"
ANA = "ana@example.org"
WORKSPACES = {FR: Workspace("abc/1", "991"), BE: Workspace("bel", "992")}


class Intercom(httpx2.MockTransport):
    """Answers what it is told to, one after the other; the last answer again and again. `calls`: what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls, self.headers = [], []
        super().__init__(self.answer)

    async def answer(self, request):
        content = request.content
        self.calls.append((request.method, request.url.raw_path.decode(), json.loads(content) if content else None))
        self.headers.append(request.headers)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        whole = httpx2.Response(**answer) if "status_code" in answer else httpx2.Response(200, json=answer)
        return httpx2.Response(whole.status_code, headers=whole.headers, stream=httpx2.ByteStream(whole.content))

    @property
    def paths(self):
        return [f"{method} {path}" for method, path, _ in self.calls]


@asynccontextmanager
async def clients(*transports, **options):
    made = [VendorHttp("https://api.example", credentials(TOKEN), transport=it, **options) for it in transports]
    try:
        yield dict(zip((FR, BE), made, strict=False))
    finally:
        for http in made:
            await http.close()


@asynccontextmanager
async def a_helpdesk(*answers, **options):
    intercom = Intercom(*answers)
    async with clients(intercom, intercom, **options) as http:
        yield IntercomHelpdesk(http, WORKSPACES), intercom


def refusal(status, **headers):
    errors = [{"code": "not_found", "message": f"{ANA} is not here"}]
    return {"status_code": status, "json": {"type": "error.list", "errors": errors}, "headers": headers}


def a_conversation(id="73", **fields):
    return {
        "type": "conversation",
        "id": id,
        "created_at": AT - 60,
        "updated_at": AT,
        "state": "open",
        "open": True,
        "source": {"author": {"type": "user", "id": "c1", "email": ANA}},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1", "external_id": "70"}]},
        "admin_assignee_id": 991,
        "team_assignee_id": 5017691,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "self serve chat"}]},
        **fields,
    }


def a_page(name, items, cursor=None):
    following = None if cursor is None else {"per_page": 150, "starting_after": cursor}
    return {"type": "list", name: items, "pages": {"type": "pages", "next": following}}


def parts(*parts):
    return {"type": "conversation_part.list", "conversation_parts": list(parts)}
