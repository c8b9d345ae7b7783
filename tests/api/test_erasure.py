"""G1 to G5, G7, G9: somebody is forgotten, here and at every vendor, and does not come back by what is told again."""

import asyncio
import logging
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
import structlog
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE, an_estimate
from tests.api.forgetting import (
    CONTACT,
    ESTIMATE,
    FORM,
    MARKS,
    OTHER,
    PAGE,
    PHONE,
    REGISTRATION,
    ZOE,
    forgetting_on,
    in_every_form,
)
from tests.domain.makers import HOUR, MONDAY, ONE, TEN

from growth.api.request_log import configure_logging
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.messages import GiveUp, TryLater
from growth.domain.privacy.ports import PrivacyTx
from growth.domain.privacy.steps.erasing import Erasing

ZEROS = {
    **dict.fromkeys(("addresses", "call_attempts", "call_results", "calls", "decisions", "events", "flows"), 0),
    **dict.fromkeys(("idempotent_answers", "leads", "messages", "prospects", "requests", "scores", "submissions"), 0),
    **dict.fromkeys(("analyses", "consents", "conversations", "recordings", "webhook_bodies"), 0),
}


@pytest.fixture
async def service(database_url):
    async with forgetting_on(database_url) as service:
        yield service


@pytest.fixture
def log():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    configure_logging(stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


async def contents(service):
    found = await service.world.contents()
    return {table: rows for table, rows in found.items() if table != "rate_budget"}


async def call(service, wrapup="arguedpositive"):
    """Have the campaigns call everybody, and end the slot."""
    await service.world.at(TEN)
    await service.post("/v1/campaigns/PVI/start", {})
    await service.world.deliver()
    for contact in list(service.world.dialer.contacts):
        service.world.dialer.tell(contact, wrapup=wrapup)
    await service.world.at(ONE)
    await service.post("/v1/campaigns/stop", {})
    await service.world.deliver()


async def test_nothing_of_a_person_is_left_anywhere(service, log):
    await service.know_zoe()
    await service.post("/v1/estimates", an_estimate(2), status=202, role=SERVICE)
    agreed = {"email": OTHER, "wording_version": "7", "evidence": {"form": "zoe's", "page": "zoe"}}
    await service.post("/v1/consents", agreed, status=202, role=CAPTURE)
    await call(service)
    await service.hear_calls()
    await service.tell_of_reply(71, source=None, contacts=None, tags={"tags": [{"name": "for zoe"}]})
    await service.tell_of_reply(73)
    inbox = {(it.state, it.reason) for it in await service.world.rows("inbox_event") if it.source == "intercom"}
    assert {("handled", None), ("ignored", "topic"), ("ignored", "no_email"), ("received", None)} < inbox
    assert "failed" in {state for state, _ in inbox}
    assert len({it.partition(":")[0] for it in await service.hits()}) > 15
    before = await service.get("/v1/campaign-runs")
    report = await service.erase(OTHER)
    assert {kind for kind, number in report["counts"].items() if number} == ZEROS.keys()
    assert (report["state"], report["dry_run"]) == ("running", False)
    assert report["vendors"] == dict.fromkeys(("customerio", "diabolocom", "intercom", "speech"), "pending")
    await service.world.deliver()
    assert (await service.report(report["id"]))["state"] == "complete"
    assert await service.hits() == []
    assert await service.world.rows("conversation") == []
    for canary in (ZOE, OTHER, PHONE, PHONE[1:], "0612345678", CONTACT):
        assert await service.hits(in_every_form(canary)) == []
    assert await service.get("/v1/campaign-runs") == before
    assert await service.world.broken() == {}
    assert await service.people() == ["p2@example.org"]
    for path in (f"/v1/prospects?email={ZOE}".replace("+", "%2B"), f"/v1/prospects?email={OTHER}"):
        await service.ask("GET", path, status=404)
    assert not MARKS.search(str(await service.get("/v1/leads")))
    assert not MARKS.search(log.getvalue())
    assert log.getvalue().count("\n") > 20


async def test_a_dry_run_counts_the_same_and_changes_nothing(service):
    await service.know_zoe()
    before = await contents(service)
    dry = await service.post("/v1/erasures", {"email": ZOE}, status=201, role=ADMIN)
    after = await contents(service)
    assert {table for table in before if before[table] != after[table]} == {"erasure"}
    assert (dry["state"], dry["dry_run"], dry["vendors"]) == ("reported", True, {})
    assert await service.report(dry["id"]) == dry
    assert (await service.erase())["counts"] == dry["counts"]


async def test_nobody_known_is_answered_in_the_same_shape(service):
    report = await service.erase("nobody@example.org")
    assert report["counts"] == ZEROS
    again = await service.erase("nobody@example.org")
    assert (again.keys(), again["counts"]) == (report.keys(), ZEROS)
    await service.world.deliver()
    assert (await service.report(report["id"]))["state"] == "complete"
    assert {it.emails for it in service.world.vendors["customerio"].asked} == {("nobody@example.org",)}
    await service.ask("GET", "/v1/erasures/019a0000-0000-7000-8000-000000000000", status=404, role=ADMIN)
    for role in (SERVICE, OPS, CAPTURE):
        await service.ask("POST", "/v1/erasures", {"email": ZOE}, status=403, role=role)


async def test_while_a_vendor_is_down_only_its_request_can_be_read(service):
    await service.know_zoe()
    mailer = service.world.vendors["customerio"]
    mailer.fault = TryLater("it is down")
    report = await service.erase()
    await service.world.deliver()
    waiting = await service.report(report["id"])
    confirmed = dict.fromkeys(("diabolocom", "intercom", "speech"), "confirmed")
    assert (waiting["state"], waiting["vendors"]) == ("running", {"customerio": "pending"} | confirmed)
    assert await service.hits() == []
    (row,) = await service.world.rows("erasure")
    assert row.subject
    assert row.key
    mailer.fault = None
    await service.world.at(MONDAY + timedelta(days=1))
    await service.world.deliver()
    done = await service.report(report["id"])
    assert (done["state"], set(done["vendors"].values())) == ("complete", {"confirmed"})
    (row,) = await service.world.rows("erasure")
    assert (row.subject, row.key) == (None, None)
    (told,) = mailer.asked
    assert (set(told.emails), told.phones, told.in_use) == ({ZOE, OTHER}, (PHONE,), ())


@pytest.mark.parametrize("name", ["diabolocom", "intercom", "speech"])
async def test_a_vendor_that_refuses_is_an_alarm_until_an_operator_has_it_told_again(service, log, name):
    vendor = service.world.vendors[name]
    vendor.fault = GiveUp("no")
    report = await service.erase()
    await service.world.deliver()
    alarmed = await service.report(report["id"])
    assert (alarmed["state"], alarmed["vendors"][name]) == ("running", "alarmed")
    assert "erasure-alarmed" in log.getvalue()
    vendor.fault = None
    (dead,) = (await service.get("/v1/outbox", state="dead"))["items"]
    assert (await service.client.post(f"/v1/outbox/{dead['id']}/retry", headers=OPS)).status_code == 204
    await service.world.deliver()
    assert (await service.report(report["id"]))["state"] == "complete"


async def test_an_erasure_that_breaks_off_has_done_nothing_and_can_be_asked_again(service):
    await service.know_zoe()
    await service.world.deliver()
    before = await contents(service)
    for table in ("prospect", "conversation", "tombstone", "erasure", "erasure_vendor", "inbox_event"):
        await service.world.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'x'; END $$"
        )
        await service.world.execute(
            f"CREATE TRIGGER fail BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"
        )
        await service.ask("POST", "/v1/erasures", {"email": ZOE, "dry_run": False}, status=500, role=ADMIN)
        await service.world.execute("DROP FUNCTION fail CASCADE")
        assert await contents(service) == before
    await service.erase()
    await service.world.deliver()
    assert await service.hits() == []


