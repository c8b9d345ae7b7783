"""W1, W3, W4 on Intercom's webhook: what is authentic is kept once, with what has it handled, and answered well."""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from random import Random

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import SERVICE, service_on
from tests.api.desk import signed
from tests.api.test_intercom_notifications import told

from growth.adapters.db.messages import SqlOutbox

SETTINGS = {
    "GROWTH_INTERCOM_FR_APP_ID": "fr_app",
    "GROWTH_INTERCOM_FR_WEBHOOK_SECRET": "fr_secret|fr_new",
    "GROWTH_INTERCOM_BE_APP_ID": "be_app",
    "GROWTH_INTERCOM_BE_WEBHOOK_SECRET": "be_secret",
}


class Inboxes:
    """The service, and Intercom telling it of conversations."""

    def __init__(self, service):
        self.service, self.world = service, service.world

    async def send(self, content, headers):
        return await self.service.client.post("/webhooks/intercom", content=content, headers=headers)

    async def tell(self, body, secret="fr_secret", *, status=200):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.send(content, signed(content, secret))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def kept(self):
        return [(it.event_id, it.topic, it.state) for it in await self.world.rows("inbox_event")]

    async def to_handle(self):
        return [(it.kind, it.payload["event_id"]) for it in await self.world.rows("message", "position")]


@pytest.fixture
def workspaces(monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)


@pytest.fixture
async def inboxes(workspaces, service):
    return Inboxes(service)


async def test_a_notification_is_kept_with_what_has_it_handled(inboxes):
    assert await inboxes.tell(told()) == {"received": True}
    assert await inboxes.kept() == [("notif_1", "conversation.user.replied", "received")]
    (message,) = await inboxes.world.rows("message")
    assert (message.vendor, message.kind, message.state) == ("inbox.intercom", "inbox.intercom", "pending")
    assert message.subject == "inbox:intercom:notif_1"
    assert message.payload == {"source": "intercom", "event_id": "notif_1"}


async def test_it_is_kept_once_however_often_it_is_delivered(inboxes):
    answers = await asyncio.gather(*(inboxes.tell(told() | {"delivery_attempts": n}) for n in range(40)))
    assert answers == [{"received": True}] * 40
    assert await inboxes.kept() == [("notif_1", "conversation.user.replied", "received")]
    assert await inboxes.to_handle() == [("inbox.intercom", "notif_1")]


async def test_an_event_is_never_kept_without_what_has_it_handled(inboxes, monkeypatch):
    async def broken(*_):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(SqlOutbox, "add", broken)
        assert (await inboxes.tell(told(), status=503))["code"] == "database-unavailable"
    assert await inboxes.kept() == []
    await inboxes.tell(told())
    assert await inboxes.to_handle() == [("inbox.intercom", "notif_1")]


async def test_what_people_said_is_not_stored(inboxes):
    await inboxes.tell(told(title="Something said"))
    (event,) = await inboxes.world.rows("inbox_event")
    assert not {"Hello", "A question", "Something said"} & set(json.dumps(event.body).replace("<p>", '"').split('"'))
    assert event.body["data"]["item"]["source"] == {"author": told()["data"]["item"]["source"]["author"]}


async def test_the_address_is_greeted_without_a_signature(inboxes):
    answer = await inboxes.service.client.head("/webhooks/intercom")
    assert (answer.status_code, answer.content) == (200, b"")
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert await inboxes.service.refused(method, "/webhooks/intercom", status=405, role={}) == (
            "method-not-allowed",
            [],
        )
    assert await inboxes.kept() == []


@pytest.mark.parametrize(
    ("app_id", "secret", "status"),
    [
        ("fr_app", "fr_secret", 200),
        ("fr_app", "fr_new", 200),
        ("fr_app", "be_secret", 401),
        ("fr_app", "other", 401),
        ("be_app", "be_secret", 200),
        ("be_app", "fr_secret", 401),
        ("be_app", "fr_new", 401),
        ("unknown_app", "fr_secret", 200),
        ("unknown_app", "be_secret", 200),
        ("unknown_app", "other", 401),
        (None, "be_secret", 200),
        (["fr_app"], "be_secret", 200),
    ],
)
async def test_a_workspace_is_spoken_for_by_its_own_secret_only(inboxes, app_id, secret, status):
    answer = await inboxes.tell(told(app_id=app_id), secret, status=status)
    assert status == 200 or answer["code"] == "bad-signature"
    stored = int(status == 200)
    assert (len(await inboxes.kept()), len(await inboxes.to_handle())) == (stored, stored)


async def test_a_country_with_a_workspace_and_no_secret_is_spoken_for_by_nobody(workspaces, database_url, monkeypatch):
    monkeypatch.delitem(ENVIRONMENT, "GROWTH_INTERCOM_BE_WEBHOOK_SECRET")
    async with service_on(database_url) as service:
        for secret in ("fr_secret", "be_secret", ""):
            await Inboxes(service).tell(told(app_id="be_app"), secret, status=401)
        assert await Inboxes(service).kept() == []


