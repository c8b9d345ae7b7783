"""What a salesperson looks at before the call."""

import pytest
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.api.test_events import EventName, an_event
from tests.domain.makers import DAY, FIVE, HOUR, MINUTE, MONDAY, TEN, TWO


async def who(service, email="p1@example.org"):
    return (await service.get("/v1/prospects", email=email))["id"]


async def lines(service, **options):
    entries = await service.every(f"/v1/prospects/{await who(service)}/timeline", **options)
    return [(entry["kind"], entry["text"]) for entry in entries]


async def a_life(service):
    """A person who is referred, looks around, asks, becomes a lead and is called."""
    world = service.world
    for user, email in (("u0", "friend@example.org"), ("u1", "p1@example.org")):
        await service.ask("PUT", f"/v1/users/{user}", {"email": email, "country_code": "FR"}, status=200, role=SERVICE)
    code = (await service.ask("GET", "/v1/referral-profiles/u0", role=SERVICE))["referral_code"]
    await world.at(MONDAY + MINUTE)
    referred = {"referred_user_id": "u1", "referral_code": code}
    await service.post("/v1/referrals", referred, status=201, role=SERVICE)
    await world.at(MONDAY + HOUR)
    lead = await service.lead()
    await world.at(MONDAY + 2 * HOUR)
    page = an_event("page_view", email="p1@example.org", properties={"url": "https://shop.example/prices"})
    await service.post("/v1/events", page, status=202, role=CAPTURE)
    await world.at(MONDAY + 3 * HOUR)
    asked = {"email": "p1@example.org", "request_type": "callback", "country_code": "FR", "message": "Call\nme"}
    await service.post("/v1/prospect-requests", asked, status=202, role=CAPTURE)
    return lead


async def test_everything_is_told_newest_first_one_line_each(service):
    lead = await a_life(service)
    found = await lines(service, limit=200)
    assert [kind for kind, _ in found] == ["request", "event", "event", "call", "score", "lead", "event", "referral"]
    texts = dict(zip([0, 1, 2, 5, 6, 7], [found[place][1] for place in (0, 1, 2, 5, 6, 7)], strict=True))
    assert texts[0] == "Request to sales: callback: “Call me”"
    assert texts[1] == "Asked sales for: callback"
    assert texts[2] == "Looked at https://shop.example/prices"
    assert texts[5] == "Lead PVI_NOW: house in 69003, new"
    assert texts[6] == "Filled in the form estimate"
    assert texts[7] == "Was referred by a user: created"
    assert found[3][1].startswith("Call planned in PVI")
    assert found[4][1] == f"Scored {lead['score']:.1f} by rules {service.world.configuration.rules.version}"


async def test_why_a_lead_was_not_called_is_told_for_each_slot(service):
    await service.lead()
    await service.world.execute("UPDATE prospect SET pending_task = true")
    await service.world.at(TEN)
    await service.post("/v1/campaigns/PVI/start", {})
    await service.world.execute("UPDATE prospect SET pending_task = false, phone_valid = false")
    await service.world.execute(
        "UPDATE call SET state = 'planned', slot_start = :at, slot_end = :end", at=TWO, end=FIVE
    )
    await service.world.at(TWO)
    await service.post("/v1/campaigns/PVI/start", {})
    told = [text for kind, text in await lines(service) if kind == "decision"]
    assert told == [
        "PVI: Not called: there is no valid telephone number.",
        "PVI: Not called: a salesperson has an open task with this person.",
    ]
    (entry, *_) = await service.every(f"/v1/prospects/{await who(service)}/timeline")
    (lead,) = await service.world.rows("lead")
    assert entry["link"] == f"/v1/leads/{lead.id}/why"


async def test_a_consent_is_told_and_so_is_its_end(service):
    await service.lead()
    consent = {"email": "p1@example.org", "wording_version": "v7", "evidence": {"form": "f"}}
    given = await service.post("/v1/consents", consent, status=202, role=SERVICE)
    assert ("consent", "Gave consent to sales by phone (wording v7)") in await lines(service)
    await service.world.at(MONDAY + DAY)
    await service.post(f"/v1/consents/{given['consent_id']}/withdraw", {"how": "by word of mouth"})
    assert (await lines(service))[0] == ("consent", "Withdrew the consent to sales by phone: by word of mouth")


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_pages_show_each_entry_once(service, limit):
    await a_life(service)
    assert await lines(service, limit=limit) == await lines(service, limit=200)


async def test_entries_of_one_instant_are_all_there(service):
    for number in range(7):
        event = an_event(email="p1@example.org", occurred_at="2026-01-01T00:00:00Z", message_id=str(number))
        await service.post("/v1/events", event, status=202, role=SERVICE)
    path = f"/v1/prospects/{await who(service)}"
    assert len(await service.every(f"{path}/timeline", limit=2)) == 7
    events = await service.every(f"{path}/events", limit=2)
    assert sorted(event["message_id"] for event in events) == [str(number) for number in range(7)]


async def test_links_lead_on(service):
    await a_life(service)
    entries = await service.every(f"/v1/prospects/{await who(service)}/timeline", limit=200)
    for link in {entry["link"] for entry in entries}:
        assert (await service.client.get(link, headers=OPS)).status_code == 200, link


@pytest.mark.parametrize("name", sorted(EventName))
async def test_each_kind_of_event_has_its_line(service, name):
    for event in (an_event("meeting_request", message_id="m"), an_event(name)):
        await service.post("/v1/events", event, status=202, role=SERVICE)
    (_, newest), _ = await lines_of(service, "ada@example.org")
    assert "?" not in newest
    assert newest[0].isupper()


async def lines_of(service, email):
    entries = (await service.get(f"/v1/prospects/{await who(service, email)}/timeline"))["items"]
    return [(entry["kind"], entry["text"]) for entry in entries]


async def test_somebody_without_a_past_has_an_empty_list_and_nobody_none(service):
    person = await service.post("/v1/prospects", {"email": "ada@example.org"}, status=201, role=SERVICE)
    nobody = "0190163d-8694-739b-aea5-966c26f8ad91"
    for what in ("timeline", "events"):
        assert await service.get(f"/v1/prospects/{person['id']}/{what}") == {"items": [], "next_cursor": None}
        assert await service.refused("GET", f"/v1/prospects/{nobody}/{what}", status=404) == ("unknown-prospect", [])


async def test_a_line_is_one_line_and_not_too_long(service):
    form = {"form_name": "a\r\nb\u2028c" + "x" * 400}
    await service.post("/v1/events", an_event(properties=form), status=202, role=SERVICE)
    ((_, text),) = await lines_of(service, "ada@example.org")
    assert text.startswith("Filled in the form a b c")
    assert len(text) == 300


async def test_only_those_who_may_read_see_it(service):
    await service.post("/v1/events", an_event(), status=202, role=SERVICE)
    path = f"/v1/prospects/{await who(service, 'ada@example.org')}/timeline"
    for role, status in ((OPS, 200), (SERVICE, 200), (CAPTURE, 403), ({}, 401)):
        assert (await service.client.get(path, headers=role)).status_code == status


async def test_what_happened_long_ago_is_at_the_end(service):
    for days in (1, 400, 3):
        moment = (MONDAY - days * DAY).isoformat()
        await service.post(
            "/v1/events", an_event(occurred_at=moment, properties={"form_name": f"{days}"}), status=202, role=SERVICE
        )
    texts = [text for _, text in await lines_of(service, "ada@example.org")]
    assert texts == [f"Filled in the form {days}" for days in (1, 3, 400)]