async def test_what_is_told_again_brings_nobody_back(service):
    await service.know_zoe()
    await service.erase()
    await service.world.deliver()
    for event in (FORM, PAGE, FORM | {"message_id": "other", "occurred_at": "2026-11-22T00:00:00Z"}):
        await service.post("/v1/events", event, status=202, role=SERVICE if event is not PAGE else CAPTURE)
    await service.tell_of_mail("01E4C4CT6YDC7Y5M7FE1GWW001")
    await service.tell_of_mail("01E4C4CT6YDC7Y5M7FE1GWW002")
    for email in (ZOE, OTHER, ZOE.upper()):
        await service.tell_of_reply(74, email)
    await service.world.deliver()
    assert await service.world.rows("conversation") == []
    old = an_estimate(email=ZOE, phone=PHONE, requested_at="2026-11-22T00:00:00Z")
    await service.post("/v1/estimates", old, status=202, role=SERVICE)
    answer = await service.post("/v1/prospects", REGISTRATION, status=410, role=SERVICE | {"Idempotency-Key": "k1"})
    assert answer["code"] == "erased"
    columns = ",".join(an_estimate())
    rows = [",".join(str(it) for it in an_estimate(n, **it).values()) for n, it in ((1, {"email": ZOE}), (3, {}))]
    rows.append(",".join(str(it) for it in an_estimate(4, phone="0612345678").values()))
    file = "\n".join([columns, *rows]).replace("True", "yes")
    headers = OPS | {"content-type": "text/csv"}
    imported = (await service.client.post("/v1/leads/import", content=file, headers=headers)).json()
    assert (imported["read"], imported["taken"], imported["repeated"]) == (3, 1, 0)
    assert [(it["line"], it["faults"][0]["code"]) for it in imported["bad"]] == [(2, "erased"), (4, "erased")]
    assert not MARKS.search(str(imported))
    assert await service.people() == ["p3@example.org"]
    assert await service.hits() == []


