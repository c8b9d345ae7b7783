"""The sandbox dialer over real HTTP: what its clients may rely on."""

from collections import Counter
from datetime import datetime

import pytest
from sandbox_client import BATCH, CAMPAIGN, CONTACTS, DAY, HOUR, MINUTE, NINE, SECOND, _fields, a_dialer

from growth.adapters.sandbox.dialer_settings import CampaignSetup


@pytest.fixture
async def dialer():
    async with a_dialer() as it:
        yield it


async def test_a_batch_is_accepted_at_once_and_applied_later(dialer):
    token = await dialer.batch("a", "b")
    assert await dialer.outcome(token) == {
        "status": "ACCEPTED",
        "modifiedElementsCount": 0,
        "failed": [],
        "excluded": {},
    }
    dialer.at += SECOND * 0.3
    assert (await dialer.outcome(token))["status"] == "IN_PROGRESS"
    assert await dialer.leads() == []
    dialer.at += SECOND * 0.3
    done = await dialer.outcome(token)
    assert (done["status"], done["modifiedElementsCount"]) == ("COMPLETED", 2)
    assert await dialer.leads() == ["a", "b"]


async def test_while_a_batch_runs_every_other_of_the_campaign_is_refused(dialer):
    await dialer.batch("a")
    query = {"wrapupStatuses": ["new_contact"]}
    await dialer.ask("POST", f"{BATCH}/create", {"customFields": [_fields("b")]}, 409)
    await dialer.ask("POST", f"{BATCH}/update", {"query": query, "data": {"priority": 1}}, 409)
    await dialer.ask("POST", f"{BATCH}/delete", query, 409)
    other = BATCH.replace("701", "702")
    await dialer.ask("POST", f"{other}/create", {"customFields": [_fields("b")]})
    dialer.at += SECOND
    await dialer.ask("POST", f"{BATCH}/delete", query)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/contact-batch/delete", {"wrapupStatus": ["new_contact"]}, id="misspelt filter"),
        pytest.param("/contact-batch/delete", {}, id="empty delete"),
        pytest.param("/contact-batch/delete", {"contactIds": []}, id="a filter of nothing"),
        pytest.param("/contact-batch/delete", {"excluded": None}, id="a filter of null"),
        pytest.param("/contact-batch/delete", {"query": {"excluded": True}}, id="filters below query"),
        pytest.param("/contact-batch/update", {"query": {}, "data": {"priority": 1}}, id="empty update filter"),
        pytest.param("/contact-batch/update", {"query": {"minTries": 0}, "data": {}}, id="empty update"),
        pytest.param(
            "/contact-batch/update",
            {"query": {"minTries": 0}, "data": {"customFields": {"Telephone_1": "33612345678"}}},
            id="phones in a mass change",
        ),
        pytest.param("/contacts/search", {"query": {"minTrys": 0}}, id="misspelt search filter"),
        pytest.param("/contacts/search", {"pageable": {"pageSize": 501}}, id="page too large"),
        pytest.param("/contact-batch/create", {"customFields": []}, id="no contacts"),
        pytest.param("/contact-batch/create", {"customFields": [{"lead_id": 7}]}, id="a number as custom field"),
        pytest.param(
            "/contact-batch/create",
            {"customFields": [{"lead_id": str(n)} for n in range(301)]},
            id="301 contacts",
        ),
        pytest.param(
            "/contact-batch/create", {"customFields": [{"lead_id": "a"}], "Priority": 1}, id="misspelt scalar"
        ),
        pytest.param(
            "/contact-batch/create",
            {"customFields": [{"lead_id": "a"}], "minCallingDateTime": "2026-01-05T08:00:00"},
            id="an instant without a zone",
        ),
        pytest.param("/contacts", {"priority": 1}, id="a contact without fields"),
    ],
)
async def test_what_the_vendor_would_misread_is_refused(dialer, path, body):
    await dialer.inject("a")
    await dialer.ask("POST", f"/api/v2/voice/campaigns/701{path}", body, 400)
    assert await dialer.leads() == ["a"]


@pytest.mark.parametrize(
    "query", ["", "?fromdate=2026-01-05T08:00:00Z", "?fromDate=2026-01-05T08:00:00", "?fromDate=1736064000"]
)
async def test_changes_are_asked_for_since_a_plain_instant(dialer, query):
    await dialer.ask("GET", f"{CONTACTS}/search/by-date{query}", status=400)


async def test_the_token_must_be_right_but_for_the_control_routes(dialer):
    for headers in ({"Private-Token": "wrong"}, {"Private-Token": ""}):
        answer = await dialer.http.get(CAMPAIGN, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "error.unauthorized"})
        assert (await dialer.http.get("/_sandbox/log", headers=headers)).status_code == 200


