"""The adapter of the dialer's vendor on a line to the sandbox, where every request is held against what is known."""

import json
import math
import re
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import uuid4

import jsonschema_rs
import yaml
from tests.adapters.sandbox_client import HOUR, NINE, SECOND, a_dialer

from growth.adapters.diabolocom.dialer import DiabolocomDialer
from growth.adapters.vendor_http import VendorHttp
from growth.domain.campaigns.entities.dialing import Recipient
from growth.domain.campaigns.entities.runs import Batch, BatchState

DESCRIPTION = yaml.safe_load((Path(__file__).parents[1] / "data" / "diabolocom.unofficial.yaml").read_text())
CAMPAIGN = 701
LONG = timedelta(seconds=10)


class Wire:
    """Stands before the sandbox and writes down what arrives; a request takes a tenth of a second there.

    `deaf`: it searches as if there was no filter.
    """

    def __init__(self, app):
        self.app, self.requests, self.clock, self.deaf = app, [], None, False

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            await self.app(scope, receive, send)
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        self.requests.append((scope["method"], scope["path"], dict(parse_qsl(scope["query_string"].decode())), body))
        self.clock.at += SECOND / 10
        if self.deaf and scope["path"].endswith("/contacts/search"):
            body = json.dumps({"pageable": json.loads(body)["pageable"]}).encode()
        told = False

        async def again():
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    def sent(self, suffix):
        """The bodies of the requests to paths with this end."""
        return [json.loads(body) for _, path, _, body in self.requests if path.endswith(suffix)]


class Line:
    """The adapter, the sandbox it talks to, and the wire between them."""

    def __init__(self, adapter, vendor, wire):
        self.adapter, self.vendor, self.wire = adapter, vendor, wire

    async def contacts(self):
        return (await self.vendor.ask("GET", "/_sandbox/contacts"))["contacts"]

    async def send(self, batch, recipients, within=LONG, send_by=math.inf):
        return await self.adapter.inject(batch, recipients, within, send_by)

    async def inject(self, batch, recipients):
        """Inject and wait until it is applied; the contact's progress."""
        return await self.adapter.progress(await self.send(batch, recipients))

    async def faults(self, **faults):
        await self.vendor.ask("PUT", "/_sandbox/faults", faults)


@asynccontextmanager
async def a_line(token="sandbox", **settings):
    wires = []
    async with a_dialer(lambda app: wires.append(Wire(app)) or wires[0], **settings) as vendor:
        wires[0].clock = vendor
        http = VendorHttp(str(vendor.http.base_url), {"Private-Token": token})
        yield Line(DiabolocomDialer(http, SECOND), vendor, wires[0])
        await http.close()
    for request in wires[0].requests:
        fits_the_description(*request)


def a_batch(**changes):
    batch = {"id": uuid4(), "run_id": uuid4(), "campaign": "PVI", "dialer_campaign_id": CAMPAIGN, "priority": 3}
    times = {"earliest": NINE, "latest": NINE + 3 * HOUR, "created_at": NINE}
    rest = {"dialer_user_id": None, "state": BatchState.PENDING, "attempted_at": None, "token": None}
    return Batch(**batch | times | rest | changes)


def a_recipient(number=1, **changes):
    whom = {"call_id": uuid4(), "lead_id": uuid4(), "phone": f"+33199{number:06}", "email": f"p{number}@example.org"}
    what = {"first_name": None, "last_name": None, "segment": None, "score": 735, "postal_code": "69003"}
    return Recipient(**whom | what | changes)


def plain(schema):
    """Turn the `nullable` of OpenAPI 3.0 into JSON Schema."""
    if isinstance(schema, list):
        return [plain(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: plain(it) for key, it in schema.items()}
    return {**found, "type": [found["type"], "null"]} if found.pop("nullable", False) else found


COMPONENTS = plain(DESCRIPTION["components"])


def fits(schema, value):
    whole = plain(schema) | {"components": COMPONENTS}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(value)


def fits_the_description(method, path, query, body):
    """Hold one request against what is known of the vendor's API: path, method, parameters and body."""
    for template, item in DESCRIPTION["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in item:
            break
    else:
        raise AssertionError(f"the vendor has no {method} {path}")
    operation = item[method.lower()]
    known = {it["name"]: it["schema"] for it in operation.get("parameters", ()) if it["in"] == "query"}
    for name, value in query.items():
        kind = known[name].get("type")
        fits(known[name], json.loads(value) if kind in {"integer", "boolean"} else value)
    if "requestBody" in operation:
        fits(operation["requestBody"]["content"]["application/json"]["schema"], json.loads(body))
    else:
        assert not body