COMING_BACK = {
    "/v1/prospects": ({"email": ZOE}, 201, SERVICE),
    "/v1/events": (FORM | {"message_id": "new"}, 202, SERVICE),
    "/v1/estimates": (ESTIMATE, 202, CAPTURE),
    "/v1/prospect-requests": ({"email": ZOE, "request_type": "callback", "country_code": "FR"}, 202, CAPTURE),
}


@pytest.mark.parametrize("path", COMING_BACK)
async def test_an_act_of_her_own_brings_her_back_and_an_opt_out_stays(service, path):
    await service.know_zoe()
    await service.world.execute("UPDATE prospect SET has_opted_in_to_commercial_emails = false")
    await service.erase()
    await service.world.deliver()
    body, status, role = COMING_BACK[path]
    await service.post(path, body, status=status, role=role)
    (person,) = await service.world.rows("prospect")
    assert (person.email, person.has_opted_in_to_commercial_emails) == (ZOE, False)
    lifted = {it.lifted_at is not None for it in await service.world.rows("tombstone", "digest") if it.no_mails}
    assert lifted == {True, False}  # of her two addresses she came by one
    told = [it.kind for it in await service.world.rows("message", "position") if it.payload.get("prospect_id")]
    assert told[:2] == ["customerio.unsuppress", "customerio.person"]
    before = FORM | {"occurred_at": "2026-11-22T00:00:00Z"}  # told again under the id that it had
    await service.post("/v1/events", before, status=202, role=SERVICE)
    assert FORM["message_id"] not in {it.message_id for it in await service.world.rows("prospect_event")}


async def test_what_she_asked_of_sales_before_she_was_erased_is_of_nobody(service):
    await service.know_zoe()
    await service.world.at(MONDAY + HOUR)
    await service.erase()
    await service.world.at(MONDAY)
    asked, status, role = COMING_BACK["/v1/prospect-requests"]
    await service.post("/v1/prospect-requests", asked, status=status, role=role)
    await service.world.deliver()
    assert await service.people() == await service.world.rows("sales_request") == await service.hits() == []