async def test_a_closed_dialer_knows_only_its_campaigns_and_their_columns():
    setup = CampaignSetup(id=701, custom_fields=("lead_id", "Telephone_1"))
    async with a_dialer(open_campaigns=False, campaigns=(setup,)) as dialer:
        missing = await dialer.ask("GET", CAMPAIGN.replace("701", "9"), status=404)
        assert missing["error"] == "error.campaign.not.exists"
        await dialer.ask("POST", f"{BATCH}/create", {"customFields": [_fields("a") | {"city": "Lyon"}]}, 400)
        condition = {"customFieldName": "leadid", "condition": "eq", "value": "a"}
        await dialer.ask("POST", f"{BATCH}/delete", {"customFieldConditions": [condition]}, 400)
        column = {"newCustomFields": [{"name": "city", "isPhoneNumber": False}]}
        await dialer.ask("POST", f"{CAMPAIGN}/field", column)
        await dialer.ask("POST", f"{CAMPAIGN}/field", column, 400)
        await dialer.inject(_fields("a") | {"city": "Lyon"})
        assert await dialer.leads() == ["a"]


async def test_a_contact_without_a_usable_phone_is_excluded_until_it_has_one(dialer):
    leads = [_fields("good"), _fields("plus") | {"Telephone_1": "+33612345678"}, {"lead_id": "none"}]
    assert (await dialer.inject(*leads))["excluded"] == {"noValidPhone": [2, 3]}
    await dialer.ask("PUT", f"{CONTACTS}/3", {"customFields": {"Telephone_1": "33612345678"}})
    assert await dialer.leads({"excluded": False}) == ["good", "none"]
    assert await dialer.leads({"excludedCause": "noValidPhone"}) == ["plus"]


async def test_duplicate_phones_are_excluded_only_where_the_dialer_is_told_to(dialer):
    twins = [{"lead_id": lead, "Telephone_1": "33612345678"} for lead in "ab"]
    assert (await dialer.inject(*twins))["excluded"] == {}
    await dialer.ask("PUT", "/_sandbox/settings", {"deduplicate": True})
    assert (await dialer.inject({"lead_id": "c", "Telephone_1": "33612345678"}))["excluded"] == {"duplicate": [3]}


async def test_calls_keep_the_pace_of_the_lines_and_take_the_smallest_priority_first():
    async with a_dialer(lines=2, seconds_per_call=180, apply_delay=0) as dialer:
        await dialer.inject("late", priority=9)
        dialer.at = NINE
        await dialer.ask("PATCH", CAMPAIGN, {"isPaused": True})
        await dialer.inject("c", "d", "e", priority=2)
        await dialer.inject("b", priority=1)
        await dialer.ask("PATCH", CAMPAIGN, {"isPaused": False})
        dialer.at += HOUR
        calls = await dialer.calls()
        assert [c["custom_fields"]["lead_id"] for c in calls] == ["late", "b", "c", "d", "e"]
        starts = [datetime.fromisoformat(c["at"]) for c in calls]
        assert [s - starts[0] for s in starts[2:]] == [
            3 * MINUTE,
            starts[1] + 3 * MINUTE - starts[0],
            6 * MINUTE,
        ]


async def test_nobody_is_called_outside_the_window_or_while_the_campaign_is_paused():
    async with a_dialer(lines=1, seconds_per_call=600, outcomes=dict.fromkeys("abcdef", "argued")) as dialer:
        window = {
            "minCallingDateTime": (NINE + HOUR).isoformat(),
            "maxCallingDateTime": (NINE + 1.5 * HOUR).isoformat(),
        }
        await dialer.inject(*"abcdef", **window)
        dialer.at = NINE + HOUR + 15 * MINUTE
        await dialer.ask("PATCH", CAMPAIGN, {"isPaused": True})
        dialer.at += 11 * MINUTE
        assert len(await dialer.calls()) == 2
        await dialer.ask("PATCH", CAMPAIGN, {"isPaused": False})
        dialer.at += DAY
        starts = [datetime.fromisoformat(call["at"]) - NINE - HOUR for call in await dialer.calls()]
        assert starts == [0 * MINUTE, 10 * MINUTE, 26 * MINUTE]
        assert await dialer.leads({"maxTries": 0}) == ["d", "e", "f"]


