"""Customer.io's adapter against what the vendor's own SDK sends, what is known of its API, and the sandbox."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import jsonschema_rs
import pytest
import yaml
from customerio import CustomerIO
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.vendors_line import a_capture, all_vendors

from growth.adapters.customerio import wire
from growth.adapters.customerio.erasure import CustomerioErasure
from growth.adapters.customerio.mailer import CustomerioMailer, credentials
from growth.adapters.vendor_http import VendorHttp
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.privacy.entities import Subject

ANA = UUID("0190163d-8694-739b-aea5-966c26f8ad91")
AT = datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SITE, KEY = "site-1", "key:with a colon"
DESCRIPTION = yaml.safe_load((Path(__file__).parents[1] / "data" / "customerio-track.unofficial.yaml").read_text())


class Sdk(CustomerIO):
    """The vendor's SDK, led to our server: it would call https for a batch in any case."""

    def __init__(self, port):
        super().__init__(SITE, KEY, retries=0)
        self.base_url = f"http://127.0.0.1:{port}/api/v1"

    def send_request(self, method, url, data):
        return super().send_request(method, re.sub(r"https://[^/]+", self.base_url.removesuffix("/api/v1"), url), data)


@asynccontextmanager
async def a_mailer(url, site_id=SITE, api_key=KEY):
    http = VendorHttp(url, credentials(site_id, api_key))
    yield CustomerioMailer(http)
    await http.close()


ATTRIBUTES = {"email": "ana@example.org", "created_at": AT, "unsubscribed": True, "plan": "é", "score": 1.5, "n": 3}
DATA = {"country": "FR", "at": AT, "nested": {"list": [1, "zwei", None]}}
ID = wire.ulid(AT, ANA)
CALLS = [
    pytest.param(lambda m: m.identify(ANA, ATTRIBUTES), lambda s: s.identify(str(ANA), **ATTRIBUTES), id="identify"),
    pytest.param(
        lambda m: m.identify("a+b/ü é%@ex.fr", {"unsubscribed": True}, only_known=True),
        lambda s: s.identify("a+b/ü é%@ex.fr", unsubscribed=True, _update=True),
        id="an address, encoded",
    ),
    pytest.param(
        lambda m: m.track(ANA, "quote", DATA, AT, ANA),
        lambda s: s.track(str(ANA), "quote", DATA, id=ID, timestamp=AT),
        id="track",
    ),
    pytest.param(
        lambda m: m.track("ana@example.org", "bare", {}, AT, ANA),
        lambda s: s.track("ana@example.org", "bare", id=ID, timestamp=AT),
        id="track without data",
    ),
    pytest.param(lambda m: m.delete(ANA), lambda s: s.delete(str(ANA)), id="delete"),
    pytest.param(
        lambda m: m.suppress([ANA, "ana@example.org"]),
        lambda s: s.batch(
            [
                {"type": "person", "identifiers": {"id": str(ANA)}, "action": "suppress"},
                {"type": "person", "identifiers": {"email": "ana@example.org"}, "action": "suppress"},
            ]
        ),
        id="suppress in a batch",
    ),
    pytest.param(
        lambda m: m.unsuppress([ANA]),
        lambda s: s.batch([{"type": "person", "identifiers": {"id": str(ANA)}, "action": "unsuppress"}]),
        id="unsuppress in a batch",
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), CALLS)
async def test_the_vendors_own_sdk_sends_the_same(ours, theirs):
    with a_capture() as (port, heard):
        async with a_mailer(f"http://127.0.0.1:{port}") as mailer:
            await ours(mailer)
        sdk = Sdk(port)
        await asyncio.to_thread(theirs, sdk)
        sdk.close()
    (mine, its) = [(method, path, headers["authorization"], body) for method, path, headers, body in heard]
    assert mine == its
    assert [headers["content-type"] for _, _, headers, _ in heard] == ["application/json"] * 2


