"""W1, W3, W7 on Customer.io's webhook: what is authentic is kept and answered well, and never makes a person."""

import hashlib
import hmac
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.api.conftest import OPS, service_on
from tests.domain.makers import MONDAY

from growth.adapters.db.people import SqlEvents
from growth.api.webhooks import customerio
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.inbox import Unreadable
from growth.domain.kernel.person import newcomer
from growth.domain.prospects.ports.stores import ProspectsTx

SECRET = "cio_test"
ANA, ANAS = uuid4(), "ana@example.org"
SENT_AT = int((MONDAY - timedelta(hours=1)).timestamp())
PROPERTIES = {"campaign_id": 7, "template_id": 42, "delivery_id": "RPILAgUBcRhIBqSf"}


def an_event(metric="opened", kind="email", number=1, *, at=SENT_AT, id=str(ANA), email=ANAS, **data):
    identifiers = {"id": id, "email": email, "cio_id": "d9c106000001"}
    of_mail = {"delivery_id": PROPERTIES["delivery_id"], "campaign_id": 7, "action_id": 42, "recipient": email}
    told = {"customer_id": id, "identifiers": identifiers} | (of_mail if kind == "email" else {"email_address": email})
    head = {"event_id": f"01E4C4CT6YDC7Y5M7FE1GWW{number:03}", "object_type": kind, "metric": metric}
    return head | {"timestamp": at, "data": told | data}


def signed(content, secret=SECRET, stamp="1613063089"):
    value = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + content, hashlib.sha256).hexdigest()
    return {"X-CIO-Timestamp": stamp, "X-CIO-Signature": value}


class Mailings:
    """The service, and Customer.io telling it of mails."""

    def __init__(self, service):
        self.service, self.world = service, service.world

    async def send(self, content, headers):
        return await self.service.client.post("/webhooks/customerio", content=content, headers=headers)

    async def tell(self, event, *, status=200):
        content = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = await self.send(content, signed(content))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def know(self, id=ANA, email=ANAS, *, addresses=(), at=MONDAY - timedelta(days=2)):
        async with (await self.world.get(Begin[ProspectsTx]))() as tx:
            await tx.people.lock_or_add([newcomer(id, email, Country.FR, at)])
            await tx.people.add_addresses(id, addresses)

    async def kept(self):
        found = await self.service.every("/v1/inbox", limit=200)
        return [(it["topic"], it["state"], it["reason"]) for it in found[::-1]]

    async def events(self):
        return [(it.prospect_id, it.event_name, it.properties) for it in await self.world.rows("prospect_event")]

    async def subscribed(self):
        return {it.email: it.has_opted_in_to_commercial_emails for it in await self.world.rows("prospect")}


@pytest.fixture
async def mailings(service):
    mailings = Mailings(service)
    await mailings.know()
    return mailings


@pytest.mark.parametrize(
    ("metric", "more", "name", "link"),
    [
        ("sent", {"content": "<p>Hello Ana</p>", "headers": {"To": ANAS}}, "nurturing_mail_sent", None),
        ("opened", {}, "nurturing_mail_read", None),
        ("clicked", {"href": "https://u:p@shop.example/a?t=1#x", "link_id": 3}, "nurturing_mail_clicked", "/a"),
    ],
)
async def test_what_becomes_of_a_mail_is_an_event_of_the_person(mailings, metric, more, name, link):
    for _ in range(2):
        assert await mailings.tell(an_event(metric, **more)) == {"received": True}
    properties = PROPERTIES | ({"link": f"https://shop.example{link}"} if link else {})
    assert await mailings.events() == [(ANA, name, properties)]
    (event,) = await mailings.world.rows("prospect_event")
    assert event.occurred_at == datetime.fromtimestamp(SENT_AT, UTC)
    assert (event.caller, event.message_id) == ("growth", "customerio:01E4C4CT6YDC7Y5M7FE1GWW001")
    assert await mailings.kept() == [(f"email.{metric}", "handled", None)]


@pytest.mark.parametrize("machine", ["machine", "proxied", "prefetched", "synthetic"])
@pytest.mark.parametrize("metric", ["opened", "clicked"])
async def test_what_a_machine_did_is_no_interest(mailings, metric, machine):
    await mailings.tell(an_event(metric, **{machine: True}))
    await mailings.tell(an_event(metric, number=2, **{machine: False}))
    assert [(state, reason) for _, state, reason in await mailings.kept()] == [
        ("ignored", "machine"),
        ("handled", None),
    ]
    assert len(await mailings.events()) == 1


