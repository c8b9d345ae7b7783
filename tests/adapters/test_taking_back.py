"""Whom nobody may call any more is not handed over late, and is taken back from the dialer."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import a_submission, adds_up
from tests.domain.makers import HOUR, MINUTE, ONE, TEN

from growth.domain.campaigns.entities.consents import ToldConsent
from growth.domain.campaigns.entities.dialing import BatchProgress
from growth.domain.campaigns.entities.do_not_call import CallList, NumberLine
from growth.domain.campaigns.entities.leads import LeadStatus
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.steps.taking_back import take_back
from growth.domain.campaigns.use_cases import (
    ChangeLead,
    ExplainLead,
    ImportDoNotCall,
    ListNumbers,
    RecordConsent,
    WithdrawConsent,
)
from growth.domain.campaigns.use_cases.change_lead import LeadChange
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country

LIST = CallList("ours", Country.FR, "test")
CONSENT = ToldConsent("sales", "phone", "v1", {"form": "f"})
HERS = "+33199000001"


async def say_no(world):
    id_ = await (await world.get(RecordConsent))("p1@example.org", CONSENT, at_once=True)
    await (await world.get(WithdrawConsent))(id_, how="by word of mouth")


async def be_listed(world):
    await (await world.get(ListNumbers))(LIST, [HERS], listed=True)


async def be_imported(world):
    await (await world.get(ImportDoNotCall))(LIST, lambda: [NumberLine(1, HERS)])


async def lose_the_number(world):
    await world.execute("UPDATE prospect SET phone = NULL, phone_valid = false WHERE email = 'p1@example.org'")


@pytest.fixture
async def started(world):
    """Three leads are chosen at ten, and nothing is delivered yet."""
    await world.take(*(a_submission(n) for n in (1, 2, 3)))
    await world.at(TEN)
    await world.start(type="PVI")
    return world


def there(world):
    hers = {str(each.call_id) for _, sent in world.dialer.injected for each in sent if each.email == "p1@example.org"}
    return [contact for *_, contact in world.dialer.contacts.values() if contact.call_ref in hers]


async def call_of_hers(world):
    (person,) = [it.id for it in await world.rows("prospect") if it.email == "p1@example.org"]
    return next(it for it in await world.rows("call") if it.prospect_id == person)


async def closed(world):
    await world.at(ONE)
    await world.stop()
    await world.deliver()
    (run,) = [it for it in await world.rows("campaign_run") if it.campaign == "PVI"]
    report = await (await world.get(RunViews)).get(run.id)
    assert adds_up(report)
    assert await world.broken() == {}
    return report


@pytest.mark.parametrize("happens", [say_no, be_listed, be_imported, lose_the_number])
async def test_a_batch_that_waited_goes_without_whom_nobody_may_call_any_more(started, happens):
    started.dialer.down = True
    await started.deliver()
    await happens(started)
    started.dialer.down = False
    await started.at(TEN + HOUR)
    await started.deliver()
    assert (len(started.dialer.contacts), there(started)) == (2, [])
    call = await call_of_hers(started)
    assert (call.state, call.reason) == ("dropped", "no_longer_callable")
    report = await closed(started)
    assert (report.injected, report.recycled, report.dropped) == (3, 2, 1)


async def test_what_will_stop_a_planned_call_is_told_before(world):
    await world.take(a_submission(1))
    lead = (await call_of_hers(world)).lead_id
    explain = await world.get(ExplainLead)
    assert "As things are" not in (await explain(lead)).now
    await be_listed(world)
    assert "it will be stopped then: the number is on a do-not-call list" in (await explain(lead)).now


async def test_who_was_left_out_once_is_left_out_of_the_next_try(started):
    started.dialer.down = True
    await be_listed(started)
    await started.deliver()
    await (await started.get(ListNumbers))(LIST, [HERS], listed=False)
    started.dialer.down = False
    await started.at(TEN + HOUR)
    await started.deliver()
    assert [len(sent) for _, sent in started.dialer.injected] == [2]


async def test_a_call_whose_result_came_otherwise_stays_as_it_is(started):
    started.dialer.down = True
    await started.deliver()
    call = await call_of_hers(started)
    await started.execute("UPDATE call SET state = 'called', attempts = 1 WHERE id = :id", id=call.id)
    await lose_the_number(started)
    started.dialer.down = False
    await started.at(TEN + HOUR)
    await started.deliver()
    assert (await call_of_hers(started)).state == "called"


async def test_a_batch_of_nobody_is_not_sent(started):
    started.dialer.down = True
    await started.deliver()
    await started.execute("UPDATE prospect SET phone_valid = false")
    started.dialer.down = False
    await started.at(TEN + HOUR)
    await started.deliver()
    assert started.dialer.injected == []
    assert {batch.state for batch in await started.rows("injection_batch")} == {"done"}


async def test_whoever_may_be_called_later_is_planned_again(started):
    started.dialer.down = True
    await started.deliver()
    person = (await call_of_hers(started)).prospect_id
    await (await started.get(RecordConsent))("p1@example.org", CONSENT, at_once=True)
    await started.execute(
        "INSERT INTO call_attempt SELECT gen_random_uuid(), :person, gen_random_uuid(), gen_random_uuid(), :at"
        " FROM generate_series(1, 4)",
        person=person,
        at=TEN,
    )
    started.dialer.down = False
    await started.at(TEN + HOUR)
    await started.deliver()
    assert there(started) == []
    calls = [call for call in await started.rows("call") if call.prospect_id == person]
    assert [(call.state, call.reason) for call in calls] == [("recycled", "forbidden_meanwhile"), ("planned", None)]


@pytest.mark.parametrize("happens", [say_no, be_listed, be_imported])
async def test_what_the_dialer_has_is_taken_back(started, happens):
    await started.deliver()
    assert len(there(started)) == 1
    await started.at(TEN + HOUR)
    await happens(started)
    await started.deliver()
    assert there(started) == []
    assert len(started.dialer.contacts) == 2
    report = await closed(started)
    assert (report.injected, report.called, report.recycled, report.dropped) == (3, 0, 2, 1)
    assert (await call_of_hers(started)).reason == "no_longer_callable"


async def test_who_was_called_is_taken_back_too_and_what_came_of_it_counts(started):
    await started.deliver()
    started.dialer.moment = TEN + MINUTE
    call = await call_of_hers(started)
    started.dialer.tell(started.dialer.contact_of(call.id), wrapup="unreachable")
    await started.at(TEN + 4 * MINUTE)
    await started.tick()
    await started.deliver()
    assert (await call_of_hers(started)).state == "called"
    await started.at(TEN + HOUR)
    await be_listed(started)
    await started.deliver()
    assert started.dialer.taken_back == [call.lead_id]
    report = await closed(started)
    assert (report.called, report.recycled) == (1, 2)


async def test_who_may_still_be_called_stays(world):
    summer = datetime(2026, 6, 15, 8, tzinfo=UTC)  # the law of then asks for no consent
    await world.at(summer - HOUR)
    await world.take(a_submission(1))
    await world.at(summer)
    await world.start(type="PVI")
    await world.deliver()
    await say_no(world)
    await world.deliver()
    assert len(there(world)) == 1
    assert "dialer.take_back" not in {message.kind for message in await world.rows("message")}


async def close_the_lead(world):
    call = await call_of_hers(world)
    await (await world.get(ChangeLead))(call.lead_id, LeadChange(status=LeadStatus.CLOSED))


async def test_an_operator_who_closes_a_lead_takes_it_back(started):
    await started.deliver()
    await close_the_lead(started)
    await started.deliver()
    assert there(started) == []


async def test_a_slot_to_come_is_judged_at_its_start(world):
    await world.take(a_submission(1))
    await world.start(type="PVI", start_date=TEN)  # at one in the morning, when nobody may be called
    await world.deliver()
    await (await world.get(ListNumbers))(CallList("ours", Country.FR, "test"), ["+33199000999"], listed=True)
    lead = (await call_of_hers(world)).lead_id
    async with (await world.get(Begin[CampaignsTx]))() as tx:
        await take_back(tx, [lead], world.configuration, await tx.now(), uuid4)
    await world.deliver()
    assert len(there(world)) == 1


async def test_what_the_dialer_has_not_done_is_asked_for_again(started, monkeypatch):
    await started.deliver()

    async def failed(token):
        return BatchProgress(finished=True, failed=True, excluded={})

    monkeypatch.setattr(started.dialer, "progress", failed)
    await be_listed(started)
    await started.deliver()
    (message,) = [it for it in await started.rows("message") if it.kind == "dialer.take_back"]
    assert (message.state, message.attempts) == ("pending", 1)
