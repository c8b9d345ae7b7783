"""What the search of the sandbox of Intercom finds, page by page, and which queries it refuses."""

import pytest
from tests.adapters.intercom_desk import NOW, Desk, group, where
from tests.adapters.sandbox_client import DAY, HOUR, NINE, SECOND
from tests.adapters.vendors_line import all_vendors

NOON = NOW + 3 * 3_600


@pytest.fixture
async def desk():
    """Conversations 1 (open, Ana's), 2 (closed, Ana's and Bob's), 3 (snoozed, nobody's), each a second later."""
    async with all_vendors() as vendors:
        desk = Desk(vendors)
        await desk.contact("ana", email="Ana@ex.fr", phone="+33612345678", external_id="70")
        await desk.contact("bob", role="lead", name="Bob", custom_attributes={"siren": "552"}, created_at=NOW - 86_400)
        source = {"body": "<p>I need support</p>", "subject": "Hi"}
        await desk.conversation(1, contact_ids=["ana"], team_assignee_id=41, tags=["chat"], source=source)
        vendors.at += SECOND
        await desk.conversation(2, contact_ids=["ana", "bob"], state="closed", admin_assignee_id=5, read=True)
        vendors.at += SECOND
        await desk.conversation(3, state="snoozed", snoozed_until=NOW + 500, team_assignee_id=42, tags=["vip"])
        yield desk


ANAS = where("contact_ids", "=", "ana")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (where("state", "=", "open"), "1"),
        (where("state", "!=", "closed"), "13"),
        (where("state", "IN", ["open", "snoozed"]), "13"),
        (where("state", "NIN", ["open", "snoozed"]), "2"),
        (where("open", "=", True), "13"),
        (where("open", "!=", True), "2"),
        (where("read", "=", True), "2"),
        (ANAS, "12"),
        (where("contact_ids", "!=", "bob"), "13"),
        (where("contact_ids", "IN", ["bob", "carl"]), "2"),
        (where("contact_ids", "NIN", ["bob", "carl"]), "13"),
        (where("contact_ids", "=", None), "3"),
        (where("contact_ids", "!=", None), "12"),
        (where("source.author.email", "=", "ana@EX.fr"), "12"),
        (where("source.author.email", "~", "EX"), "12"),
        (where("source.author.email", "!~", "ex"), "3"),
        (where("source.author.email", "^", "ana@"), "12"),
        (where("source.author.email", "$", ".fr"), "12"),
        (where("source.author.email", "^", "ex.fr"), ""),
        (where("source.author.email", "$", "ana"), ""),
        (where("source.body", "=", "support"), "1"),
        (where("source.body", "=", "need support"), ""),
        (where("team_assignee_id", "=", 41), "1"),
        (where("team_assignee_id", "IN", [41, 42]), "13"),
        (where("team_assignee_id", ">", 41), "13"),
        (where("admin_assignee_id", "=", 0), "13"),
        (where("tag_ids", "=", "1"), "1"),
        (where("updated_at", ">", NOW + 1), "23"),
        (where("updated_at", "<", NOW + 1), "12"),
        (where("updated_at", ">", str(NOW + 2)), "3"),
        (where("created_at", "=", NOW + 1), "2"),
        (where("snoozed_until", ">", NOW), "3"),
        (where("snoozed_until", "=", None), "12"),
        (group("AND", ANAS, where("state", "=", "open")), "1"),
        (group("OR", where("id", "=", "3"), where("state", "=", "open")), "13"),
        (group("AND", group("AND", ANAS), group("OR", where("id", "=", "2"), where("id", "=", "3"))), "2"),
        (group("OR", group("AND", ANAS, where("id", "=", "1")), group("AND", where("id", "=", "3"))), "13"),
        (group("OR", *[where("id", "=", str(number)) for number in range(15)]), "123"),
    ],
)
async def test_conversations_are_found_by_their_fields(desk, query, ids):
    assert await desk.found(query) == list(ids)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (where("email", "=", "ana@ex.fr"), ["ana"]),
        (where("email", "IN", ["ana@ex.fr", "x@ex.fr"]), ["ana"]),
        (where("email", "=", None), ["bob"]),
        (where("email_domain", "=", "ex.fr"), ["ana"]),
        (where("phone", "=", "+33612345678"), ["ana"]),
        (where("phone", "~", "612345678"), ["ana"]),
        (where("external_id", "=", "70"), ["ana"]),
        (where("role", "=", "lead"), ["bob"]),
        (where("custom_attributes.siren", "=", "552"), ["bob"]),
        (where("custom_attributes.siren", "!=", "552"), ["ana"]),
        (where("unsubscribed_from_emails", "=", False), ["ana", "bob"]),
        # by day: the hour does not count, and the day itself is not after itself
        (where("created_at", "=", NOON), ["ana"]),
        (where("created_at", ">", NOW - 86_400), ["ana"]),
        (where("created_at", ">", NOW - 3_600), []),
        (where("created_at", "<", NOON), ["bob"]),
    ],
)
async def test_contacts_are_found_by_their_fields_and_by_the_day(desk, query, ids):
    assert await desk.found(query, "contacts") == ids


