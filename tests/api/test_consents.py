"""Consents: given, kept, withdrawn, and what is left of them when somebody is erased."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE, an_estimate
from tests.domain.makers import DAY, HOUR, MONDAY, TEN

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ticks import Tick
from growth.domain.privacy.ports import PrivacyTx

EMAIL = "p1@example.org"
LONG_AGO = (MONDAY - 40 * DAY).isoformat()  # a request that is open no longer
NOWHERE = "019a0000-0000-7000-8000-000000000000"
YEAR = 365 * DAY


def a_consent(**changes):
    return {"email": EMAIL, "wording_version": "2026-3", "evidence": {"form": "estimate"}} | changes


async def give(service, role=SERVICE, **changes):
    return (await service.post("/v1/consents", a_consent(**changes), status=202, role=role))["consent_id"]


async def withdraw(service, id, role=OPS, **body):
    return await service.post(f"/v1/consents/{id}/withdraw", body, role=role)


async def planned(service, lead):
    return (await service.get(f"/v1/leads/{lead['id']}"))["planned_call"]


async def may(service, lead, at=TEN):
    told = await service.get(f"/v1/leads/{lead['id']}/can-call", at=at.isoformat())
    return told["rule"] or told["allowed"]


async def erase(service, email=EMAIL):
    return await service.post("/v1/erasures", {"email": email, "dry_run": False}, status=201, role=ADMIN)


@pytest.mark.parametrize("role", [SERVICE, CAPTURE])
async def test_who_agrees_is_planned_though_the_request_is_closed(service, role):
    lead = await service.lead(requested_at=LONG_AGO)
    assert (await planned(service, lead), await may(service, lead)) == (None, "consent")
    await give(service, role)
    assert await may(service, lead) is True
    await service.world.deliver()
    assert (await planned(service, lead))["slot_start"] == "2026-11-23T09:00:00Z"
    assert await service.world.broken() == {}


async def test_our_own_programs_find_the_call_planned_when_they_are_answered(service):
    lead = await service.lead(requested_at=LONG_AGO)
    await give(service, SERVICE)
    assert await planned(service, lead)


async def test_nobody_learns_from_a_consent_whom_we_know(service):
    await service.lead()
    answers = [
        await service.client.post("/v1/consents", json=a_consent(email=email), headers=CAPTURE)
        for email in (EMAIL, "nobody@example.org")
    ]
    assert [(it.status_code, it.json().keys()) for it in answers] == [(202, {"consent_id"})] * 2
    assert len({it.json()["consent_id"][:8] for it in answers}) == 1  # of the same kind and time
    assert [it.email for it in await service.world.rows("prospect")] == [EMAIL]
    (kept,) = await service.world.rows("consent")
    assert str(kept.id) == answers[0].json()["consent_id"]


@pytest.mark.parametrize(("role", "believed"), [(CAPTURE, False), (SERVICE, True)])
async def test_only_our_own_programs_may_say_when_it_was_given(service, role, believed):
    await service.lead()
    told = MONDAY - 3 * DAY
    await give(service, role, given_at=told.isoformat(), expires_at=(MONDAY + 9 * DAY).isoformat())
    (kept,) = await service.world.rows("consent")
    assert (kept.given_at == told) == believed
    assert believed or abs(kept.given_at - MONDAY) < timedelta(minutes=1)
    assert (kept.purpose, kept.channel, kept.expires_at) == ("sales", "phone", MONDAY + 9 * DAY)
    assert (len(kept.evidence.get("address_digest", "")) == 64) != believed  # a server's address proves nothing
    assert "192.0.2.1" not in str(kept)


@pytest.mark.parametrize(
    ("times", "place"),
    [
        ({"given_at": MONDAY + HOUR}, "/given_at"),
        ({"expires_at": MONDAY - HOUR}, "/expires_at"),
        ({"given_at": MONDAY - DAY, "expires_at": MONDAY - DAY}, "/expires_at"),
    ],
)
async def test_a_consent_with_impossible_times_is_refused_for_known_and_unknown_alike(service, times, place):
    await service.lead()
    told = {name: at.isoformat() for name, at in times.items()}
    for email in (EMAIL, "nobody@example.org"):
        refused = await service.refused("POST", "/v1/consents", a_consent(email=email, **told), role=SERVICE)
        assert refused == ("bad-consent", [place])
    refused = await service.refused("POST", "/v1/estimates", an_estimate(2, consent=told_in(told)), role=SERVICE)
    assert refused == ("bad-consent", [f"/consent{place}"])
    assert len(await service.world.rows("prospect")) == 1
    assert await service.world.rows("consent") == []


def told_in(times):
    return {"wording_version": "1", "evidence": {}} | times


async def test_a_clock_that_is_a_little_ahead_means_now(service):
    await service.lead()
    await give(service, given_at=(MONDAY + timedelta(seconds=20)).isoformat())
    (kept,) = await service.world.rows("consent")
    assert kept.given_at == kept.recorded_at


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"purpose": "Sales"}, "/purpose"),
        ({"channel": ""}, "/channel"),
        ({"wording_version": " "}, "/wording_version"),
        ({"evidence": {"form": "x" * 5_000}}, "/evidence"),
        ({"given_at": "2026-11-23T10:00:00"}, "/given_at"),
        ({"id": NOWHERE}, "/id"),
    ],
)
async def test_what_is_no_consent_is_refused(untouched, changes, place):
    assert await untouched.refused("POST", "/v1/consents", a_consent(**changes), role=SERVICE) == ("invalid", [place])


async def test_who_may_give_withdraw_and_read(untouched):
    await untouched.post("/v1/consents", a_consent(), status=403, role=OPS)
    await untouched.post(f"/v1/consents/{NOWHERE}/withdraw", {}, status=403, role=CAPTURE)
    await untouched.ask("GET", "/v1/consents?email=a@example.org", status=403, role=CAPTURE)
    for role in (OPS, SERVICE):
        refused = await untouched.refused("POST", f"/v1/consents/{NOWHERE}/withdraw", {}, status=404, role=role)
        assert refused == ("unknown-consent", [])


async def test_after_a_withdrawal_the_call_is_stopped_in_its_slot(service):
    lead = await service.lead(requested_at=LONG_AGO)
    id_ = await give(service)
    after = await withdraw(service, id_, how="by word of mouth")
    assert (after["withdrawal"], after["prospect_id"]) == ("by word of mouth", lead["prospect_id"])
    await service.world.at(TEN)
    (run,) = (await service.post("/v1/campaigns/PVI/start", {}))["runs"]
    assert (run["gates"], await planned(service, lead)) == ({"consent": 1}, None)
    assert await withdraw(service, id_, how="again") == after
    await give(service)
    assert await planned(service, lead)


async def test_a_withdrawal_by_word_of_mouth_counts_from_when_it_was_said(service):
    lead = await service.lead(requested_at=LONG_AGO)
    id_ = await give(service, given_at=(MONDAY - 9 * DAY).isoformat())
    path = f"/v1/consents/{id_}/withdraw"
    for at in (MONDAY - 10 * DAY, MONDAY + HOUR):
        refused = await service.refused("POST", path, {"withdrawn_at": at.isoformat()})
        assert refused == ("bad-consent", ["/withdrawn_at"])
    told = await withdraw(service, id_, SERVICE, withdrawn_at=(MONDAY - DAY).isoformat())
    assert told["withdrawn_at"] == "2026-11-22T00:00:00Z"
    assert await may(service, lead) == "consent"


async def test_two_who_withdraw_at_once_write_one_withdrawal(service):
    await service.lead()
    id_ = await give(service)
    answers = await asyncio.gather(*(withdraw(service, id_, how=f"by {it}") for it in "abcd"))
    assert len({it["withdrawal"] for it in answers}) == 1


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/leads"])
async def test_a_consent_that_comes_with_a_request_is_a_record_too(service, path):
    given = {"wording_version": "7", "evidence": {"form": "home"}, "given_at": "2020-01-01T00:00:00Z"}
    await service.post(path, an_estimate(consent=given), status=202, role=CAPTURE)
    (kept,) = (await service.get("/v1/consents", email=" P1@Example.org"))["items"]
    assert (kept["wording_version"], kept["evidence"]["form"], kept["purpose"]) == ("7", "home", "sales")
    assert len(kept["evidence"]["address_digest"]) == 64
    assert kept["given_at"] == kept["recorded_at"] > "2026-11-23"


async def test_a_consent_of_an_imported_row_is_a_record_and_one_of_the_future_a_bad_row(service):
    names = "email,phone,country_code,is_owner,sell_timeframe,property_type,postal_code"
    names += ",consent_wording_version,consent_evidence,consent_given_at"
    rows = [
        f"p{number}@example.org,019900000{number},FR,yes,now,house,69003,7,box ticked,{given}"
        for number, given in ((1, "2026-11-01T09:00:00Z"), (2, "2026-12-01T09:00:00Z"))
    ]
    answer = await service.client.post(
        "/v1/leads/import", content="\n".join([names, *rows]), headers=OPS | {"Content-Type": "text/csv"}
    )
    report = answer.json()
    faults = [(it["line"], it["faults"][0]["pointer"], it["faults"][0]["code"]) for it in report["bad"]]
    assert (report["taken"], report["repeated"], faults) == (1, 0, [(3, "consent_given_at", "in-the-future")])
    (kept,) = (await service.get("/v1/consents", email=EMAIL))["items"]
    assert (kept["evidence"], kept["given_at"]) == ({"import": "box ticked"}, "2026-11-01T09:00:00Z")
    (lead,) = (await service.get("/v1/leads"))["items"]
    assert lead["planned_call"]


async def test_an_imported_row_that_does_not_say_when_she_asked_is_no_request(service):
    names = "email,phone,country_code,is_owner,sell_timeframe,property_type,postal_code,requested_at"
    rows = "p{0}@example.org,019900000{0},FR,yes,now,house,69003,{1}"
    for number, at in ((1, ""), (2, (MONDAY - 3 * DAY).isoformat())):
        content = f"{names}\n{rows.format(number, at)}"
        await service.client.post("/v1/leads/import", content=content, headers=OPS | {"Content-Type": "text/csv"})
    found = (await service.get("/v1/leads"))["items"]
    assert [await may(service, it) for it in found] == [True, "consent"]


@pytest.mark.parametrize("link", ["user_id", "email", "other address", "merged"])
async def test_a_contract_that_runs_carries_a_call_and_one_that_is_not_signed_does_not(service, link):
    lead = await service.lead(requested_at=LONG_AGO)
    address = EMAIL if link in {"email", "merged"} else "other@example.org"
    await service.ask("PUT", "/v1/users/u1", {"email": address, "country_code": "FR"}, role=SERVICE)
    links = {"user_id": {"user_id": "u1"}, "other address": {"secondary_emails": [address]}}
    await service.post("/v1/prospects", {"email": EMAIL, "country_code": "FR"} | links.get(link, {}), role=SERVICE)
    contract = {"user_id": "u1", "country_code": "FR", "reward_type": "fr_individual", "start_date": "2026-01-01"}
    await service.ask("PUT", "/v1/contracts/c1", contract, role=SERVICE)
    assert await may(service, lead) == "consent"
    if link == "merged":  # another user has taken the place, under an address that we do not know as hers
        await service.ask("PUT", "/v1/users/u2", {"email": "u2@example.org", "country_code": "FR"}, role=SERVICE)
        await service.world.execute("UPDATE user_account SET replaced_by = 'u2' WHERE id = 'u1'")
    contract |= {"signed_at": "2026-01-01T09:00:00Z"}
    await service.ask("PUT", "/v1/contracts/c1", contract, role=SERVICE)
    assert await may(service, lead) is True
    await service.ask("PUT", "/v1/contracts/c1", contract | {"end_date": "2026-11-22"}, role=SERVICE)
    assert await may(service, lead) == "consent"


async def test_a_refusal_is_silence_for_all_who_have_the_number(service):
    lead = await service.lead()
    other = await service.lead(email="partner@example.org", postal_code="69001")
    await service.world.at(TEN)
    await service.post("/v1/campaigns/PVI/start", {})
    await service.world.deliver()
    (contact,) = [it for *_, it in service.world.dialer.contacts.values()]
    service.world.dialer.tell(contact.contact_id, wrapup="nonargued")
    await service.post("/v1/campaigns/stop", {})
    await service.world.deliver()
    for it in (lead, other):
        assert await may(service, it, TEN + DAY) == "attempt_cap"
        assert await may(service, it, TEN + 21 * DAY) == "attempt_cap"
    refusal = await service.get(f"/v1/leads/{other['id']}/can-call", at=(TEN + DAY).isoformat())
    assert "silence after a refusal" in refusal["legal_source"]


async def test_a_consent_fills_in_the_country_of_somebody_without_one(service):
    await service.post("/v1/prospects", {"email": EMAIL}, status=201, role=SERVICE)
    await give(service, country_code="ES")
    await give(service, country_code="FR")
    assert [it.country_code for it in await service.world.rows("prospect")] == ["ES"]


async def sweep(service, at):
    await service.world.at(at)
    clock = await service.world.get(DatabaseClock)
    await SqlHousekeeping(await service.world.get(AsyncEngine), clock)(Tick("housekeeping", at))
    return len(await service.world.rows("consent"))


async def test_of_somebody_erased_the_proof_is_left_without_her_for_three_years(service):
    await service.lead()
    evidence = {"form": "canary", "said": f"I am {EMAIL}"}
    id_ = await give(service, evidence=evidence, expires_at=(MONDAY + 100 * DAY).isoformat())
    await give(service, evidence=evidence, wording_version=EMAIL)
    await withdraw(service, id_, how=f"{EMAIL} told me, canary")
    report = await erase(service)
    assert report["counts"]["consents"] == 2
    rows = await service.world.rows("consent")
    assert [(it.prospect_id, it.evidence, it.withdrawal) for it in rows] == [(None, {}, None)] * 2
    assert [it.wording_version for it in rows] == ["2026-3", ""]
    assert not [line for lines in (await service.world.contents()).values() for line in lines if "canary" in line]
    assert not [line for lines in (await service.world.contents()).values() for line in lines if EMAIL in line]
    proofs = (await service.get("/v1/consents", email=EMAIL))["items"]
    assert [(it["id"] == id_, it["prospect_id"], it["withdrawn_at"] is None) for it in proofs] == [
        (False, None, True),
        (True, None, False),
    ]
    await service.refused("POST", f"/v1/consents/{id_}/withdraw", {}, status=404)
    # The one that was withdrawn now; the other a year later, when it would have ended.
    assert await sweep(service, MONDAY + 3 * YEAR) == 2
    assert await sweep(service, MONDAY + 3 * YEAR + 3 * DAY) == 1
    assert await sweep(service, MONDAY + 4 * YEAR) == 1
    assert await sweep(service, MONDAY + 4 * YEAR + 3 * DAY) == 0


async def test_a_consent_of_somebody_known_goes_three_years_after_its_end_but_a_no_stays(service):
    await service.lead()
    ends = (MONDAY + DAY).isoformat()
    no = await give(service, expires_at=ends)
    await give(service, expires_at=ends)
    await give(service)
    await withdraw(service, no)
    assert await sweep(service, MONDAY + 3 * YEAR) == 3
    assert await sweep(service, MONDAY + 3 * YEAR + 5 * DAY) == 2


async def test_a_consent_is_contact_from_her_for_retention(service):
    await service.post("/v1/prospects", {"email": EMAIL}, status=201, role=SERVICE)
    await service.world.at(MONDAY + 2 * YEAR)
    await give(service)
    begin, left = await service.world.get(Begin[PrivacyTx]), []
    for since in (MONDAY + 2 * YEAR - DAY, MONDAY + 2 * YEAR + DAY):
        async with begin() as tx:
            left.append(await tx.subjects.silent_since(since, 9))
    assert left == [[], [EMAIL]]


@pytest.mark.parametrize("said", ["withdrawn", "refused", "nothing"])
async def test_a_no_outlives_the_erasure_until_she_agrees_anew(service, said):
    lead = await service.lead()
    if said == "withdrawn":
        await withdraw(service, await give(service))
    if said == "refused":
        await service.ask("PATCH", f"/v1/leads/{lead['id']}", {"status": "refused"})
    await erase(service)
    await service.world.at(MONDAY + HOUR)
    back = await service.lead(email="another@example.org")  # it holds for the number as well
    assert await may(service, back) == (True if said == "nothing" else "do_not_call")
    back = await service.lead(phone="0199000077")
    assert await may(service, back) == (True if said == "nothing" else "do_not_call")
    await service.world.at(MONDAY + 2 * HOUR)
    anew = await give(service)
    assert await may(service, back) is True
    await withdraw(service, anew)
    assert await may(service, back) == ("consent" if said == "nothing" else "do_not_call")


async def test_who_agreed_after_a_no_is_not_remembered_by_it(service):
    await service.lead()
    await withdraw(service, await give(service))
    await give(service)
    await erase(service)
    assert {it.no_calls for it in await service.world.rows("tombstone", "digest")} == {False}


async def test_a_consent_while_she_is_erased_is_hers_or_nobodys(service):
    for number in range(1, 9):
        await service.lead(number=number)
    emails = [f"p{number}@example.org" for number in range(1, 9)]
    await asyncio.gather(*(act(service, it) for it in emails for act in (erase, lambda s, e: give(s, email=e))))
    assert {it.prospect_id for it in await service.world.rows("consent")} <= {None}
    assert await service.world.rows("prospect") == []
    await asyncio.gather(*(give(service, email=it) for it in emails))
    assert await service.world.rows("prospect") == []
