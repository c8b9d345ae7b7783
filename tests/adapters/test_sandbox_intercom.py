"""The sandbox of Intercom over HTTP: each workspace its own, a search that lags, bodies refused as described."""

from datetime import timedelta

import pytest
from tests.adapters.intercom_desk import NOW, Desk, where
from tests.adapters.sandbox_client import DAY, HOUR, SECOND
from tests.adapters.vendors_line import all_vendors

NOTE = {"message_type": "note", "type": "admin", "admin_id": "1", "body": "Hello"}
CLOSE = {"message_type": "close", "type": "admin", "admin_id": "1"}
ASSIGN = {"message_type": "assignment", "admin_id": "1"}
USER = {"message_type": "comment", "type": "user", "body": "Still there?"}


@pytest.fixture
async def desk():
    async with all_vendors() as vendors:
        yield Desk(vendors)


OPEN = where("state", "=", "open")
CALLS = [
    ("GET", "/conversations/1"),
    ("POST", "/conversations/search"),
    ("POST", "/conversations/1/reply"),
    ("POST", "/conversations/1/parts"),
    ("GET", "/contacts/ana"),
    ("DELETE", "/contacts/ana"),
    ("POST", "/contacts/search"),
    ("GET", "/admins"),
    ("GET", "/admins/1"),
    ("PATCH", "/nothing/here"),
]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize(
    ("token", "version", "refusal"),
    [
        (None, "2.16", (401, "unauthorized")),
        ("Bearer sandbox-DE", "2.16", (401, "unauthorized")),
        ("Basic sandbox-FR", "2.16", (401, "unauthorized")),
        ("Bearer sandbox-FR", None, (400, "intercom_version_invalid")),
        ("Bearer sandbox-FR", "2.15", (400, "intercom_version_invalid")),
    ],
)
async def test_every_call_needs_a_workspaces_token_and_the_version(desk, call, token, version, refusal):
    await desk.contact()
    given = {"Authorization": token, "Intercom-Version": version}
    headers = {name: value for name, value in given.items() if value}
    answer = await desk.vendors.http.request(call[0], f"/intercom{call[1]}", json={}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == refusal
    assert answer.headers["X-RateLimit-Limit"] == "1666"
    assert await desk.ask("GET", "/contacts/ana")


async def test_a_workspace_knows_nothing_of_the_other(desk):
    await desk.contact(email="ana@example.org")
    await desk.conversation(7, contact_ids=["ana"])
    for method, path in [call for call in CALLS if "/conversations/1" in call[1] or "/contacts/ana" in call[1]]:
        body = CLOSE if path.endswith("parts") else NOTE
        assert await desk.refused(method, path.replace("/1", "/7"), body, "BE") == (404, "not_found")
    assert await desk.found(OPEN, country="BE") == []
    assert await desk.found(where("email", "=", "ana@example.org"), "contacts", "BE") == []
    assert await desk.found(OPEN) == ["7"]
    assert (await desk.ask("GET", "/contacts/ana"))["workspace_id"] == "sandbox-fr"


async def test_a_conversation_has_the_vendors_shape(desk):
    await desk.contact(email="ana@example.org", name="Ana", external_id="70")
    await desk.conversation(7, contact_ids=["ana"], team_assignee_id=41, tags=["self serve chat", "vip"])
    shown = await desk.ask("GET", "/conversations/7")
    assert shown["contacts"] == {
        "type": "contact.list",
        "contacts": [{"type": "contact", "id": "ana", "external_id": "70"}],
    }
    assert shown["tags"] == {
        "type": "tag.list",
        "tags": [{"type": "tag", "id": "1", "name": "self serve chat"}, {"type": "tag", "id": "2", "name": "vip"}],
    }
    assert shown["source"]["author"] == {"id": "ana", "type": "user", "name": "Ana", "email": "ana@example.org"}
    assert (shown["type"], shown["id"], shown["state"], shown["open"]) == ("conversation", "7", "open", True)
    assert (shown["admin_assignee_id"], shown["team_assignee_id"], shown["created_at"]) == (0, 41, NOW)
    assert shown["conversation_parts"] == {
        "type": "conversation_part.list",
        "conversation_parts": [],
        "total_count": 0,
    }
    (item,) = (await desk.search(OPEN))["conversations"]
    assert item == {name: value for name, value in shown.items() if name != "conversation_parts"}


async def test_a_conversation_is_changed_by_what_is_given_of_it(desk):
    await desk.conversation(7, state="closed", tags=["a"], source={"subject": "Hi", "author": {"email": "x@ex.fr"}})
    desk.vendors.at += HOUR
    changed = await desk.conversation(7, admin_assignee_id=None, source={"body": "<p>Yes</p>"})
    assert (changed["state"], changed["tags"]["tags"][0]["name"], changed["admin_assignee_id"]) == ("closed", "a", None)
    assert [changed["source"][it] for it in ("subject", "body")] == ["Hi", "<p>Yes</p>"]
    assert changed["source"]["author"]["email"] == "x@ex.fr"
    assert (changed["created_at"], changed["updated_at"]) == (NOW, NOW + 3_600)
    assert (await desk.conversation(7, updated_at=5))["updated_at"] == 5


BEGUN = {"state": "closed", "contact_ids": ["ana"]}


@pytest.mark.parametrize(
    ("path", "body", "part", "changed"),
    [
        ("reply", NOTE, ("note", "<p>Hello</p>"), {"state": "closed"}),
        ("reply", NOTE | {"body": "<p>A</p><!-- b -->"}, ("note", "<p>A</p>"), {"state": "closed"}),
        ("reply", NOTE | {"message_type": "comment"}, ("comment", "<p>Hello</p>"), {"state": "closed"}),
        ("reply", USER | {"intercom_user_id": "ana"}, ("open", "<p>Still there?</p>"), {"state": "open", "open": True}),
        ("reply", USER | {"email": "a@ex.fr"}, ("open", "<p>Still there?</p>"), {"waiting_since": NOW + 1}),
        ("reply", USER | {"user_id": "70"}, ("open", "<p>Still there?</p>"), {"state": "open"}),
        ("parts", CLOSE, ("close", None), {"state": "closed", "open": False}),
        ("parts", CLOSE | {"body": "Bye"}, ("close", "<p>Bye</p>"), {"state": "closed"}),
        ("parts", {"message_type": "open", "admin_id": "1"}, ("open", None), {"state": "open", "open": True}),
        (
            "parts",
            {"message_type": "snoozed", "admin_id": "1", "snoozed_until": NOW + 60},
            ("snoozed", None),
            {"state": "snoozed", "open": True, "snoozed_until": NOW + 60},
        ),
        (
            "parts",
            ASSIGN | {"type": "team", "assignee_id": "41"},
            ("assign_and_reopen", None),
            {"state": "open", "team_assignee_id": 41, "admin_assignee_id": 5},
        ),
        (
            "parts",
            ASSIGN | {"type": "admin", "assignee_id": "0"},
            ("assign_and_reopen", None),
            {"admin_assignee_id": 0, "team_assignee_id": 0},
        ),
    ],
)
async def test_a_part_is_added_and_the_conversation_goes_on(desk, path, body, part, changed):
    await desk.contact(email="a@ex.fr", external_id="70")
    await desk.conversation(7, admin_assignee_id=5, **BEGUN)
    desk.vendors.at += SECOND
    answer = await desk.ask("POST", f"/conversations/7/{path}", body)
    assert answer == await desk.ask("GET", "/conversations/7")
    (added,) = answer["conversation_parts"]["conversation_parts"]
    assert (added["part_type"], added["body"], added["created_at"]) == (*part, NOW + 1)
    assert added["author"]["id"] == ("ana" if body.get("type") == "user" else "1")
    assert {name: answer[name] for name in changed} == changed
    assert answer["updated_at"] == NOW + 1


async def test_a_snoozed_conversation_opens_by_itself(desk):
    await desk.conversation(7)
    await desk.ask(
        "POST", "/conversations/7/parts", {"message_type": "snoozed", "admin_id": "1", "snoozed_until": NOW + 60}
    )
    desk.vendors.at += 59 * SECOND
    assert await desk.found(where("state", "=", "snoozed")) == ["7"]
    desk.vendors.at += 2 * SECOND
    assert await desk.found(OPEN) == ["7"]
    shown = await desk.ask("GET", "/conversations/7")
    assert (shown["snoozed_until"], shown["updated_at"]) == (None, NOW + 60)


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("reply", NOTE | {"admin_id": 1}, (422, "parameter_invalid")),
        ("reply", {"message_type": "note", "type": "admin", "body": "x"}, (400, "parameter_not_found")),
        ("reply", {"message_type": "note", "admin_id": "1", "body": "x"}, (400, "parameter_not_found")),
        ("reply", NOTE | {"body": ""}, (422, "parameter_invalid")),
        ("reply", NOTE | {"message_type": "shout"}, (422, "parameter_invalid")),
        ("reply", NOTE | {"type": "user", "intercom_user_id": "ana"}, (422, "parameter_invalid")),
        ("reply", NOTE | {"admin_id": "2"}, (404, "admin_not_found")),
        ("reply", USER, (422, "parameter_invalid")),
        ("reply", USER | {"email": "a@ex.fr", "user_id": "70"}, (422, "parameter_invalid")),
        ("reply", USER | {"email": "b@ex.fr"}, (404, "not_found")),
        ("reply", [], (422, "parameter_invalid")),
        ("reply", None, (422, "parameter_invalid")),
        ("parts", CLOSE | {"admin_id": 1}, (422, "parameter_invalid")),
        ("parts", {"message_type": "close", "admin_id": "1"}, (400, "parameter_not_found")),
        ("parts", CLOSE | {"type": "team"}, (422, "parameter_invalid")),
        ("parts", CLOSE | {"body": None}, (422, "parameter_invalid")),
        ("parts", CLOSE | {"admin_id": "2"}, (404, "admin_not_found")),
        ("parts", {"message_type": "snoozed", "admin_id": "1"}, (400, "parameter_not_found")),
        ("parts", {"message_type": "snoozed", "admin_id": "1", "snoozed_until": "1"}, (422, "parameter_invalid")),
        ("parts", ASSIGN | {"type": "admin", "assignee_id": 1}, (422, "parameter_invalid")),
        ("parts", ASSIGN | {"type": "admin", "assignee_id": "9"}, (404, "admin_not_found")),
        ("parts", {"message_type": "merge", "admin_id": "1"}, (422, "parameter_invalid")),
    ],
)
async def test_a_wrong_body_is_refused_and_changes_nothing(desk, path, body, refusal):
    await desk.contact(email="a@ex.fr", external_id="70")
    before = await desk.conversation(7, **BEGUN)
    assert await desk.refused("POST", f"/conversations/7/{path}", body) == refusal
    assert await desk.ask("GET", "/conversations/7") == before