@pytest.mark.parametrize(
    ("more", "campaign_id", "template_id"),
    [
        ({"campaign_id": None, "broadcast_id": 8, "trigger_id": 2}, 8, 42),
        ({"campaign_id": None, "newsletter_id": 9, "content_id": 5}, 9, 5),
        ({"campaign_id": "c-1", "action_id": None}, "c-1", None),
    ],
)
async def test_a_mail_is_of_a_campaign_a_broadcast_or_a_newsletter(mailings, more, campaign_id, template_id):
    await mailings.tell(an_event(**more))
    ((_, _, properties),) = await mailings.events()
    assert (properties["campaign_id"], properties.get("template_id")) == (campaign_id, template_id)


@pytest.mark.parametrize(
    ("id", "email"),
    [
        ("user-9", ANAS),
        ("", " ANA@Example.ORG "),
        (str(uuid4()), ANAS),
        ("42", "other@example.org"),
        (str(ANA), "nobody@example.org"),
    ],
)
async def test_a_person_is_found_by_our_id_or_by_any_address(mailings, id, email):
    other = uuid4()
    await mailings.know(other, "bob@example.org", addresses=["other@example.org"])
    await mailings.tell(an_event(id=id, email=email))
    assert [it[0] for it in await mailings.events()] == [other if email.startswith("other") else ANA]


async def test_nobody_is_made_by_a_webhook(mailings):
    for number, metric in enumerate(["sent", "opened", "clicked", "unsubscribed", "spammed", "bounced"]):
        await mailings.tell(an_event(metric, number=number, id=str(uuid4()), email="nobody@example.org"))
    assert [(it.id, it.email) for it in await mailings.world.rows("prospect")] == [(ANA, ANAS)]
    assert await mailings.events() == []
    assert Counter((state, reason) for _, state, reason in await mailings.kept()) == {
        ("ignored", "unknown_person"): 3, ("ignored", "nobody_was_subscribed"): 2, ("handled", "mail_bounced"): 1
    }  # fmt: skip


async def test_who_came_back_has_no_mails_of_before(mailings):
    await mailings.know(uuid4(), "new@example.org", at=MONDAY)
    for number, seconds in enumerate([-86_400, -2, -1, 0]):
        at = int(MONDAY.timestamp()) + seconds
        await mailings.tell(an_event(number=number, id=str(uuid4()), email="new@example.org", at=at))
    assert [reason for _, _, reason in await mailings.kept()] == ["unknown_person", "unknown_person", None, None]


@pytest.mark.parametrize(
    ("metric", "kind"), [("unsubscribed", "email"), ("unsubscribed", "customer"), ("spammed", "email")]
)
@pytest.mark.parametrize("by", ["id", "address"])
async def test_who_unsubscribes_at_the_mailer_is_unsubscribed_here(mailings, metric, kind, by):
    named = {"email": ""} if by == "id" else {"id": ""}
    if kind == "email" and by == "id":
        named["recipient"] = "elsewhere@example.org"
    await mailings.know(uuid4(), "bob@example.org")
    for number in range(2):
        await mailings.tell(an_event(metric, kind, number, **named))
    assert await mailings.subscribed() == {ANAS: False, "bob@example.org": True}
    settled = [(state, reason) for _, state, reason in await mailings.kept()]
    assert settled == [("handled", None), ("ignored", "nobody_was_subscribed")]
    told = [(it.kind, it.subject) for it in await mailings.world.rows("message", "position")]
    assert told == [("customerio.person", f"prospect:{ANA}")]


NOT_ACTED_ON = [
    ("bounced", "email", ("handled", "mail_bounced")),
    ("dropped", "email", ("handled", "mail_dropped")),
    ("failed", "email", ("handled", "mail_failed")),
    ("undeliverable", "email", ("handled", "mail_undeliverable")),
    ("delivered", "email", ("ignored", "not_acted_on")),
    ("subscribed", "customer", ("ignored", "not_acted_on")),
    ("cio_subscription_preferences_changed", "customer", ("ignored", "not_acted_on")),
    ("beamed", "email", ("ignored", "unknown_metric")),
    ("sent", "sms", ("ignored", "unknown_metric")),
]


