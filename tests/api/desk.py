"""Inbound sales at work: the service, Intercom's sandbox behind it, and Intercom's notifications."""

import hashlib
import hmac
import json
from itertools import count

from tests.api.conftest import OPS, SERVICE

SETTINGS = {
    "GROWTH_INTERCOM_FR_APP_ID": "fr_app",
    "GROWTH_INTERCOM_FR_ADMIN_ID": "1",
    "GROWTH_INTERCOM_FR_WEBHOOK_SECRET": "fr_secret",
    "GROWTH_INTERCOM_BE_APP_ID": "be_app",
    "GROWTH_INTERCOM_BE_WEBHOOK_SECRET": "be_secret",
}
APPS = {"FR": ("fr_app", "fr_secret"), "BE": ("be_app", "be_secret")}
TEAMS = {"FR": 7100001, "BE": 7200001}
HUGO, LEA = 6100001, 6100002  # of the French team in the example file
SIREN = "732829320"


def seconds(at):
    return int(at.timestamp())


def signed(content, secret="fr_secret"):
    return {"X-Hub-Signature": f"sha1={hmac.new(secret.encode(), content, hashlib.sha1).hexdigest()}"}


class Desk:
    def __init__(self, service, vendors):
        self.service, self.world, self.vendors = service, service.world, vendors
        self._numbers = count(1)

    async def at(self, moment):
        self.vendors.at = moment
        await self.world.at(moment)

    async def person(self, email, **known):
        """Register a prospect in the country whose workspace he writes to; return his id."""
        body = {"email": email, "country_code": "FR"} | known
        answer = await self.service.client.post("/v1/prospects", json=body, headers=SERVICE)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["id"]

    async def contact(self, id, *, country="FR", **known):
        await self.vendors.ask("PUT", f"/intercom/_sandbox/workspaces/{country}/contacts/{id}", known)
        return id

    async def conversation(self, id, contact, *, country="FR", **changes):
        """Make or change a conversation in the first inbox of inbound sales."""
        now = seconds(self.vendors.at)
        body = {"contact_ids": [contact], "team_assignee_id": TEAMS[country], "created_at": now, "updated_at": now}
        path = f"/intercom/_sandbox/workspaces/{country}/conversations/{id}"
        await self.vendors.ask("PUT", path, body | changes)
        return str(id)

    async def desk(self, country="FR"):
        return (await self.vendors.ask("GET", "/intercom/_sandbox/desk"))["workspaces"][country]

    async def conversations(self, country="FR"):
        return {it["id"]: it for it in (await self.desk(country))["conversations"]}

    async def parts(self, id, country="FR"):
        """What was added to a conversation, as (kind, body)."""
        found = (await self.conversations(country))[str(id)]["conversation_parts"]["conversation_parts"]
        return [(it["part_type"], it["body"] or "") for it in found]

    async def notes(self, id, country="FR"):
        return [body for kind, body in await self.parts(id, country) if kind == "note"]

    def told(self, id, email, *, country="FR", topic="conversation.user.replied", **item):
        """The notification that Intercom sends of a conversation."""
        number = next(self._numbers)
        now = seconds(self.vendors.at)
        conversation = {
            "type": "conversation",
            "id": str(id),
            "state": "open",
            "open": True,
            "created_at": now,
            "updated_at": now,
            "source": {"type": "email", "author": {"type": "user", "id": f"c-{email}", "email": email}},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": f"c-{email}"}]},
            "admin_assignee_id": None,
            "team_assignee_id": TEAMS[country],
            "tags": {"type": "tag.list", "tags": []},
        }
        return {
            "type": "notification_event",
            "id": f"notif_{number}",
            "app_id": APPS[country][0],
            "topic": topic,
            "created_at": now,
            "data": {"type": "notification_event_data", "item": conversation | item},
        }

    async def send(self, body, country="FR"):
        content = json.dumps(body).encode()
        headers = signed(content, APPS[country][1])
        answer = await self.service.client.post("/webhooks/intercom", content=content, headers=headers)
        assert answer.status_code == 200, answer.text

    async def hear(self, *args, **kwargs):
        """Have Intercom tell of a reply, and all be done that follows."""
        await self.send(self.told(*args, **kwargs), kwargs.get("country", "FR"))
        await self.world.deliver()

    async def inbox(self):
        return [(it.state, it.reason) for it in await self.world.rows("inbox_event")]

    async def events(self):
        return [(it.event_name, it.message_id) for it in await self.world.rows("prospect_event", "message_id")]

    async def detect(self, id, country="FR", **whose):
        path = f"/v1/conversations/{id}/detect-duplicates"
        found = await self.service.post(path, {"country_code": country} | whose, role=OPS)
        await self.world.deliver()
        return [(it["id"], it["route"]) for it in found["duplicates"]], found["noted"]