def fits(method, path, body):
    """Hold a request against what is known of the vendor's API."""
    for template, item in DESCRIPTION["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in item:
            operation = item[method.lower()]
            break
    else:
        raise AssertionError(f"the vendor has no {method} {path}")
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        whole = schema | {"components": DESCRIPTION["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(body)


@pytest.mark.parametrize("ours", [pytest.param(it.values[0], id=it.id) for it in CALLS])
async def test_every_request_fits_the_description(ours):
    with a_capture() as (port, heard):
        async with a_mailer(f"http://127.0.0.1:{port}") as mailer:
            await ours(mailer)
    ((method, path, _, body),) = heard
    fits(method, path, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/customers/a/events", {"data": {}}),
        ("/api/v1/customers/a/events", {"name": "x", "id": "not a ulid"}),
        ("/api/v2/batch", {"batch": [{"type": "person", "action": "forget"}]}),
        ("/api/v1/customers", {}),
    ],
)
def test_a_request_that_the_vendor_does_not_know_is_found(path, body):
    with pytest.raises((jsonschema_rs.ValidationError, AssertionError)):
        fits("POST", path, body)


@given(st.integers(0, 10**13), st.text(max_size=50))
def test_an_event_has_one_ulid_which_tells_its_time(milliseconds, event_id):
    at = EPOCH + timedelta(milliseconds=milliseconds)
    id_ = wire.ulid(at, event_id)
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", id_)
    assert id_ == wire.ulid(at, event_id)
    assert id_ != wire.ulid(at, event_id + "x")
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    moment = sum(digits.index(letter) * 32**place for place, letter in enumerate(reversed(id_[:10])))
    assert moment == milliseconds
    assert wire.ulid(at + timedelta(milliseconds=1), event_id) > id_


@given(st.dictionaries(st.text(max_size=200), st.text(max_size=1_500) | st.integers() | st.none(), max_size=5))
def test_attributes_are_cut_to_what_the_vendor_keeps(attributes):
    kept = wire.attributes(attributes)
    for name, value in kept.items():
        assert len(name.encode()) <= 150
        if isinstance(value, str):
            assert len(value.encode()) <= 1_000
            assert attributes[name].startswith(value)
            assert value == attributes[name] or len(value.encode()) > 1_000 - 4
        else:
            assert value == attributes[name]
    left_out = {name: attributes[name] for name in attributes.keys() - kept.keys()}
    assert all(value is None or len(name.encode()) > 150 for name, value in left_out.items())


def test_what_has_no_short_form_is_left_out():
    assert wire.attributes({"list": ["x" * 2_000], "short": ["x"], "none": None}) == {"short": ["x"]}
    assert len(wire.attributes({str(number): number for number in range(400)})) == 300


def test_an_event_is_cut_in_its_name_and_refused_in_its_data():
    assert wire.event("é" * 80, {}, AT, ANA)["name"] == "é" * 50
    assert wire.event("x", {"text": "y" * 99_900}, AT, ANA)["data"] == {"text": "y" * 99_900}
    with pytest.raises(GiveUp, match="100000"):
        wire.event("x", {"text": "é" * 50_000}, AT, ANA)


@given(st.lists(st.integers(1, 31_000), max_size=60))
def test_batches_hold_every_operation_once_and_are_never_too_big(sizes):
    operations = [{"n": number, "x": "y" * size} for number, size in enumerate(sizes)]
    parts = list(wire.batches(operations))
    assert [it for part in parts for it in part] == operations
    lengths = [len(wire.content({"batch": part})) for part in parts]
    assert all(length <= 500_000 for length in lengths)
    assert all(here + after > 500_000 - 31_100 for here, after in pairwise(lengths))
    with pytest.raises(GiveUp, match="32000"):
        list(wire.batches([*operations, {"x": "y" * 32_000}]))


@pytest.fixture
async def vendors():
    async with all_vendors() as vendors:
        yield vendors


@pytest.fixture
async def mailer(vendors):
    async with a_mailer(f"{vendors.url}/customerio", "sandbox", "sandbox") as mailer:
        yield mailer


async def test_people_are_known_by_attributes_and_events_once_each(vendors, mailer):
    for _ in range(2):
        await mailer.identify(ANA, ATTRIBUTES)
        await mailer.track(ANA, "quote", DATA, AT, "request-1")
    await mailer.track("ana@example.org", "quote", {}, AT, "request-2")
    await mailer.identify("ana@example.org", {"plan": "y"}, only_known=True)
    await mailer.identify("nobody@example.org", {"plan": "y"}, only_known=True)
    (person,) = (await vendors.people())["people"]
    assert (person["id"], person["email"], person["unsubscribed"]) == (str(ANA), "ana@example.org", True)
    assert person["attributes"] == {
        "created_at": 1767603600, "unsubscribed": True, "plan": "y", "score": 1.5, "n": 3
    }  # fmt: skip
    assert [it["timestamp"] for it in person["events"]] == [1767603600] * 2
    assert (await vendors.log("customerio"))[0]["path"] == f"/api/v1/customers/{ANA}"


async def test_an_address_of_another_profile_is_accepted_and_not_applied(vendors, mailer):
    other = UUID(int=7)
    await mailer.identify(other, {"email": "ana@example.org"})
    await mailer.identify(ANA, {"email": "ana@example.org", "unsubscribed": True})
    await mailer.identify("ana@example.org", {"unsubscribed": True}, only_known=True)
    shown = await vendors.people()
    assert [(it["id"], it["unsubscribed"]) for it in shown["people"]] == [(str(other), True)]
    assert [it["kind"] for it in shown["failures"]] == ["Attribute Update Failure"]


async def test_who_is_suppressed_stays_away_until_unsuppressed(vendors, mailer):
    await mailer.identify(ANA, {"email": "ana@example.org"})
    for _ in range(2):
        await mailer.suppress([ANA, "other@example.org"])
    await mailer.identify(ANA, {"plan": "x"})
    await mailer.track("ana@example.org", "quote", {}, AT, ANA)
    await mailer.identify("other@example.org", {})
    assert (await vendors.people())["people"] == []
    await mailer.unsuppress([ANA, "ana@example.org", "other@example.org"])
    await mailer.identify(ANA, {"email": "ana@example.org"})
    shown = await vendors.people()
    assert [it["email"] for it in shown["people"]] == ["ana@example.org"]
    assert shown["suppressed"] == [{"cio_id": "000000000001"}]


@pytest.mark.parametrize(
    ("emails", "in_use", "expected"),
    [
        (["ana@example.org", "a2@example.org"], [], ({"bob"}, {"ana@example.org", "a2@example.org", str(ANA)})),
        (["a2@example.org"], ["ana@example.org"], ({"bob"}, {"a2@example.org"})),
        ([], ["ana@example.org"], ({"bob"}, set())),
        (["bob@example.org"], ["ana@example.org"], (set(), {"bob@example.org", "bob"})),
    ],
)
async def test_who_is_erased_is_forgotten_but_nobody_who_stays(vendors, mailer, emails, in_use, expected):
    await mailer.identify(ANA, {"email": "ana@example.org"})
    await mailer.identify("bob@example.org", {"id": "bob"})
    for _ in range(2):
        await CustomerioErasure(mailer).erase(Subject(ANA, (*emails,), (), (), (*in_use,)))
    shown = await vendors.people()
    suppressed = {value for it in shown["suppressed"] for kind, value in it.items() if kind != "cio_id"}
    assert ({it["id"] for it in shown["people"]}, suppressed) == expected


async def test_nobody_is_told_of_a_subject_without_names(vendors, mailer):
    await CustomerioErasure(mailer).erase(Subject(None, (), (), (), ()))
    assert await vendors.log("customerio") == []


async def test_who_is_deleted_may_come_back(vendors, mailer):
    await mailer.identify(ANA, {"plan": "x"})
    await mailer.delete(ANA)
    assert (await vendors.people())["people"] == []
    await mailer.identify(ANA, {})
    assert [it["attributes"] for it in (await vendors.people())["people"]] == [{}]


async def test_of_a_batch_only_what_was_refused_is_sent_again_and_named_by_its_reason(vendors, mailer):
    with pytest.raises(GiveUp) as refused:
        await mailer.suppress(["ana@example.org", "", "bob@example.org"])
    assert str(refused.value) == "Customer.io refused 1 of 3 operations: required."
    batches = [json.loads(it["body"])["batch"] for it in await vendors.log("customerio")]
    assert [len(it) for it in batches] == [3, 1]
    assert [it["email"] for it in (await vendors.people())["suppressed"]] == ["ana@example.org", "bob@example.org"]


@pytest.mark.parametrize(
    "answer",
    [{}, {"errors": []}, {"errors": [{"batch_index": 1}]}, {"errors": [{"batch_index": -1}]}, [], None, {"errors": 1}],
)
def test_an_answer_207_that_does_not_say_which_is_an_unknown_outcome(answer):
    with pytest.raises(OutcomeUnknown):
        wire.refusals(answer, [{"type": "person"}])


def test_a_reason_is_a_word_and_nothing_personal():
    told = {"errors": [{"batch_index": 0, "reason": "ana@example.org is wrong", "message": "ana@example.org"}]}
    assert [it.reason for it in wire.refusals(told, [{}])] == ["?"]


async def test_wrong_credentials_are_for_an_operator_to_put_right(vendors):
    async with a_mailer(f"{vendors.url}/customerio", "sandbox", "wrong") as mailer:
        for call in (mailer.identify(ANA, {}), mailer.suppress([ANA])):
            with pytest.raises(TryLater, match="check the settings"):
                await call
    assert (await vendors.people())["suppressed"] == []


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"refuse": {"probability": 1.0, "status": 429, "retry_after": 7}}, TryLater),
        ({"refuse": {"probability": 1.0, "status": 500}}, OutcomeUnknown),
        ({"refuse": {"probability": 1.0, "status": 400}}, GiveUp),
        ({"html": 1.0}, OutcomeUnknown),
        ({"drop_answer": 1.0}, OutcomeUnknown),
    ],
)
async def test_what_goes_wrong_says_nothing_of_the_person(vendors, mailer, fault, raised):
    await vendors.faults("customerio", **fault)
    with pytest.raises(raised) as failure:
        await mailer.identify("ana@example.org", {"first_name": "Ana"})
    assert type(failure.value) is raised
    assert "ana" not in str(failure.value).lower()


async def test_an_identifier_reaches_the_vendor_as_it_is(vendors, mailer):
    odd = "o'brien+tag/50%@exämple.org"
    await mailer.identify(odd, {})
    assert unquote((await vendors.log("customerio"))[0]["path"]).endswith(f"/{unquote(odd)}")
    assert [it["email"] for it in (await vendors.people())["people"]] == [odd]
