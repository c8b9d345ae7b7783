"""Conversations from Intercom's notification to the note on its desk, over HTTP, with the sandbox in its place."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import OPS, SERVICE, service_on
from tests.api.desk import HUGO, LEA, SETTINGS, SIREN, TEAMS, Desk, seconds
from tests.domain.makers import MONDAY, TEN

ANA, BEN = "ana@example.org", "ben@example.org"
CHAT = {"tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "self serve chat"}]}}
DAY = timedelta(days=1)


@pytest.fixture
async def desk(database_url, monkeypatch):
    async with all_vendors() as vendors:
        for name, value in {"GROWTH_SANDBOX_URL": vendors.url, **SETTINGS}.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        async with service_on(database_url) as service:
            desk = Desk(service, vendors)
            await desk.at(TEN)
            yield desk


@pytest.mark.parametrize(
    ("topic", "item", "event"),
    [
        ("conversation.user.replied", {}, "sales_inbound_mail_replied"),
        ("conversation.user.replied", CHAT, "sales_inbound_chat_replied"),
        ("conversation.admin.replied", {}, "sales_inbound_mail_sent"),
        ("conversation.admin.replied", CHAT, "sales_inbound_chat_sent"),
    ],
)
async def test_a_reply_becomes_one_event_however_often_it_is_delivered(desk, topic, item, event):
    id_ = await desk.person(ANA)
    told = desk.told(73, ANA, topic=topic, **item)
    await asyncio.gather(*(desk.send(told) for _ in range(5)))
    await desk.world.deliver()
    await desk.send(told)
    await desk.world.deliver()
    (kept,) = await desk.world.rows("prospect_event")
    assert (str(kept.prospect_id), kept.event_name, kept.country_code) == (id_, event, "FR")
    assert (kept.caller, kept.message_id, kept.occurred_at) == ("intercom", "notif_1", TEN)
    assert await desk.inbox() == [("handled", None)]
    lines = (await desk.service.get(f"/v1/prospects/{id_}/timeline"))["items"]
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("email", "changes", "reason"),
    [
        (ANA, {"topic": "conversation.admin.closed"}, "topic"),
        ("unknown", {}, "no_email"),
        (ANA, {"team_assignee_id": None}, "no_team"),
        (ANA, {"team_assignee_id": 0}, "no_team"),
        (ANA, {"team_assignee_id": TEAMS["BE"]}, "no_inbound_team"),
        (BEN, {}, "unknown_person"),
    ],
)
async def test_what_is_none_of_inbound_sales_is_stored_and_ignored(desk, email, changes, reason):
    await desk.person(ANA)
    await desk.hear(73, email, **changes)
    assert await desk.inbox() == [("ignored", reason)]
    assert await desk.events() == []


async def test_a_workspace_of_no_country_is_ignored(desk):
    await desk.person(ANA)
    await desk.send(desk.told(73, ANA) | {"app_id": "else"})
    await desk.world.deliver()
    assert await desk.inbox() == [("ignored", "country_without_workspace")]


async def test_a_reply_without_address_and_team_is_completed_by_the_helpdesk(desk):
    await desk.person(ANA)
    await desk.contact("c1", email=ANA)
    await desk.conversation(73, "c1")
    told = desk.told(73, ANA)
    item = {key: it for key, it in told["data"]["item"].items() if key not in {"team_assignee_id", "source"}}
    await desk.send(told | {"data": {"item": item}})
    await desk.world.deliver()
    assert await desk.events() == [("sales_inbound_mail_replied", "notif_1")]


async def test_a_silent_helpdesk_delays_a_reply_and_loses_none(desk):
    await desk.person(ANA)
    await desk.contact("c1", email=ANA)
    await desk.conversation(73, "c1")
    await desk.vendors.faults("intercom", refuse={"probability": 1.0, "status": 500})
    told = desk.told(73, ANA)
    del told["data"]["item"]["team_assignee_id"]
    await desk.send(told)
    await desk.world.deliver()
    assert await desk.inbox() == [("received", None)]
    await desk.vendors.faults("intercom")
    await desk.at(TEN + timedelta(minutes=5))
    await desk.world.deliver()
    assert await desk.events() == [("sales_inbound_mail_replied", "notif_1")]


async def test_a_misshapen_reply_is_kept_with_its_reason(desk):
    told = desk.told(73, ANA)
    del told["data"]["item"]["id"]
    await desk.send(told)
    await desk.world.deliver()
    ((state, reason),) = await desk.inbox()
    assert (state, "id" in reason) == ("failed", True)


async def a_family(desk):
    """Ana with a second address, a colleague, and somebody with her number; each with a conversation."""
    ana = await desk.person(ANA, phone="+33199000001", company_id=SIREN, secondary_emails=["ana@home.example"])
    await desk.person(BEN, company_id=SIREN)
    await desk.contact("c-ana", email=ANA)
    await desk.contact("c-ben", email=BEN)
    await desk.contact("c-home", email="ana@home.example")
    await desk.contact("c-phone", phone="+33199000001")
    await desk.conversation(1, "c-ana")
    await desk.conversation(2, "c-ana", admin_assignee_id=HUGO)
    await desk.conversation(3, "c-ben", state="closed")
    await desk.conversation(4, "c-home", team_assignee_id=None, admin_assignee_id=LEA)
    await desk.conversation(5, "c-phone", state="snoozed")
    return ana


ALL = [("2", "same_prospect"), ("3", "same_company"), ("4", "secondary_email"), ("5", "same_phone")]


async def test_duplicates_are_found_by_four_routes_and_noted_once(desk):
    ana = await a_family(desk)
    assert await desk.detect(1, prospect_id=ana) == (ALL, True)
    (note,) = await desk.notes(1)
    for part in ("Conversation 2</a>: open, Hugo Petit", "Conversation 3</a>: closed", "app.intercom.com"):
        assert part in note
    assert await desk.detect(1, prospect_id=ana) == (ALL, False)
    await desk.conversation(2, "c-ana", state="closed", admin_assignee_id=LEA)
    assert await desk.detect(1) == (ALL, False)
    await desk.conversation(6, "c-ben")
    found, noted = await desk.detect(1)
    assert (("6", "same_company") in found, noted) == (True, True)
    assert len(await desk.notes(1)) == 2
    assert await desk.notes(2) == []


async def test_those_of_others_and_those_closed_long_ago_are_no_duplicates(desk):
    ana = await desk.person(ANA)
    await desk.contact("c-ana", email=ANA)
    await desk.conversation(1, "c-ana")
    await desk.conversation(2, "c-ana", team_assignee_id=99)
    await desk.conversation(3, "c-ana", state="closed", updated_at=seconds(TEN - 31 * DAY))
    await desk.conversation(4, "c-ana", state="closed", updated_at=seconds(TEN - 29 * DAY))
    assert await desk.detect(1, prospect_id=ana) == ([("4", "same_prospect")], True)


async def test_a_reply_has_duplicates_noted_and_searches_that_lag_are_helped_out(desk):
    await desk.person(ANA)
    await desk.contact("c-ana@example.org", email=ANA)
    await desk.at(TEN + timedelta(minutes=5))
    await desk.vendors.ask("PUT", "/intercom/_sandbox/settings", {"search_lag": 180}, status=200)
    await desk.conversation(1, "c-ana@example.org")
    await desk.conversation(2, "c-ana@example.org")
    await desk.hear(1, ANA)
    assert await desk.notes(1) == []  # the search knows of none yet, nor do we
    await desk.hear(2, ANA)
    (note,) = await desk.notes(2)
    assert "Conversation 1</a>" in note


async def test_two_replies_at_once_leave_one_note(desk):
    await desk.person(ANA)
    await desk.contact("c-ana@example.org", email=ANA)
    await desk.conversation(1, "c-ana@example.org")
    await desk.conversation(2, "c-ana@example.org")
    await asyncio.gather(*(desk.send(desk.told(1, ANA)) for _ in range(4)))
    await asyncio.gather(*(desk.world.deliver() for _ in range(4)))
    await asyncio.gather(*(desk.detect(1) for _ in range(4)))
    assert len(await desk.notes(1)) == 1
    assert len(await desk.events()) == 4


async def test_a_note_whose_answer_was_lost_is_not_left_twice(desk):
    ana = await a_family(desk)
    await desk.vendors.faults("intercom", path="/conversations/1/reply", drop_answer=1.0)
    await desk.detect(1, prospect_id=ana)
    await desk.vendors.faults("intercom")
    await desk.at(TEN + timedelta(minutes=5))
    await desk.world.deliver()
    assert len(await desk.notes(1)) == 1
    assert [it.state for it in await desk.world.rows("message") if it.kind == "conversation.note"] == ["done"]


async def test_in_belgium_duplicates_are_found_by_address_and_not_noted(desk):
    await desk.person(ANA, country_code="BE", company_id="0403170701", secondary_emails=["ana@home.example"])
    await desk.contact("c1", country="BE", email=ANA)
    await desk.contact("c2", country="BE", email="ana@home.example")
    for number, contact in ((1, "c1"), (2, "c1"), (3, "c2")):
        await desk.conversation(number, contact, country="BE")
    assert await desk.detect(1, "BE") == ([("2", "same_prospect")], False)
    assert await desk.notes(1, "BE") == []


async def test_what_cannot_be_detected_is_refused(desk):
    path = "/v1/conversations/{}/detect-duplicates"
    for number, body, status, code in (
        (1, {"country_code": "ES"}, 409, "not-in-this-country"),
        (9, {"country_code": "FR"}, 404, "unknown-conversation"),
        ("..", {"country_code": "FR"}, 404, "no-such-route"),
        ("abc", {"country_code": "FR"}, 404, "unknown-conversation"),
        (1, {"country_code": "FR", "prospect_id": str(uuid4())}, 404, "unknown-person"),
        (1, {"country_code": "FR", "user_id": "nobody"}, 404, "unknown-person"),
    ):
        if number == 1:
            await desk.contact("c-ana", email=ANA)
            await desk.conversation(1, "c-ana")
        assert (await desk.service.refused("POST", path.format(number), body, status=status, role=OPS))[0] == code
    await desk.vendors.faults("intercom", refuse={"probability": 1.0, "status": 500})
    refused = await desk.service.refused("POST", path.format(1), {"country_code": "FR"}, status=503, role=OPS)
    assert refused[0] == "intercom-unavailable"


async def test_a_user_is_found_by_his_id_and_his_addresses(desk):
    await desk.service.ask("PUT", "/v1/users/u-1", {"email": ANA, "pro_email": BEN, "country_code": "FR"}, role=SERVICE)
    await desk.contact("c1", external_id="u-1")
    await desk.contact("c2", email=BEN)
    await desk.conversation(1, "c1")
    await desk.conversation(2, "c2")
    assert await desk.detect(1, user_id="u-1") == ([("2", "same_prospect")], True)


@pytest.mark.parametrize(
    ("at", "changes", "reason"),
    [
        (TEN, {}, None),
        (TEN, {"admin_assignee_id": HUGO}, None),
        (MONDAY, {"admin_assignee_id": HUGO}, "owner_not_available"),
        (TEN, {"admin_assignee_id": 4711}, "owner_not_available"),
        (TEN, {"team_assignee_id": None}, "no_inbound_team"),
        (TEN, {"state": "open"}, "not_closed"),
    ],
)
async def test_a_closed_conversation_is_opened_again_when_somebody_is_there(desk, at, changes, reason):
    await desk.at(at)
    await desk.contact("c1", email=ANA)
    await desk.conversation(1, "c1", **({"state": "closed"} | changes))
    answer = await desk.service.post("/v1/conversations/1/reopen", {"country_code": "FR"}, role=OPS)
    assert answer == {"reopened": reason is None, "reason": reason}
    await desk.world.deliver()
    wanted = "open" if reason is None else changes.get("state", "closed")
    assert (await desk.conversations())["1"]["state"] == wanted


async def test_who_is_away_at_intercom_is_not_available(desk):
    admin = f"/intercom/_sandbox/workspaces/FR/admins/{HUGO}"
    await desk.vendors.ask("PUT", admin, {"name": "Hugo", "away_mode_enabled": True})
    await desk.contact("c1", email=ANA)
    await desk.conversation(1, "c1", state="closed", admin_assignee_id=HUGO)
    answer = await desk.service.post("/v1/conversations/1/reopen", {"country_code": "FR"}, role=OPS)
    assert answer["reason"] == "owner_not_available"
    team = await desk.service.get("/v1/inbound-sales-teams/FR")
    assert {it["admin_id"]: it["available"] for it in team["members"]}[str(HUGO)] is False


@pytest.mark.parametrize("country", ["BE", "FR"])
async def test_a_signed_contract_closes_conversations_in_belgium(desk, country):
    await desk.person(ANA, country_code=country)
    await desk.contact("c1", country=country, email=ANA)
    await desk.contact("c2", country=country, email=BEN)
    for number, contact, state in ((1, "c1", "open"), (2, "c1", "closed"), (3, "c2", "open")):
        await desk.conversation(number, contact, country=country, state=state)
    user = {"email": ANA, "country_code": country}
    await desk.service.ask("PUT", "/v1/users/u-1", user, role=SERVICE)
    contract = {
        "user_id": "u-1",
        "country_code": country,
        "reward_type": "company",
        "signed_at": "2026-11-22T10:00:00Z",
        "start_date": "2026-12-01",
    }
    for _ in range(2):
        await desk.service.ask("PUT", "/v1/contracts/k-1", contract, role=SERVICE)
        await desk.world.deliver()
    states = {id_: it["state"] for id_, it in (await desk.conversations(country)).items()}
    assert states == {"1": "closed" if country == "BE" else "open", "2": "closed", "3": "open"}
    wanted = 1 if country == "BE" else 0
    notes = await desk.notes(1, country)
    assert len(notes) == wanted
    assert all("just signed a contract" in note for note in notes)
