import asyncio
import base64
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from growth.adapters.partners.public_addresses import PublicOnly, is_public
from growth.adapters.partners.webhooks import StandardWebhooks, signed
from growth.adapters.vendor_http import VendorHttp
from growth.domain.kernel.messages import Delivery, GiveUp, Message, MessageId, OutcomeUnknown, TryLater
from growth.domain.referrals.use_cases.tell_partner import TellPartner

SECRET = "whsec_" + base64.b64encode(b"the partner's key of 32 bytes...").decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"the partner's key after that....").decode()
EVENT = {"type": "referral.credited", "timestamp": "2026-01-05T09:12:04.109Z", "data": {"referral": "r-1", "days": 45}}
ID = "01890000-0000-7000-8000-000000000001"
VECTORS = Path(__file__).parents[1] / "data" / "webhooks" / "vectors" / "standard_webhooks.json"


def says(status="204 No Content", *headers, body=b""):
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


class Receiver:
    """A partner's endpoint on a real socket; `heard` has target, headers and raw body of each request."""

    def __init__(self, *answers):
        self.answers = [*answers]
        self.heard = []

    async def serve(self, reader, writer):
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.heard.append((first, headers, body))
            writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_receiver(*answers):
    receiver = Receiver(*(answers or [says()]))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@asynccontextmanager
async def webhooks_to(url, *secrets, public_only=False, **options):
    urls, keys = {"acme": url}, {"acme": secrets or (SECRET,), "kadran": ("plain",)}
    webhooks = StandardWebhooks(urls, keys, public_only=public_only, **options)
    try:
        yield webhooks
    finally:
        await webhooks.close()


@asynccontextmanager
async def a_partner(*answers, secrets=(), path="/hook"):
    async with (
        a_receiver(*answers) as receiver,
        webhooks_to(f"http://127.0.0.1:{receiver.port}{path}", *secrets) as webhooks,
    ):
        yield webhooks, receiver


def resolving_to(*answers):
    """DNS that gives these addresses, one list for each question."""
    left = [*answers]

    async def resolve(_host, _port):
        return left.pop(0)

    return resolve


async def test_an_event_arrives_signed():
    async with a_partner(path="/hooks/growth/?a=b=c") as (webhooks, receiver):
        await webhooks.send("acme", ID, EVENT)
    ((first, headers, body),) = receiver.heard
    assert first == "POST /hooks/growth/?a=b=c HTTP/1.1"
    assert (headers["webhook-id"], headers["content-type"]) == (ID, "application/json")
    assert Webhook(SECRET).verify(body, headers) == EVENT


@pytest.mark.parametrize(
    "vector", [it for it in json.loads(VECTORS.read_text())["vectors"] if it["expect"] == "accept"]
)
def test_signatures_are_the_published_ones(vector):
    headers = vector["headers"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC) + timedelta(milliseconds=999)
    ours = signed([vector["secret"]], headers["webhook-id"], at, vector["body"])
    assert ours["webhook-signature"] in headers["webhook-signature"].split(" ")
    assert ours["webhook-timestamp"] == headers["webhook-timestamp"]


async def test_while_a_secret_is_rotated_both_verify():
    async with a_partner(secrets=[NEXT_SECRET, SECRET]) as (webhooks, receiver):
        await webhooks.send("acme", ID, EVENT)
    ((_, headers, body),) = receiver.heard
    assert [Webhook(secret).verify(body, headers) for secret in (SECRET, NEXT_SECRET)] == [EVENT, EVENT]
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(body, headers)


async def test_a_retry_has_the_same_id_and_the_same_bytes():
    async with a_partner(says("500 Oops"), says()) as (webhooks, receiver):
        with pytest.raises(OutcomeUnknown):
            await webhooks.send("acme", ID, EVENT)
        await webhooks.send("acme", ID, dict(reversed(EVENT.items())))  # the database keeps no order of keys
    (_, first, body), (_, second, again) = receiver.heard
    assert first["webhook-id"] == second["webhook-id"] == ID
    assert body == again


PAGE = b"<html>an error page as servers make it</html>"


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        pytest.param(says("410 Gone"), GiveUp, "remove the webhook of acme", id="gone"),
        pytest.param(says("410 Gone", "Content-Type: text/html", body=PAGE), GiveUp, "remove", id="gone, with a page"),
        pytest.param(says("400 Bad Request"), GiveUp, "400", id="refused"),
        pytest.param(says("422 Unprocessable"), GiveUp, "422", id="not understood"),
        pytest.param(says("401 Unauthorized"), TryLater, "check acme's webhook", id="signature refused"),
        pytest.param(says("403 Forbidden"), TryLater, "check", id="forbidden"),
        pytest.param(
            says("404 Not Found", "Content-Type: text/html", body=PAGE), TryLater, "check", id="not there yet"
        ),
        pytest.param(says("425 Too Early"), TryLater, "busy", id="too early"),
        pytest.param(says("408 Request Timeout"), OutcomeUnknown, "408", id="time-out"),
        pytest.param(says("500 Oops"), OutcomeUnknown, "500", id="fault"),
        pytest.param(says("302 Found", "Location: http://127.0.0.1:1/"), OutcomeUnknown, "302", id="redirect"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", OutcomeUnknown, "no answer", id="not HTTP"),
    ],
)
async def test_what_is_no_success(answer, kind, reason):
    async with a_partner(answer) as (webhooks, _):
        with pytest.raises(kind, match=reason) as failure:
            await webhooks.send("acme", ID, EVENT)
    assert type(failure.value) is kind
    assert "/hook" not in str(failure.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says("200 OK", "Content-Type: text/html", body=PAGE), id="a page"),
        pytest.param(says("202 Accepted", body=b"not json"), id="a text"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx", id="a body without an end"),
    ],
)
async def test_any_2xx_is_success_whatever_else_is_said(answer):
    async with a_partner(answer) as (webhooks, receiver):
        await webhooks.send("acme", ID, EVENT)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_the_wish_to_be_left_alone_is_told(status):
    async with a_partner(says(status, "Retry-After: 42")) as (webhooks, _):
        with pytest.raises(TryLater) as failure:
            await webhooks.send("acme", ID, EVENT)
    assert failure.value.after == timedelta(seconds=42)


