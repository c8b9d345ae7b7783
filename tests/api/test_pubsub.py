"""Estimates pushed by Google Pub/Sub: tokens made with keys of our own, served as Google serves its."""

import asyncio
import base64
import hmac
import json
import time
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import an_estimate, service_on
from tests.domain.makers import MONDAY

from growth.adapters.google_keys import GoogleKeys
from growth.adapters.vendor_http import Answer
from growth.api.webhooks.google_tokens import SigningKeys
from growth.domain.kernel.messages import TryLater

AUDIENCE, ACCOUNT = "https://growth.example/pubsub/estimates", "push@project.iam.gserviceaccount.example"
OURS, THEIRS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def key_set(*keys):
    found = [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) for _, key in keys]
    named = zip(found, keys, strict=True)
    return {"keys": [it | {"kid": name, "alg": "RS256", "use": "sig"} for it, (name, _) in named]}


class Google:
    """Stands in the place of the client that fetches Google's keys."""

    def __init__(self):
        self.keys, self.asked, self.fault, self.max_age = key_set(("k1", OURS)), 0, None, 600

    async def call(self, _method, _path):
        self.asked += 1
        if self.fault:
            raise self.fault
        headers = {"cache-control": f"public, max-age={self.max_age}, must-revalidate"}
        return Answer("google", 200, headers, json.dumps(self.keys).encode())


def token(key=OURS, kid="k1", algorithm="RS256", **changes):
    now = int(time.time())
    claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True}
    claims |= {"iat": now, "exp": now + 3600, "sub": "1"} | changes
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid})


def message(data, number=1, **changes):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    told = {"data": base64.b64encode(raw).decode(), "messageId": f"m-{number}", "publishTime": "2026-11-22T08:00:00.5Z"}
    return {"message": told | changes, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 1}


class Pushing:
    def __init__(self, service, google):
        self.service, self.world, self.google = service, service.world, google

    async def push(self, body, bearer=None, *, status=204):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token() if bearer is None else bearer}"}
        answer = await self.service.client.post("/pubsub/estimates", content=content, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    async def inbox(self):
        return [(it.event_id, it.state, it.reason) for it in await self.world.rows("inbox_event")]


@pytest.fixture
async def pushing(database_url, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_PUBSUB_AUDIENCE", AUDIENCE)
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_PUBSUB_EMAIL", ACCOUNT)
    async with service_on(database_url) as service:
        pushing = Pushing(service, Google())
        (await service.world.get(SigningKeys))._http = pushing.google
        yield pushing


async def test_an_estimate_becomes_a_lead_once_however_often_it_is_pushed(pushing):
    body = message(an_estimate())
    await asyncio.gather(*(pushing.push(body) for _ in range(5)))
    await pushing.world.deliver()
    await pushing.push(body)
    await pushing.world.deliver()
    (lead,) = (await pushing.service.get("/v1/leads"))["items"]
    assert lead["planned_call"] is not None
    (received,) = await pushing.world.rows("submission")
    assert (received.source, received.requested_at) == (
        "pubsub",
        MONDAY - timedelta(hours=15, minutes=59, seconds=59.5),
    )
    assert await pushing.inbox() == [("m-1", "handled", None)]
    assert pushing.google.asked == 1


async def test_who_is_pushed_can_be_found_in_what_is_kept(pushing):
    await pushing.push(message(an_estimate(email="zoe@example.org")))
    (kept,) = await pushing.world.rows("inbox_event")
    assert kept.body["data"]["email"] == "zoe@example.org"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (an_estimate(postal_code="1"), "data: bad-postal-code"),
        (an_estimate(email="no address"), "data: bad-email"),
        (an_estimate() | {"owner": "zoe"}, "data/owner: extra-forbidden"),
        (an_estimate(callback_at="2030-01-01T00:00:00Z"), "callback-too-far"),
        (b"\xff\x00 not json", "data"),
        ([], "data"),
        (b"", "data"),
    ],
)
async def test_poison_is_kept_with_its_reason_and_answered_well(pushing, data, reason):
    await pushing.push(message(data))
    await pushing.push(message(an_estimate(), 2))
    await pushing.world.deliver()
    states = {event: (state, why) for event, state, why in await pushing.inbox()}
    assert states["m-2"] == ("handled", None)
    state, why = states["m-1"]
    assert (state, why.startswith(reason)) == ("failed", True), why
    assert "zoe" not in why.replace("owner", "")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"message": 1}', b"\xff", b'{"message": {"data": "%%%"}}', '{"message": {"data": "é"}}'.encode()],
)
async def test_a_body_that_is_none_is_kept_too_once(pushing, body):
    for _ in range(2):
        await pushing.push(body)
    await pushing.world.deliver()
    ((_, state, _),) = await pushing.inbox()
    assert state == "failed"