async def test_a_reply_from_before_the_erasure_that_comes_when_she_is_back_is_no_event(service):
    await service.know_zoe()
    before = service.desk.told(74, ZOE)
    await service.world.at(MONDAY + HOUR)
    await service.erase()
    await service.world.deliver()
    await service.post("/v1/prospects", {"email": ZOE}, status=201, role=SERVICE)
    await service.desk.send(before)
    service.desk.vendors.at = MONDAY + 2 * HOUR
    await service.world.at(MONDAY + 2 * HOUR)
    await service.tell_of_reply(75)
    await service.world.deliver()
    names = [(it.event_name, it.occurred_at) for it in await service.world.rows("prospect_event")]
    assert names == [("sales_inbound_mail_replied", MONDAY + 2 * HOUR)]
    late, hers = (await service.world.rows("inbox_event"))[-2:]
    assert [(it.state, it.reason) for it in (late, hers)] == [("ignored", "unknown_person"), ("handled", None)]


async def test_of_another_s_conversation_only_she_goes_and_what_an_unknown_one_wrote_goes_whole(service):
    yves = await service.post("/v1/prospects", {"email": "yves@example.org"}, status=201, role=SERVICE)
    both = {"contacts": {"contacts": [{"id": "c-yves", "email": "yves@example.org"}, {"id": CONTACT}]}}
    await service.tell_of_reply(71, "yves@example.org", source=None, **both)
    await service.tell_of_reply(72)
    await service.tell_of_reply(73, source=None, contacts={"contacts": [{"id": CONTACT, "email": ""}]})
    await service.world.deliver()
    assert len(await service.world.rows("conversation")) == 3
    report = await service.erase()
    await service.world.deliver()
    assert (report["counts"]["prospects"], report["counts"]["webhook_bodies"]) == (0, 3)
    (left,) = await service.world.rows("conversation")
    assert (left.id, str(left.prospect_id), left.contact_ids) == ("71", yves["id"], ("c-yves",))
    assert await service.hits() == []


async def test_a_note_on_her_conversation_that_waits_is_never_left(database_url):
    async with all_vendors() as vendors, forgetting_on(database_url, vendors) as service:
        await service.desk.at(MONDAY)
        await service.know_zoe()
        for id_ in (71, 74):
            await service.desk.contact(CONTACT, email=ZOE)
            await service.desk.conversation(id_, CONTACT)
        await vendors.faults("intercom", path="/conversations/71/reply", refuse={"probability": 1.0, "status": 503})
        await service.world.deliver()
        note, *rest = [it for it in await service.world.rows("message") if it.kind == "conversation.note"]
        assert (note.state, rest) == ("pending", [])
        await service.erase()
        await vendors.faults("intercom")
        await service.desk.at(MONDAY + HOUR)
        await service.world.deliver()
        after = {it.id: it for it in await service.world.rows("message")}
        assert (after[note.id].state, after[note.id].payload) == ("expired", {})
        assert await service.desk.notes(71) == await service.hits() == []


async def test_what_the_helpdesk_alone_knew_to_be_hers_goes_too(database_url):
    async with all_vendors() as vendors, forgetting_on(database_url, vendors) as service:
        await service.desk.at(MONDAY)
        await service.post("/v1/prospects", {"email": ZOE}, status=201, role=SERVICE)
        await service.desk.contact(CONTACT, email=ZOE)
        await service.desk.conversation(73, CONTACT)
        await service.tell_of_reply(73, source=None)
        await service.tell_of_reply(74, source=None, topic="conversation.admin.closed")
        await service.world.deliver()
        assert len(await service.world.rows("conversation")) == 2
        await service.erase()
        await service.world.deliver()
        assert await service.world.rows("conversation") == await service.hits() == []