@pytest.mark.parametrize(("metric", "kind", "settled"), NOT_ACTED_ON)
async def test_the_rest_is_kept_with_its_reason_and_answered_well(mailings, metric, kind, settled):
    await mailings.tell(an_event(metric, kind, failure_message=f"550 <{ANAS}> is full"))
    assert await mailings.kept() == [(f"{kind}.{metric}", *settled)]
    assert (await mailings.events(), await mailings.subscribed()) == ([], {ANAS: True})


UNREADABLE = [
    pytest.param(an_event() | {"data": None}, "email.opened", "data is missing", id="no data"),
    pytest.param(an_event() | {"data": []}, "email.opened", "data is not an object", id="data of another kind"),
    pytest.param(an_event(campaign_id=None), "email.opened", "campaign_id is missing", id="no campaign"),
    pytest.param(an_event(delivery_id=7), "email.opened", "delivery_id is not a text", id="a delivery in numbers"),
    pytest.param(an_event(recipient="nobody"), "email.opened", "the address is none", id="no address"),
    pytest.param(an_event() | {"timestamp": "now"}, "email.opened", "timestamp is not", id="a time in words"),
    pytest.param(an_event() | {"metric": 7}, "unknown", "metric is not a text", id="a metric in numbers"),
    pytest.param({"event_id": "e"}, "unknown", "object_type is missing", id="neither type nor metric"),
    pytest.param({}, "unknown", "object_type is missing", id="nothing"),
    pytest.param(b"[]", "unreadable", "object_type is missing", id="no object"),
    pytest.param(b"\xff{", "unreadable", "object_type is missing", id="no JSON"),
    pytest.param(b'{"event_id": "\\ud83d", "metric": "sent"}', "unreadable", "object_type", id="half a character"),
]


@pytest.mark.parametrize(("event", "topic", "reason"), UNREADABLE)
async def test_a_shape_that_is_unknown_is_kept_as_failed_and_answered_well(mailings, event, topic, reason):
    for _ in range(2):
        await mailings.tell(event)
    ((kept_as, state, why),) = await mailings.kept()
    assert (kept_as, state) == (topic, "failed")
    assert why.startswith(reason)
    assert await mailings.events() == []
    await mailings.tell(an_event(number=9))
    assert len(await mailings.events()) == 1


async def test_an_event_without_an_id_is_known_by_what_it_says(mailings):
    event = an_event()
    del event["event_id"]
    await mailings.tell(event)
    await mailings.tell(event)
    await mailings.tell(event | {"timestamp": SENT_AT + 1})
    assert len(await mailings.events()) == 2


async def test_the_misspelt_name_of_a_field_is_understood(mailings):
    event = an_event("cio_subscription_preferences_changed", "customer")
    event["object_type_type"] = event.pop("object_type")
    await mailings.tell(event)
    assert await mailings.kept() == [("customer.cio_subscription_preferences_changed", "ignored", "not_acted_on")]


async def test_neither_the_mail_nor_what_a_link_carries_is_kept(mailings):
    secrets = {
        "content": "token-in-mail",
        "headers": {"List-Unsubscribe": "<https://x.example/unsubscribe/token-in-mail>"},
    }
    await mailings.tell(an_event("sent", **secrets))
    await mailings.tell(
        an_event("clicked", number=2, href="https://x.example/unsubscribe/token-in-mail?a=token-in-mail")
    )
    assert "token-in-mail" not in json.dumps([repr(it) for table in ("inbox_event", "prospect_event")
                                              for it in await mailings.world.rows(table)])  # fmt: skip
    assert (await mailings.events())[1][2]["link"] == "https://x.example/unsubscribe"