async def test_admins_are_listed_and_found(desk):
    await desk.put("admins/5", name="Luc", email="luc@ex.fr", away_mode_enabled=True)
    listed = await desk.ask("GET", "/admins")
    assert (listed["type"], [it["id"] for it in listed["admins"]]) == ("admin.list", ["1", "5"])
    assert listed["admins"][1] == await desk.ask("GET", "/admins/5")
    assert listed["admins"][1].items() >= {"type": "admin", "name": "Luc", "away_mode_enabled": True}.items()
    assert not (await desk.put("admins/5", away_mode_enabled=False))["away_mode_enabled"]
    assert (await desk.ask("GET", "/admins/5"))["name"] == "Luc"
    assert await desk.refused("GET", "/admins/6") == (404, "admin_not_found")
    assert await desk.refused("GET", "/admins/5", country="BE") == (404, "admin_not_found")


async def test_a_contact_is_changed_by_what_is_given_of_it(desk):
    await desk.contact(email="a@ex.fr", external_id="70")
    desk.vendors.at += HOUR
    await desk.contact(phone="+33612345678")
    shown = await desk.ask("GET", "/contacts/ana")
    assert (shown["email"], shown["phone"], shown["external_id"]) == ("a@ex.fr", "+33612345678", "70")
    assert (shown["created_at"], shown["updated_at"]) == (NOW, NOW + 3_600)