@pytest.mark.parametrize("secret", ["", " | "])
async def test_without_a_secret_there_is_no_such_route(workspaces, database_url, monkeypatch, secret):
    for country in ("FR", "BE"):
        monkeypatch.setitem(ENVIRONMENT, f"GROWTH_INTERCOM_{country}_WEBHOOK_SECRET", secret)
    async with service_on(database_url) as service:
        await Inboxes(service).tell(told(), "", status=404)
        assert (await service.client.head("/webhooks/intercom")).status_code == 404
        assert await Inboxes(service).kept() == []


async def test_no_delivery_is_refused_while_a_secret_is_rotated(workspaces, database_url, monkeypatch):
    for secrets, *statuses in [("old", 200, 401), ("old|new", 200, 200), ("new", 401, 200)]:
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_INTERCOM_FR_WEBHOOK_SECRET", secrets)
        async with service_on(database_url) as service:
            for secret, status in zip(["old", "new"], statuses, strict=True):
                await Inboxes(service).tell(told(), secret, status=status)


UNREADABLE = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"null", id="null"),
    pytest.param(b"\xff{", id="not UTF-8"),
    pytest.param(b'{"id": "notif_1"', id="cut"),
    pytest.param(b'{"id": "notif_1", "id": "notif_2"}', id="a key twice"),
    pytest.param(b'{"id": "notif_1", "created_at": 1e999}', id="beyond numbers"),
    pytest.param(b'{"id": "notif\x00"}', id="a bare NUL"),
    pytest.param(b'{"a":' * 40 + b"1" + b"}" * 40, id="too deep"),
    pytest.param(b"[" * 100_000, id="far too deep"),
]


@pytest.mark.parametrize("content", UNREADABLE)
async def test_what_cannot_be_read_is_kept_as_failed_and_answered_well(inboxes, content):
    for _ in range(2):
        assert await inboxes.tell(content) == {"received": True}
    digest = hashlib.sha256(content).hexdigest()
    assert await inboxes.kept() == [(f"sha256:{digest}", "unreadable", "failed")]
    (event,) = await inboxes.service.every("/v1/inbox")
    assert event["reason"] == "the body is not one JSON object"
    assert await inboxes.to_handle() == []


async def test_characters_that_cannot_be_stored_lose_nothing(inboxes):
    await inboxes.tell(told(tags={"tags": [{"name": "\0"}, {"name": "\ud83d"}]}) | {"odd": "\0"})
    assert await inboxes.kept() == [("notif_1", "conversation.user.replied", "received")]
    (event,) = await inboxes.world.rows("inbox_event")
    assert [it["name"] for it in event.body["data"]["item"]["tags"]["tags"]] == ["\\u0000", "\\ud83d"]


@pytest.mark.parametrize("id", [None, "", 7, ["notif_1"], "x" * 256])
async def test_a_notification_without_an_id_is_known_by_what_it_says(inboxes, id):
    for body in (told() | {"id": id}, told() | {"id": id}, told("ping") | {"id": id}):
        await inboxes.tell(body)
    found = await inboxes.kept()
    assert [topic for _, topic, _ in found] == ["conversation.user.replied", "ping"]
    assert all(event_id.startswith("sha256:") for event_id, _, _ in found)
    assert [event_id for _, event_id in await inboxes.to_handle()] == [event_id for event_id, _, _ in found]


@pytest.mark.parametrize("topic", [None, 7, "", "x" * 256])
async def test_a_notification_without_a_topic_is_kept_to_be_handled(inboxes, topic):
    await inboxes.tell(told(topic))
    assert await inboxes.kept() == [("notif_1", "unknown", "received")]
    assert len(await inboxes.to_handle()) == 1


def mutant(random, number):
    """A signed delivery, changed in its body or its header."""
    content = json.dumps(told() | {"id": f"notif_{number}"}).encode()
    header = signed(content)["X-Hub-Signature"]
    flipped = bytearray(content)
    flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    sha256 = hmac.new(b"fr_secret", content, hashlib.sha256).hexdigest()
    return random.choice(
        [
            (bytes(flipped), header),
            (content[: random.randrange(len(content))], header),
            (content + random.choice([b" ", b"\n", b"\x00"]), header),
            (json.dumps(json.loads(content), separators=(",", ":")).encode(), header),
            (content, signed(content, random.choice(["other", "FR_SECRET", "", "be_secret"]))["X-Hub-Signature"]),
            (content, signed(content, "fr_secret|fr_new")["X-Hub-Signature"]),
            (content, header.upper()),
            (content, header[:-1]),
            (content, header.removeprefix("sha1=")),
            (content, f"sha256={sha256}"),
            (content, f"sha1={sha256}"),
            (content, ""),
        ]
    )


async def test_only_authentic_bytes_pass(inboxes):
    random = Random(3)
    changed = [mutant(random, number) for number in range(500)]
    answers = [await inboxes.send(content, {"X-Hub-Signature": header}) for content, header in changed]
    assert Counter(it.status_code for it in answers) == {401: 500}
    assert (await inboxes.send(json.dumps(told()).encode(), SERVICE)).status_code == 401
    assert (await inboxes.kept(), await inboxes.to_handle()) == ([], [])