async def test_a_redirect_is_not_followed():
    async with a_receiver() as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/private"
        async with a_partner(says("307 Temporary Redirect", location)) as (webhooks, _):
            with pytest.raises(OutcomeUnknown):
                await webhooks.send("acme", ID, EVENT)
    assert elsewhere.heard == []


async def test_a_subscriber_whose_webhook_was_removed_is_given_up():
    async with a_partner() as (webhooks, receiver):
        with pytest.raises(GiveUp, match="kadran has no webhook any more"):
            await webhooks.send("kadran", ID, EVENT)
    assert receiver.heard == []


@pytest.mark.parametrize(
    ("partner", "expected"),
    [("acme", ["acme", "*"]), ("kadran", ["*"]), (None, ["*"]), ("*", ["*"])],
)
async def test_who_hears_of_a_referral(partner, expected):
    urls = {"acme": "https://acme.example/hook", "*": "https://main.example/hook"}
    webhooks = StandardWebhooks(urls, dict.fromkeys(urls, (SECRET,)), public_only=True)
    assert webhooks.subscribers(partner) == expected
    await webhooks.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
async def test_nobody_leads_us_inside(host):
    async with a_receiver() as inside:
        async with webhooks_to(f"http://{host}:{inside.port}/hook", public_only=True) as webhooks:
            with pytest.raises(GiveUp, match="not public"):
                await webhooks.send("acme", ID, EVENT)
        async with webhooks_to(f"http://{host}:{inside.port}/hook") as webhooks:  # only the guard was in the way
            await webhooks.send("acme", ID, EVENT)
    assert len(inside.heard) == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.7"]])
async def test_a_name_that_leads_inside_is_refused_whatever_else_it_has(addresses):
    async with a_receiver() as inside:
        url = f"http://hooks.acme.example:{inside.port}/hook"
        async with webhooks_to(url, public_only=True, resolve=resolving_to(addresses)) as webhooks:
            with pytest.raises(GiveUp, match=r"hooks\.acme\.example has an address that is not public"):
                await webhooks.send("acme", ID, EVENT)
    assert inside.heard == []


INSIDE_IPV4 = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "198.18.0.1",
    "192.88.99.1",
]
INSIDE_IPV6 = [
    "::1",
    "::",
    "fe80::1",
    "fe80::1%1",
    "fc00::1",
    "fec0::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
]


@pytest.mark.parametrize(
    "address",
    [*INSIDE_IPV4, *INSIDE_IPV6],
)
def test_what_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::6810:84e5", "2a00:1450:4007:80e::200e"])
def test_what_is_public(address):
    assert is_public(address)


def reaching(seen, *unreachable):
    async def answer(request):
        seen.append((str(request.url), request.headers["host"], request.extensions["sni_hostname"]))
        if request.url.host in unreachable:
            raise httpx2.ConnectError("no route")
        return httpx2.Response(204)

    return httpx2.MockTransport(answer)


async def called_through(transport, **options):
    http = VendorHttp("https://hooks.acme.example:8443", {}, transport=transport, status_only=True, **options)
    try:
        return await http.call("POST", "/hook?a=1", content="{}")
    finally:
        await http.close()


async def test_the_address_that_was_checked_is_the_one_called():
    seen = []
    rebinding = resolving_to(["93.184.215.14"], ["127.0.0.1"])
    await called_through(PublicOnly(reaching(seen), rebinding))
    assert seen == [("https://93.184.215.14:8443/hook?a=1", "hooks.acme.example:8443", "hooks.acme.example")]


async def test_an_address_that_nobody_reaches_is_passed_over():
    seen = []
    dns = resolving_to(["2606:4700::1", "93.184.215.14"])
    answer = await called_through(PublicOnly(reaching(seen, "2606:4700::1"), dns))
    assert answer.status == 204
    assert [url for url, *_ in seen] == ["https://[2606:4700::1]:8443/hook?a=1", "https://93.184.215.14:8443/hook?a=1"]


async def unknown(_host, _port):
    raise OSError


async def hanging(_host, _port):
    await asyncio.sleep(60)


@pytest.mark.parametrize("dns", [unknown, hanging, resolving_to([])])
async def test_without_an_address_nothing_was_told(dns):
    with pytest.raises(TryLater) as failure:
        await called_through(PublicOnly(reaching([]), dns), deadline=timedelta(seconds=0.2))
    assert type(failure.value) is TryLater


async def test_a_message_is_told_under_its_own_id():
    async with a_partner() as (webhooks, receiver):
        message = Message(MessageId(UUID(ID)), "acme", "partner.tell", "r-1", {"subscriber": "acme", "body": EVENT})
        await TellPartner(webhooks)(Delivery(message, attempt=1, lease=1))
    ((_, headers, body),) = receiver.heard
    assert headers["webhook-id"] == ID
    assert Webhook(SECRET).verify(body, headers) == EVENT