async def test_a_deleted_contact_is_gone_and_the_conversations_stay(desk):
    await desk.contact(email="a@ex.fr", external_id="70")
    await desk.conversation(7, contact_ids=["ana"])
    deleted = await desk.ask("DELETE", "/contacts/ana")
    assert deleted == {"type": "contact", "id": "ana", "external_id": "70", "deleted": True}
    for method in ("GET", "DELETE"):
        assert await desk.refused(method, "/contacts/ana") == (404, "not_found")
    assert await desk.found(where("email", "=", "a@ex.fr"), "contacts") == []
    assert await desk.found(where("contact_ids", "=", "ana")) == ["7"]
    fr = (await desk.vendors.ask("GET", "/intercom/_sandbox/desk"))["workspaces"]["FR"]
    assert (fr["contacts"], fr["deleted_contacts"], [it["id"] for it in fr["conversations"]]) == ([], ["ana"], ["7"])


async def test_the_calls_that_are_left_are_counted_in_windows_of_ten_seconds(desk):
    await desk.settings(rate_limit=2)
    headers = {"Authorization": "Bearer sandbox-FR", "Intercom-Version": "2.16"}
    told = []
    for _ in range(3):
        answer = await desk.vendors.http.get("/intercom/admins", headers=headers)
        told.append((answer.status_code, answer.headers["X-RateLimit-Remaining"]))
        assert answer.headers["X-RateLimit-Reset"] == str(NOW + 10)
    assert told == [(200, "1"), (200, "0"), (429, "0")]
    assert answer.json()["errors"][0]["code"] == "rate_limit_exceeded"
    await desk.ask("GET", "/admins", country="BE")
    desk.vendors.at += 10 * SECOND
    await desk.ask("GET", "/admins")