async def test_an_assigned_contact_is_called_by_its_agent_alone():
    async with a_dialer(lines=1, outcomes=dict.fromkeys("abcd", "argued")) as dialer:
        await dialer.inject("a", "b", assignedAgentId=543)
        await dialer.inject("c", "d")
        dialer.at += HOUR
        agents = {call["custom_fields"]["lead_id"]: call["agent_id"] for call in await dialer.calls()}
        assert agents["a"] == agents["b"] == 543
        assert 543 not in {agents["c"], agents["d"]}


async def test_what_a_call_leaves_on_the_contact():
    when = NINE + 3 * DAY
    outcomes = {"a": "wrong_number", "b": {"outcome": "tocall", "retry_at": when}, "c": "unreachable"}
    async with a_dialer(lines=3, apply_delay=0, outcomes=outcomes) as dialer:
        await dialer.batch("a", "b", "c")
        assert {c["state"] for c in (await dialer.found())["content"]} == {"processing_in_progress"}
        dialer.at += HOUR
        wrong, callback, absent = (await dialer.found())["content"]
        wrapups = {w["id"]: w for w in (await dialer.ask("GET", "/api/v1/account/wrapups"))["wrapups"]}
        assert [wrapups[c["wrapupId"]]["name"] for c in (wrong, callback, absent)] == [
            "Faux numéro",
            "Rappel",
            "Ne répond pas",
        ]
        assert wrapups[wrong["wrapupId"]]["status"] == "nonargued"
        assert datetime.fromisoformat(callback["retryDate"]) == when
        expected = {"triesNumber": 1, "lastCallerType": "system", "lastCallTime": "2026-01-05T09:00:00Z"}
        expected |= {"lastAttemptTime": "2026-01-05T09:00:00Z", "lastUpdatedAt": "2026-01-05T09:03:00Z"}
        assert expected.items() <= wrong.items()
        assert wrong["phones"] == {"Telephone_1": wrong["customFields"]["Telephone_1"]}
        dialer.at = when + HOUR
        tries = Counter(call["custom_fields"]["lead_id"] for call in await dialer.calls())
        assert tries == {"a": 1, "b": 2, "c": 4}  # the absent one again every nextTryDelay


async def test_the_attempt_cap_ends_the_calls():
    setup = CampaignSetup(id=701, max_tries=2, next_try_delay=60)
    async with a_dialer(lines=1, campaigns=(setup,), outcomes={"a": "unreachable"}) as dialer:
        await dialer.inject("a")
        dialer.at += DAY
        assert len(await dialer.calls()) == 2
        await dialer.ask("PATCH", CAMPAIGN, {"maxTries": 3})
        dialer.at += DAY
        assert len(await dialer.calls()) == 3


async def test_deleting_spares_those_on_a_call():
    async with a_dialer(lines=1) as dialer:
        await dialer.inject("a", "b")
        await dialer.ask("DELETE", f"{CONTACTS}/1", status=409)
        token = (await dialer.ask("POST", f"{BATCH}/delete", {"wrapupStatuses": ["new_contact"]}))["token"]
        dialer.at += SECOND
        outcome = await dialer.outcome(token)
        assert (outcome["modifiedElementsCount"], outcome["failed"]) == (1, [1])
        dialer.at += HOUR
        await dialer.ask("DELETE", f"{CONTACTS}/1", status=204)
        await dialer.ask("GET", f"{CONTACTS}/1", status=404)
        assert [c["custom_fields"]["lead_id"] for c in await dialer.calls()] == ["a"]
        ever = (await dialer.ask("GET", "/_sandbox/contacts"))["contacts"]
        assert [(c["customFields"]["lead_id"], c["deletedAt"] is None) for c in ever] == [
            ("a", False),
            ("b", False),
        ]


async def _three_days(**settings):
    async with a_dialer(lines=5, **settings) as dialer:
        await dialer.inject(*(f"lead-{n}" for n in range(100)))
        dialer.at += 3 * DAY
        return [(c["custom_fields"]["lead_id"], c["at"], c["outcome"]) for c in await dialer.calls()]


async def test_the_same_seed_gives_the_same_calls_and_outcomes():
    first = await _three_days(seed=1)
    assert first == await _three_days(seed=1)
    assert first != await _three_days(seed=2)
    assert len({outcome for _, _, outcome in first} - {None}) == 6


async def test_outcomes_are_replayed_by_lead_ref_before_lead_id():
    outcomes = {"r1": "arguedpositive", "a": "nonargued", "b": "argued"}
    async with a_dialer(lines=1, outcomes=outcomes) as dialer:
        await dialer.inject(_fields("a") | {"lead_ref": "r1"}, "b")
        dialer.at += HOUR
        assert [call["outcome"] for call in await dialer.calls()] == ["arguedpositive", "argued"]