async def test_a_fault_of_ours_is_kept_and_holds_nothing_back(mailings, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(SqlEvents, "add", broken)
        await mailings.tell(an_event())
    assert await mailings.kept() == [("email.opened", "failed", "RuntimeError")]
    assert await mailings.events() == []
    await replay(mailings)
    assert (await mailings.kept(), len(await mailings.events())) == ([("email.opened", "handled", None)], 1)


async def test_a_lost_database_is_the_one_thing_that_is_told(mailings, monkeypatch):
    async def lost(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(SqlEvents, "add", lost)
    assert (await mailings.tell(an_event(), status=503))["code"] == "database-unavailable"
    assert await mailings.kept() == []


async def test_what_could_not_be_read_is_handled_when_it_is_replayed(mailings, monkeypatch):
    def unreadable(*_):
        raise Unreadable("a version to come")

    with monkeypatch.context() as patch:
        patch.setattr(customerio, "read_mail_news", unreadable)
        await mailings.tell(an_event())
    assert await mailings.kept() == [("email.opened", "failed", "a version to come")]
    await replay(mailings)
    assert len(await mailings.events()) == 1


async def test_an_event_that_stays_unreadable_stays_failed(mailings):
    await mailings.tell(an_event(campaign_id=None))
    await replay(mailings)
    assert await mailings.kept() == [("email.opened", "failed", "campaign_id is missing")]


async def replay(mailings):
    (kept,) = await mailings.service.every("/v1/inbox")
    answer = await mailings.service.client.post(f"/v1/inbox/{kept['id']}/replay", headers=OPS)
    assert answer.status_code < 300, answer.text
    await mailings.world.deliver()


async def broken(*_):
    raise RuntimeError("ana@example.org broke it")


def mutant(random, number):
    """A signed delivery, changed in its body or its headers."""
    content = json.dumps(an_event("sent", number=number)).encode()
    headers = signed(content)
    value = headers["X-CIO-Signature"]
    stripes = hmac.new(SECRET.encode(), b"1613063089." + content, hashlib.sha256).hexdigest()
    flipped = bytearray(content)
    flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return random.choice(
        [
            (bytes(flipped), headers),
            (content[: random.randrange(len(content))], headers),
            (content + random.choice([b" ", b"\n", b"\x00"]), headers),
            (json.dumps(json.loads(content), separators=(",", ":")).encode(), headers),
            (content, {}),
            (content, signed(content, random.choice(["other", SECRET.upper(), ""]))),
            (content, headers | {"X-CIO-Timestamp": str(random.randrange(10**9, 2 * 10**9))}),
            (content, headers | {"X-CIO-Signature": value.upper()}),
            (content, headers | {"X-CIO-Signature": value[:-1]}),
            (content, headers | {"X-CIO-Signature": stripes}),
            (content, headers | {"X-CIO-Signature": f"v1={value}"}),
        ]
    )


async def test_only_authentic_bytes_pass(mailings):
    random = Random(3)
    answers = Counter([(await mailings.send(*mutant(random, number))).status_code for number in range(500)])
    assert (answers, await mailings.kept(), await mailings.events()) == ({401: 500}, [], [])


async def test_an_old_stamp_is_good_and_counts_once(mailings):
    content = json.dumps(an_event()).encode()
    for stamp in ("1", "1613063089", "1900000000"):
        headers = signed(content, stamp=stamp)
        assert (
            await mailings.send(content, headers | {"X-CIO-Signature": f"v0={headers['X-CIO-Signature']}"})
        ).is_success
    assert len(await mailings.events()) == 1


async def test_no_delivery_is_refused_while_a_secret_is_rotated(database_url, monkeypatch):
    for step, (secrets, *statuses) in enumerate([("old", 200, 401), ("old|new", 200, 200), ("new", 401, 200)]):
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_CUSTOMERIO_WEBHOOK_SECRET", secrets)
        async with service_on(database_url) as service:
            for number, secret in enumerate(["old", "new"]):
                content = json.dumps(an_event("delivered", number=10 * step + number)).encode()
                answer = await Mailings(service).send(content, signed(content, secret))
                assert answer.status_code == statuses[number]


@pytest.mark.parametrize("secret", ["", " | "])
async def test_without_a_secret_there_is_no_such_route(database_url, monkeypatch, secret):
    monkeypatch.setitem(ENVIRONMENT, "GROWTH_CUSTOMERIO_WEBHOOK_SECRET", secret)
    async with service_on(database_url) as service:
        content = json.dumps(an_event()).encode()
        answer = await Mailings(service).send(content, signed(content, ""))
        assert (answer.status_code, await service.world.rows("inbox_event")) == (404, [])


@pytest.mark.parametrize(("hours", "possible"), [(23, True), (26, False), (-48, True)])
async def test_a_time_of_the_future_is_none(mailings, hours, possible):
    at = MONDAY.replace(microsecond=0) + timedelta(hours=hours)
    await mailings.tell(an_event(at=int(at.timestamp())))
    (event,) = await mailings.world.rows("prospect_event")
    assert (event.occurred_at == at) is possible
    assert abs(event.received_at - MONDAY) < timedelta(minutes=5)
    assert possible or event.occurred_at == event.received_at