async def test_search_knows_what_was_there_a_while_ago(desk):
    await desk.settings(search_lag=60)
    await desk.contact(email="a@ex.fr")
    await desk.conversation(7, contact_ids=["ana"])
    desk.vendors.at += 59 * SECOND
    by_email = where("email", "=", "a@ex.fr")
    assert (await desk.found(OPEN), await desk.found(by_email, "contacts")) == ([], [])
    desk.vendors.at += SECOND
    assert (await desk.found(OPEN), await desk.found(by_email, "contacts")) == (["7"], ["ana"])
    await desk.ask("POST", "/conversations/7/parts", CLOSE)
    (seen,) = (await desk.search(OPEN))["conversations"]
    assert (seen["state"], seen["updated_at"]) == ("open", NOW)
    assert (await desk.ask("GET", "/conversations/7"))["state"] == "closed"
    assert await desk.found(where("state", "=", "closed")) == []
    desk.vendors.at += timedelta(seconds=60)
    assert (await desk.found(OPEN), await desk.found(where("state", "=", "closed"))) == ([], ["7"])


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("DE/contacts/ana", {}),
        ("FR/contacts/ana", {"mail": "a@ex.fr"}),
        ("FR/conversations/7", {"contact_ids": ["nobody"]}),
        ("FR/conversations/7", {"team_assignee_id": "41"}),
        ("FR/admins/5", {"away": True}),
    ],
)
async def test_what_a_test_misspells_is_refused(desk, what, given):
    answer = await desk.vendors.ask("PUT", f"/intercom/_sandbox/workspaces/{what}", given, 400)
    assert answer["error"]
    await desk.vendors.ask("PUT", "/intercom/_sandbox/setings", {}, 404)


async def test_a_reset_empties_the_desk(desk):
    await desk.contact()
    await desk.conversation(7)
    await desk.settings(search_lag=60)
    desk.vendors.at += DAY
    await desk.vendors.ask("POST", "/intercom/_sandbox/reset", status=204)
    shown = await desk.vendors.ask("GET", "/intercom/_sandbox/desk")
    assert shown["settings"] == {"search_lag": 0, "rate_limit": 1_666}
    for workspace in shown["workspaces"].values():
        assert (workspace["contacts"], workspace["conversations"], len(workspace["admins"])) == ([], [], 1)
