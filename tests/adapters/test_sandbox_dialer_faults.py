"""The sandbox dialer over real HTTP: searches, and the faults that its clients must survive."""

import asyncio
from datetime import datetime
from time import perf_counter

import httpx2
import pytest
from sandbox_client import BATCH, CAMPAIGN, CONTACTS, DAY, HOUR, NINE, SECOND, _fields, a_dialer

from growth.adapters.sandbox.dialer_filters import _HOLDS, ContactQuery
from growth.adapters.sandbox.faults import Faults


@pytest.fixture
async def dialer():
    async with a_dialer() as it:
        yield it


async def test_by_date_pages_miss_and_repeat_nobody_under_equal_stamps(dialer):
    await dialer.inject(*(f"lead-{n}" for n in range(25)))
    url, seen = f"{CONTACTS}/search/by-date?fromDate=2026-01-05T09:00:00Z&limit=7", []
    while url:
        page = await dialer.ask("GET", url)
        assert page["count"] == len(page["contacts"])
        seen += [contact["contactId"] for contact in page["contacts"]]
        url = page["next"]
    assert seen == list(range(1, 26))
    await dialer.ask("PUT", f"{CONTACTS}/3", {"comment": "moved"})
    later = "2026-01-05T09:00:01Z"
    changed = await dialer.ask("GET", f"{CONTACTS}/search/by-date?fromDate={later}")
    assert [c["contactId"] for c in changed["contacts"]] == [3]


async def test_search_pages_begin_at_zero_and_say_which_is_the_last(dialer):
    await dialer.inject(*(f"lead-{n}" for n in range(25)))
    pages = [await dialer.found(page=number, size=10) for number in range(3)]
    assert [(p["numberOfElements"], p["first"], p["last"]) for p in pages] == [
        (10, True, False),
        (10, False, False),
        (5, False, True),
    ]


async def test_by_phone_finds_across_campaigns(dialer):
    other = CONTACTS.replace("701", "702")
    for path in (CONTACTS, other, other):
        await dialer.ask("POST", path, {"customFields": {"lead_id": "x", "phone": "33612345678"}}, 201)
    url, seen = "/api/v2/voice/campaigns/contacts/search/by-phone?limit=2", []
    while url:
        page = await dialer.ask("POST", url, {"campaignIds": None, "phones": ["33612345678"]})
        seen += [(contact["campaignId"], contact["contactId"]) for contact in page["contacts"]]
        url = page["next"]
    assert seen == [(701, 1), (702, 1), (702, 2)]


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("eq", "9", ["a"]),
        ("notEq", "9", ["b", "c"]),
        ("lt", "10", ["a"]),
        ("gte", "10", ["b"]),
        ("startsWith", "1", ["b"]),
        ("notStartswith", "1", ["a", "c"]),
        ("contains", "9", ["a"]),
        ("like", "1%", ["b"]),
        ("eq", None, ["c"]),
    ],
)
async def test_conditions_on_columns(dialer, condition, value, expected):
    await dialer.inject(_fields("a") | {"rooms": "9"}, _fields("b") | {"rooms": "10"}, "c")
    asked = {"customFieldName": "rooms", "condition": condition, "value": value}
    assert await dialer.leads({"customFieldConditions": [asked]}) == expected


async def test_every_filter_of_the_contract_is_judged(dialer):
    assert set(ContactQuery.model_fields) == {*_HOLDS, "custom_field_conditions"}
    await dialer.inject("a", priority=1, region=5, retryDate="2026-01-06T09:00:00Z")
    await dialer.inject("b", assignedAgentId=543, wrapupId=4563, agentId=7)
    for query, expected in [
        ({"contactIds": [2]}, ["b"]),
        ({"maxPriority": 1}, ["a"]),
        ({"regions": [5]}, ["a"]),
        ({"retryIsNull": True}, ["b"]),
        ({"retryBefore": "2026-01-06T09:00:00Z"}, []),
        ({"retryAfter": "2026-01-06T09:00:00Z"}, ["a"]),
        ({"assignedAgentIds": [543]}, ["b"]),
        ({"wrapupStatuses": ["tocall"], "agentIds": [7], "lastWrapupIds": [4563]}, ["b"]),
        ({"phones": [_fields("a")["Telephone_1"]]}, ["a"]),
        ({"lastCallAfter": "2020-01-01T00:00:00Z"}, []),
        ({"createdBefore": "2026-01-05T09:00:01Z"}, ["a"]),
    ]:
        assert await dialer.leads(query) == expected, query


async def test_a_mass_update_changes_what_it_finds_and_keeps_other_columns(dialer):
    await dialer.inject("a", "b")
    data = {"priority": 3, "customFields": {"segment": "PVS"}}
    query = {"customFieldConditions": [{"customFieldName": "lead_id", "condition": "eq", "value": "a"}]}
    await dialer.ask("POST", f"{BATCH}/update", {"query": query, "data": data})
    dialer.at += SECOND
    first, second = (await dialer.found())["content"]
    assert (first["priority"], first["customFields"]) == (3, {**_fields("a"), "segment": "PVS"})
    assert (second["priority"], second["customFields"]) == (10, _fields("b"))


async def test_a_campaign_is_archived_only_when_paused(dialer):
    await dialer.ask("PATCH", CAMPAIGN, {"isArchived": True}, 400)
    await dialer.ask("PATCH", CAMPAIGN, {"isPaused": True, "isArchived": True})
    await dialer.ask("GET", CAMPAIGN.replace("701", "702"))
    listed = await dialer.ask("GET", "/api/v1/voice/campaigns?isArchived=false&pageSize=1")
    assert ([c["id"] for c in listed["campaigns"]], listed["next"]) == ([702], None)
    both = await dialer.ask("GET", "/api/v1/voice/campaigns?pageSize=1")
    assert [c["id"] for c in (await dialer.ask("GET", both["next"]))["campaigns"]] == [702]