DEEP = group("AND", group("AND", group("AND", ANAS)))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "parameter_not_found"),
        ({}, "parameter_not_found"),
        ([], "parameter_not_found"),
        ({"query": None}, "parameter_invalid"),
        ({"query": ANAS, "sort": {"field": "updated_at"}}, "parameter_invalid"),
        ({"query": where("contact_id", "=", "ana")}, "invalid_field"),
        ({"query": where("email", "=", "ana@ex.fr")}, "invalid_field"),
        ({"query": where("custom_attributes.a", "=", "b")}, "invalid_field"),
        ({"query": where(["id"], "=", "1")}, "parameter_invalid"),
        ({"query": {"operator": "=", "value": "1"}}, "parameter_invalid"),
        ({"query": {"field": "id", "operator": "="}}, "parameter_invalid"),
        ({"query": where("id", "==", "1")}, "parameter_invalid"),
        ({"query": where("id", ["="], "1")}, "parameter_invalid"),
        ({"query": where("id", ">", "1")}, "parameter_invalid"),
        ({"query": where("updated_at", "~", NOW)}, "parameter_invalid"),
        ({"query": where("updated_at", ">=", NOW)}, "parameter_invalid"),
        ({"query": where("id", "=", 1)}, "parameter_invalid"),
        ({"query": where("contact_ids", "IN", ["ana", 1])}, "parameter_invalid"),
        ({"query": where("contact_ids", "IN", "ana")}, "parameter_invalid"),
        ({"query": where("contact_ids", "IN", [])}, "parameter_invalid"),
        ({"query": where("contact_ids", "IN", [None])}, "parameter_invalid"),
        ({"query": where("contact_ids", "=", ["ana"])}, "parameter_invalid"),
        ({"query": where("contact_ids", "~", None)}, "parameter_invalid"),
        ({"query": where("team_assignee_id", "=", "41")}, "parameter_invalid"),
        ({"query": where("team_assignee_id", "=", True)}, "parameter_invalid"),
        ({"query": where("open", "=", "true")}, "parameter_invalid"),
        ({"query": where("updated_at", ">", "today")}, "parameter_invalid"),
        ({"query": where("updated_at", ">", NOW + 0.5)}, "parameter_invalid"),
        ({"query": DEEP}, "parameter_invalid"),
        ({"query": group("AND", ANAS, group("OR", ANAS))}, "parameter_invalid"),
        ({"query": group("AND")}, "parameter_invalid"),
        ({"query": group("AND", *[ANAS] * 16)}, "parameter_invalid"),
        ({"query": group("AND", "state")}, "parameter_invalid"),
        ({"query": group("XOR", ANAS)}, "parameter_invalid"),
        ({"query": {"operator": "AND", "value": ANAS}}, "parameter_invalid"),
        ({"query": ANAS, "pagination": 3}, "parameter_invalid"),
        ({"query": ANAS, "pagination": {"per_page": 151}}, "parameter_invalid"),
        ({"query": ANAS, "pagination": {"per_page": 0}}, "parameter_invalid"),
        ({"query": ANAS, "pagination": {"per_page": "20"}}, "parameter_invalid"),
        ({"query": ANAS, "pagination": {"starting_after": "nonsense"}}, "client_error"),
        ({"query": ANAS, "pagination": {"starting_after": 2}}, "client_error"),
    ],
)
async def test_a_query_that_the_vendor_would_not_take_is_refused(desk, body, code):
    assert await desk.refused("POST", "/conversations/search", body) == (400, code)


@pytest.mark.parametrize("operator", ["!=", ">=", "<=", "IN", "NIN"])
async def test_contacts_days_have_three_operators_only(desk, operator):
    value = [NOW] if operator.endswith("IN") else NOW
    query = where("updated_at", operator, value)
    assert await desk.refused("POST", "/contacts/search", {"query": query}) == (400, "parameter_invalid")


async def test_pages_follow_each_other_to_the_end(desk):
    for number in range(4, 24):
        desk.vendors.at += SECOND
        await desk.conversation(number)
    anything, seen, after = where("id", "!=", "x"), [], None
    for number in (1, 2, 3):
        page = await desk.search(anything, per_page=10, starting_after=after)
        assert (page["type"], page["total_count"]) == ("conversation.list", 23)
        assert page["pages"].items() >= {"type": "pages", "page": number, "per_page": 10, "total_pages": 3}.items()
        seen += [int(it["id"]) for it in page["conversations"]]
        after = page["pages"].get("next", {}).get("starting_after")
    assert (seen, after) == ([*range(23, 0, -1)], None)
    assert len((await desk.search(anything))["conversations"]) == 20
    whole = await desk.search(anything, per_page=150)
    assert (len(whole["conversations"]), "next" in whole["pages"]) == (23, False)


async def test_what_changes_between_two_pages_moves_to_the_first(desk):
    anything = where("id", "!=", "x")
    first = await desk.search(anything, per_page=2)
    assert [it["id"] for it in first["conversations"]] == ["3", "2"]
    desk.vendors.at += HOUR
    await desk.conversation(1)
    after = first["pages"]["next"]["starting_after"]
    assert (await desk.search(anything, per_page=2, starting_after=after))["conversations"] == []
    assert [it["id"] for it in (await desk.search(anything))["conversations"]] == ["1", "3", "2"]


async def test_contacts_come_in_a_list_of_their_own(desk):
    desk.vendors.at = NINE + DAY
    page = await desk.search(where("role", "IN", ["user", "lead"]), "contacts", per_page=1)
    assert (page["type"], page["total_count"], len(page["data"])) == ("list", 2, 1)
    rest = await desk.search(
        where("role", "IN", ["user", "lead"]), "contacts", starting_after=page["pages"]["next"]["starting_after"]
    )
    assert {it["id"] for it in (*page["data"], *rest["data"])} == {"ana", "bob"}
    assert rest["pages"]["per_page"] == 50
