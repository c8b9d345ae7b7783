"""The speech adapter over real HTTP: on the sandbox, and on a server that only writes down what it is sent."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import pytest
from standardwebhooks import Webhook
from tests.adapters.vendors_line import a_capture, all_vendors
from tests.domain.makers import TEN, number

from growth.adapters.diabolocom.recordings import recording_url
from growth.adapters.partners.public_addresses import is_public
from growth.adapters.sandbox.speech import SECRET
from growth.adapters.speech.analysis import NeutralSpeech, credentials
from growth.adapters.speech.erasure import SpeechErasure
from growth.adapters.vendor_http import VendorHttp
from growth.domain.campaigns.entities.calls import WrapUp
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.speech import SpeechOrder
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.privacy.entities import Subject

CALLBACK = "https://growth.example/webhooks/speech"
CALL, LEAD = number(1), number(2)


def an_order(call=CALL, **changes):
    full = {
        "call_id": call,
        "lead_id": LEAD,
        "campaign_type": CampaignType.PVI,
        "language": "fr",
        "started_at": TEN,
        "duration_s": 184,
        "agent_id": "543",
        "team": "lyon",
        "wrapup": WrapUp.ARGUEDPOSITIVE,
        "wrapup_name": "RDV pris",
        "url": "https://recordings.example/1.mp3",
        "told_url": True,
        "content_type": "audio/mpeg",
        "channels": 2,
        "expires_at": TEN + timedelta(hours=1),
    }
    return SpeechOrder(**full | changes)


@asynccontextmanager
async def a_vendor(url, token="sandbox", **options):
    http = VendorHttp(url, credentials(token))
    try:
        yield NeutralSpeech(http, CALLBACK, **options)
    finally:
        await http.close()


@pytest.fixture
async def line():
    """The sandbox, and the adapter on it."""
    async with all_vendors() as vendors, a_vendor(f"{vendors.url}/speech") as speech:
        yield vendors, speech


async def send(speech, order=None):
    return await speech.send(order or an_order(), monotonic() + 5)


async def test_the_neutral_contract_goes_over_the_wire_word_for_word():
    with a_capture() as (port, heard):
        async with a_vendor(f"http://127.0.0.1:{port}/v9", token="t0ken") as speech:
            assert await send(speech) is None  # it was taken, under no name
            await speech.delete(CALL)
    (method, path, headers, body), (deleted, gone, _, nothing) = heard
    assert (method, path, deleted, gone, nothing) == ("POST", "/v9/calls", "DELETE", f"/v9/calls/{CALL}", None)
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer t0ken", str(CALL))
    assert body == {
        "call_id": str(CALL),
        "external_ref": f"lead:{LEAD}",
        "campaign_type": "PVI",
        "direction": "outbound",
        "language": "fr",
        "started_at": "2026-11-23T09:00:00Z",
        "duration_s": 184,
        "agent": {"id": "543", "team": "lyon"},
        "outcome": {"code": "RDV pris", "status": "arguedpositive"},
        "recording": {
            "url": "https://recordings.example/1.mp3",
            "content_type": "audio/mpeg",
            "channels": 2,
            "expires_at": "2026-11-23T10:00:00Z",
        },
        "callback": {"url": CALLBACK, "format": "standard-webhooks"},
    }


async def test_a_call_is_one_job_and_one_that_is_known_is_a_success(line):
    vendors, speech = line
    names = [await send(speech) for _ in range(3)]
    assert names == ["job_1"] * 3
    calls = (await vendors.ask("GET", "/speech/_sandbox/calls"))["calls"]
    assert [it["call_id"] for it in calls] == [str(CALL)]
    assert len(await vendors.log("speech")) == 3


async def test_what_is_not_known_is_left_out(line):
    vendors, speech = line
    unknown = ("campaign_type", "language", "duration_s", "agent_id", "team", "wrapup", "wrapup_name")
    rest = ("content_type", "channels", "expires_at")
    await send(speech, an_order(**dict.fromkeys((*unknown, *rest))))
    (call,) = (await vendors.ask("GET", "/speech/_sandbox/calls"))["calls"]
    assert call.keys() == {"call_id", "external_ref", "direction", "started_at", "recording", "callback"}
    assert call["recording"].keys() == {"url"}


async def test_nothing_personal_has_a_place_at_the_vendor(line):
    vendors, _ = line
    with a_capture() as (port, heard):
        async with a_vendor(f"http://127.0.0.1:{port}") as speech:
            await send(speech)
    body, headers = heard[0][3], {"Authorization": "Bearer sandbox", "Idempotency-Key": str(CALL)}
    for more in ({"email": "p1@example.org"}, {"phone": "+33199000001"}, {"name": "Ana"}):
        answer = await vendors.http.post("/speech/calls", json=body | more, headers=headers)
        assert answer.status_code == 400
    assert (await vendors.http.post("/speech/calls", json=body, headers=headers)).status_code == 202


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        *((status, None, GiveUp) for status in (400, 403, 404, 422)),
        *((status, None, OutcomeUnknown) for status in (500, 502, 503, 504)),
        (401, None, TryLater),
        (429, 90, TryLater),
    ],
)
async def test_refusals_are_for_good_faults_are_for_later(line, status, retry_after, expected):
    vendors, speech = line
    refuse = {"probability": 1, "status": status} | ({"retry_after": retry_after} if retry_after else {})
    await vendors.faults("speech", refuse=refuse)
    with pytest.raises(expected) as raised:
        await send(speech)
    assert type(raised.value) is expected
    if retry_after:
        assert (raised.value.after, raised.value.whole_vendor) == (timedelta(seconds=90), True)
    if status != 404:  # there is nothing to delete
        with pytest.raises(expected):
            await speech.delete(CALL)


async def test_a_process_that_was_held_up_sends_nothing(line):
    vendors, speech = line
    with pytest.raises(TryLater):
        await speech.send(an_order(), monotonic() - 1)
    assert await vendors.log("speech") == []


async def test_a_wrong_token_is_for_an_operator_to_mend(line):
    vendors, _ = line
    async with a_vendor(f"{vendors.url}/speech", token="other") as stranger:
        with pytest.raises(TryLater, match="check the settings"):
            await send(stranger)


async def test_forgetting_deletes_every_call_and_unknown_ones_are_forgotten_already(line):
    vendors, speech = line
    calls = [number(it) for it in range(1, 4)]
    for call in calls:
        await send(speech, an_order(call))
    await SpeechErasure(speech).erase(Subject(None, (), (), (), speech=(*calls[:2], uuid4())))
    left = (await vendors.ask("GET", "/speech/_sandbox/calls"))["calls"]
    assert [it["call_id"] for it in left] == [str(calls[2])]
    await SpeechErasure(speech).erase(Subject(None, (), (), ()))


async def test_in_production_hosts_with_an_inner_address_are_refused_and_unknown_ones_wait():
    addresses = {"in.example": ["10.1.2.3"], "mixed.example": ["9.9.9.9", "fd00::1"], "out.example": ["9.9.9.9"]}

    async def all_public(host, port):
        if host not in addresses:
            raise OSError
        assert port in {443, 8443}
        return all(map(is_public, addresses[host]))

    async with a_vendor("http://127.0.0.1:1", is_public=all_public) as speech:
        assert await speech.may_fetch("https://out.example/1")
        assert not await speech.may_fetch("https://in.example:8443/1")
        assert not await speech.may_fetch("https://mixed.example/1")
        with pytest.raises(TryLater):
            await speech.may_fetch("https://nowhere.example/1")
    async with a_vendor("http://127.0.0.1:1") as speech:
        assert await speech.may_fetch("https://in.example/1")


async def test_the_sandbox_tells_what_waits_once_and_signs_it(line):
    vendors, speech = line
    await send(speech)
    with a_capture() as (port, heard):
        asked = {"callback": f"http://127.0.0.1:{port}/hook", "scores": {"x": 1}}
        for told in ({str(CALL): 200}, {}):
            assert await vendors.ask("POST", "/speech/_sandbox/analyse", asked) == {"told": told}
    ((_, path, headers, body),) = heard
    assert (path, body["type"]) == ("/hook", "call.analysed")
    url = f"https://speech.example/transcripts/{CALL}"
    rest = {"job_id": "job_1", "status": "done", "transcript_url": url, "scores": {"x": 1}}
    assert body["data"] == {"call_id": str(CALL)} | rest
    Webhook(SECRET).verify(json.dumps(body), headers)


async def test_a_sandbox_whose_callback_nobody_hears_keeps_the_call_waiting(line):
    vendors, speech = line
    await send(speech)
    nobody = {"callback": "http://127.0.0.1:1/"}
    for _ in range(2):
        assert await vendors.ask("POST", "/speech/_sandbox/analyse", nobody) == {"told": {str(CALL): 0}}
    assert (await vendors.http.post("/speech/_sandbox/analyse", json={"x": 1})).status_code == 400
    await vendors.ask("POST", "/speech/_sandbox/reset", status=204)
    assert await vendors.ask("POST", "/speech/_sandbox/analyse", nobody) == {"told": {}}


def test_an_interaction_cannot_lead_out_of_its_place():
    url = recording_url("https://public-fr2.engage.diabolocom.com/", "a/../b?c")
    assert url == "https://public-fr2.engage.diabolocom.com/api/v1/recordings/interactions/a%2F..%2Fb%3Fc/content"