def with_public_key_as_secret():
    public = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = {"iss": "accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True}
    parts = ({"alg": "HS256", "kid": "k1"}, claims | {"iat": int(time.time()), "exp": int(time.time()) + 600})
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(it).encode()).rstrip(b"=") for it in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + mac).decode()


WRONG = {
    "other audience": lambda: token(aud="https://else.example"),
    "two audiences": lambda: token(aud=[AUDIENCE, "x"]),
    "other issuer": lambda: token(iss="https://evil.example"),
    "other account": lambda: token(email="else@example.org"),
    "account not verified": lambda: token(email_verified=False),
    "account verified in words": lambda: token(email_verified="true"),
    "expired": lambda: token(exp=int(time.time()) - 120),
    "never expires": lambda: token(exp=None),
    "from the future": lambda: token(iat=int(time.time()) + 600),
    "other key": lambda: token(THEIRS),
    "unknown key": lambda: token(THEIRS, kid="k9"),
    "no signature": lambda: token(None, algorithm="none"),
    "the public key as a secret": with_public_key_as_secret,
    "cut": lambda: token()[:-3],
    "none": lambda: "",
    "words": lambda: "no token",
    "huge": lambda: "a" * 7_000,
}


@pytest.mark.parametrize("name", WRONG)
async def test_only_google_s_token_of_that_account_for_us_is_good(pushing, name):
    answer = await pushing.push(message(an_estimate()), WRONG[name](), status=401)
    assert answer.json()["code"] == "bad-token"
    assert await pushing.world.rows("inbox_event") == []


async def test_the_other_name_of_the_issuer_is_good_too(pushing):
    await pushing.push(message(an_estimate()), token(iss="accounts.google.com"))


async def test_without_google_s_keys_it_is_to_be_sent_again(pushing):
    pushing.google.fault = TryLater("no")
    for _ in range(3):
        answer = await pushing.push(message(an_estimate()), status=503)
    assert (answer.headers["retry-after"], pushing.google.asked) == ("30", 1)
    pushing.google.fault = None
    (await pushing.world.get(SigningKeys))._asked_at -= 5
    await pushing.push(message(an_estimate()))


async def test_without_an_audience_there_is_no_route(service):
    assert (await service.client.post("/pubsub/estimates", content=b"{}")).status_code == 404


async def test_keys_are_kept_as_long_as_told_looked_for_once_a_minute_and_held_when_google_is_silent():
    google, clock = Google(), [0.0]
    keys = GoogleKeys(google, "/certs", lambda: clock[0])
    assert await keys.find("k1")
    assert await keys.find("k9") is None
    assert google.asked == 1
    google.keys = key_set(("k2", THEIRS))
    clock[0] = 61
    assert await keys.find("k2")
    assert (await keys.find("k1"), google.asked) == (None, 2)
    clock[0], google.fault = 100_000, TryLater("no")
    assert await keys.find("k2")
    google.fault, google.keys = None, {"keys": "none"}
    clock[0] += 61
    assert await keys.find("k2")
    assert google.asked == 4