async def test_a_user_stays_and_vendors_hear_that_the_address_is_in_use(service):
    user = {"email": ZOE, "country_code": "FR", "full_name": "Zoe Zoenym"}
    await service.ask("PUT", "/v1/users/u1", user, role=SERVICE)
    contract = {"user_id": "u1", "country_code": "FR", "reward_type": "fr_individual", "start_date": "2026-12-01"}
    signed = contract | {"signed_at": "2026-11-20T10:00:00Z"}
    await service.ask("PUT", "/v1/contracts/c1", signed, role=SERVICE)
    ledger = await service.ask("GET", "/v1/ledger/check", role=ADMIN)
    await service.erase()
    await service.world.deliver()
    assert await service.people() == []
    assert [it.email for it in await service.world.rows("user_account")] == [ZOE]
    assert [it.ref for it in await service.world.rows("contract", "ref")] == ["c1"]
    (told,) = service.world.vendors["customerio"].asked
    assert (told.emails, told.in_use) == ((), (ZOE,))
    await service.ask("PUT", "/v1/contracts/c2", contract | {"signed_at": "2026-11-21T10:00:00Z"}, role=SERVICE)
    assert await service.people() == []
    await service.world.at(MONDAY + HOUR)
    await service.ask("PUT", "/v1/contracts/c3", contract | {"signed_at": "2026-11-23T00:30:00Z"}, role=SERVICE)
    assert await service.people() == [ZOE]
    assert await service.ask("GET", "/v1/ledger/check", role=ADMIN) == ledger


async def test_what_is_told_while_somebody_is_being_erased_waits_and_then_is_of_nobody(service):
    await service.know_zoe()
    erase, begin = await service.world.get(Erasing), await service.world.get(Begin[PrivacyTx])
    tellings = [
        ("/v1/events/batch", {"events": [PAGE | {"email": ZOE, "message_id": "late"}]}, CAPTURE),
        ("/v1/events", FORM | {"message_id": "later", "occurred_at": "2026-11-22T00:00:00Z"}, SERVICE),
        ("/v1/estimates", ESTIMATE | {"requested_at": "2026-11-22T00:00:00Z"}, SERVICE),
    ]
    async with begin() as tx:
        await erase(tx, ZOE, uuid4(), "test")
        telling = [asyncio.create_task(service.post(path, it, status=202, role=role)) for path, it, role in tellings]
        await asyncio.sleep(0.5)
        assert not any(it.done() for it in telling)
    await asyncio.gather(*telling)
    await service.world.deliver()
    assert await service.hits() == []


async def test_who_has_been_silent_for_three_years_is_forgotten_but_no_customer(service):
    for number in range(1, 5):
        await service.post("/v1/prospects", {"email": f"p{number}@example.org"}, status=201, role=SERVICE)
    await service.ask("PUT", "/v1/users/u1", {"email": "p4@example.org", "country_code": "FR"}, role=SERVICE)
    await service.world.at(MONDAY + timedelta(days=365 * 2))
    opened = {"event_name": "nurturing_mail_read", "properties": {"campaign_id": 7, "delivery_id": "d"}}
    await service.post("/v1/events", opened | {"email": "p1@example.org"}, status=202, role=SERVICE)
    await service.post("/v1/events", PAGE | {"email": "p2@example.org"}, status=202, role=SERVICE)
    asked = {"email": "p3@example.org", "request_type": "callback", "country_code": "FR"}
    await service.post("/v1/prospect-requests", asked, status=202, role=CAPTURE)
    for days, left in ((365 * 3 - 2, [1, 2, 3, 4]), (365 * 3 + 2, [2, 3, 4]), (365 * 5 + 3, [4])):
        await service.world.at(MONDAY + timedelta(days=days, hours=5))
        await service.world.tick()
        await service.world.deliver()
        assert sorted(await service.people()) == [f"p{number}@example.org" for number in left]
    assert {it.requested_by for it in await service.world.rows("erasure")} == {"retention"}
