"""From a request, or a signature, to what the vendors hear: over real HTTP to the sandbox."""

import json

import pytest
from tests.adapters import campaign_world
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import CAPTURE, SERVICE, service_on
from tests.domain.makers import TEN


@pytest.fixture
async def played(database_url, monkeypatch):
    """The service on Monday at ten (Paris), with vendors that write down what they hear."""
    async with all_vendors() as vendors:
        monkeypatch.setitem(campaign_world.ENVIRONMENT, "GROWTH_SANDBOX_URL", vendors.url)
        async with service_on(database_url) as service:
            await service.world.at(TEN)
            service.vendors = vendors
            yield service


async def heard(service, vendor):
    return [(entry["path"], json.loads(entry["body"])) for entry in await service.vendors.log(vendor)]


async def deliver(service):
    while await service.world.deliver():  # what waited for another message of its subject may be left over
        pass


async def put_flow(service, **changes):
    flow = {"country_code": "FR", "persona_type": "Company", "language": "fr"} | changes
    await service.ask("PUT", "/v1/self-serve-flows/flow-1", flow, status=202, role=CAPTURE)


async def ask(service, path, **body):
    body = {"email": "ada@example.org"} | body
    return (await service.post(path, body, status=202, role=CAPTURE))["submission_id"]


async def states(service):
    return {(it.kind, it.state, it.last_error) for it in await service.world.rows("message", "position")}


async def test_a_quote_request_is_posted_to_the_crew_and_starts_a_campaign(played):
    await put_flow(played)
    details = {"language": "fr", "company_name": "<Engines>", "qualification": {"cover": ["health"]}}
    await ask(played, "/v1/quote-requests", self_serve_flow_id="flow-1", phone_number="0612345678", **details)
    await deliver(played)
    ((channel, post),) = await heard(played, "slack")
    assert channel == "/services/inbound-fr"
    shown = post["blocks"][0]["text"]["text"]
    assert "*Company:* &lt;Engines&gt;\n*For:* Hugo Petit, Léa Moreau" in shown
    assert not [word for word in ("ada", "612345678") if word in json.dumps(post)]
    (person,) = await played.world.rows("prospect")
    told = await heard(played, "customerio")
    assert {path for path, _ in told} >= {f"/api/v1/customers/{person.id}", f"/api/v1/customers/{person.id}/events"}
    (event,) = [body for path, body in told if path.endswith("/events")]
    assert event["name"] == "company_quote_requested"
    assert event["data"] == {
        "language": "fr",
        "self_serve_flow_id": "flow-1",
        "self_serve_flow_link": "https://shop.example/?self_serve_flow_id=flow-1",
        "should_be_sent_to_crm": True,
        "quote_details": {"company_name": "<Engines>", "qualification": {"cover": ["health"]}},
    }
    assert told[-1][1] == event  # behind what is told of the person
    assert {(state, error) for _, state, error in await states(played)} == {("done", None)}


async def test_a_flow_that_changed_meanwhile_changes_nothing_of_what_was_asked(played):
    await put_flow(played)
    await ask(played, "/v1/email-captures", self_serve_flow_id="flow-1")
    await put_flow(played, country_code="ES", persona_type="SpainAutonomo", language="es")
    await deliver(played)
    (event,) = [body for path, body in await heard(played, "customerio") if path.endswith("/events")]
    assert (event["name"], event["data"]["language"]) == ("company_email_captured", "fr")


async def test_nobody_hears_of_a_person_who_was_erased_meanwhile(played):
    await put_flow(played)
    await ask(played, "/v1/email-captures", self_serve_flow_id="flow-1")
    await played.world.execute("UPDATE self_serve_flow SET prospect_id = NULL")
    for table in ("sales_request", "prospect_event", "prospect"):
        await played.world.execute(f"DELETE FROM {table}")
    await deliver(played)
    assert await heard(played, "slack") == await heard(played, "customerio") == []
    assert {(state, error) for _, state, error in await states(played)} == {("done", None)}


async def test_the_crew_is_told_though_the_mailer_is_down(played):
    await played.vendors.faults("customerio", refuse={"probability": 1, "status": 500})
    await ask(played, "/v1/prospect-requests", request_type="callback", country_code="BE")
    await ask(played, "/v1/prospect-requests", request_type="chat", country_code="BE")
    await deliver(played)
    assert [channel for channel, _ in await heard(played, "slack")] == ["/services/inbound-be"] * 2


async def test_a_channel_that_is_gone_is_told_to_operators(played):
    await played.vendors.ask("PUT", "/slack/_sandbox/channels", {"inbound-fr": "channel_is_archived"})
    await ask(played, "/v1/prospect-requests", request_type="callback", country_code="FR")
    await deliver(played)
    ((kind, _, error),) = [it for it in await states(played) if it[1] == "dead"]
    assert (kind, "GROWTH_SLACK_WEBHOOKS" in error) == ("slack.request", True)


async def test_a_signed_contract_is_posted_once_to_those_who_won_it(played):
    user = {"email": "rita@example.org", "country_code": "BE", "full_name": "Rita Rossi"}
    await played.ask("PUT", "/v1/users/rita", user, role=SERVICE)
    contract = {"user_id": "rita", "country_code": "BE", "reward_type": "company", "start_date": "2026-12-01"}
    path = "/v1/contracts/c-1"
    await played.ask("PUT", path, contract, role=SERVICE)
    await deliver(played)
    assert await heard(played, "slack") == []
    for _ in range(2):
        await played.ask("PUT", path, contract | {"signed_at": "2026-11-23T08:00:00Z"}, role=SERVICE)
    await deliver(played)
    ((channel, post),) = await heard(played, "slack")
    assert (channel, post["text"]) == ("/services/won-be", "A contract is signed · BE · c-1")