def _behind_a_middleware(app):
    async def middleware(scope, receive, send):
        async def pass_on(message):
            await send(message)

        await app(scope, receive, pass_on)

    return middleware


@pytest.mark.parametrize("wrap", [lambda app: app, _behind_a_middleware], ids=["alone", "behind a middleware"])
async def test_a_dropped_answer_breaks_the_connection_and_the_batch_is_there(wrap):
    async with a_dialer(wrap, faults=Faults(path=BATCH, drop_answer=1)) as dialer:
        with pytest.raises(httpx2.RemoteProtocolError):
            await dialer.batch("a")
        dialer.at += SECOND
        assert await dialer.leads() == ["a"]
        heard = (await dialer.ask("GET", "/_sandbox/requests"))["requests"]
        assert (heard[0]["fault"], heard[0]["status"], heard[1]["fault"]) == ("drop_answer", 200, None)


async def test_a_dropped_answer_sends_not_one_byte(dialer):
    await dialer.ask("PUT", "/_sandbox/faults", {"drop_answer": 1})
    url = dialer.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {CAMPAIGN} HTTP/1.1\r\nHost: x\r\nPrivate-Token: sandbox\r\n\r\n".encode())
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await writer.wait_closed()


async def test_after_a_dropped_answer_the_batch_may_arrive_late(dialer):
    await dialer.ask("PUT", "/_sandbox/faults", {"path": BATCH, "drop_answer": 1, "apply_late_after_drop": 30})
    with pytest.raises(httpx2.RemoteProtocolError):
        await dialer.batch("a")
    dialer.at += 29 * SECOND
    assert await dialer.leads() == []
    dialer.at += HOUR
    assert await dialer.leads() == ["a"]
    created = (await dialer.found())["content"][0]["createdAt"]
    assert datetime.fromisoformat(created) == NINE + 30.5 * SECOND


async def test_drops_repeat_with_the_seed(dialer):
    async def a_run():
        await dialer.ask("PUT", "/_sandbox/faults", {"drop_answer": 0.3, "seed": 7})
        kept = []
        for _ in range(40):
            try:
                await dialer.ask("GET", CAMPAIGN)
            except httpx2.RemoteProtocolError:
                kept.append(False)
            else:
                kept.append(True)
        return kept

    first = await a_run()
    assert first == await a_run()
    assert 4 <= first.count(False) <= 20


async def test_refusals_carry_retry_after_in_both_forms_and_do_nothing(dialer):
    for form, expected in (("seconds", "30"), ("date", "Mon, 05 Jan 2026 09:00:30 GMT")):
        refuse = {"probability": 1.0, "status": 429, "retry_after": 30, "retry_after_form": form}
        await dialer.ask("PUT", "/_sandbox/faults", {"path": BATCH, "refuse": refuse})
        answer = await dialer.http.post(f"{BATCH}/create", json={"customFields": [_fields("a")]})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, expected)
    dialer.at += HOUR
    assert await dialer.leads() == []
    await dialer.ask("PUT", "/_sandbox/faults", {"html": 1})
    answer = await dialer.http.get(CAMPAIGN)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    await dialer.ask("PUT", "/_sandbox/faults", {"drop": 1}, 400)
    await dialer.ask("PUT", "/_sandbox/faults", {"html": 0.6, "drop_answer": 0.6}, 400)


async def test_a_hanging_dialer_has_applied_what_the_client_gave_up_on(dialer):
    await dialer.ask("PUT", "/_sandbox/faults", {"path": BATCH, "hang": 30})
    with pytest.raises(httpx2.ReadTimeout):
        await dialer.http.post(f"{BATCH}/create", json={"customFields": [_fields("a")]}, timeout=0.2)
    dialer.at += SECOND
    assert await dialer.leads() == ["a"]


async def test_reset_forgets_everything_but_how_it_was_built():
    async with a_dialer(lines=1) as dialer:
        await dialer.inject("a")
        await dialer.ask("PUT", "/_sandbox/settings", {"lines": 9})
        await dialer.ask("PUT", "/_sandbox/settings", {"token": "x"}, 400)
        await dialer.ask("PUT", "/_sandbox/faults", {"html": 1})
        await dialer.ask("POST", "/_sandbox/reset", status=204)
        assert await dialer.leads() == []
        assert (await dialer.ask("GET", "/_sandbox/log"))["entries"] == []
        assert (await dialer.ask("PUT", "/_sandbox/settings", {}))["lines"] == 1


async def test_thousands_of_contacts_stay_quick():
    async with a_dialer(lines=40, apply_delay=0, seconds_per_call=60) as dialer:
        for start in range(0, 5_100, 300):
            await dialer.batch(*(_fields(f"lead-{n}") for n in range(start, start + 300)))
        dialer.at += 5 * DAY
        began = perf_counter()
        await dialer.ask("GET", CAMPAIGN)
        played = perf_counter() - began
        asked = {"customFieldConditions": [{"customFieldName": "lead_id", "condition": "eq", "value": "lead-7"}]}
        began = perf_counter()
        assert await dialer.leads(asked) == ["lead-7"]
        assert perf_counter() - began < 0.25
        assert played < 5
        assert len(await dialer.calls()) > 5_100
