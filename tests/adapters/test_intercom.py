"""Intercom's adapter against scripted answers. That its requests fit the vendor's description: test_intercom_prism."""

from datetime import timedelta

import pytest
from tests.adapters.intercom_line import (
    ANA,
    AT,
    BE,
    FR,
    SINCE,
    TOKEN,
    a_conversation,
    a_helpdesk,
    a_page,
    parts,
    refusal,
)

from growth.adapters.intercom import wire
from growth.domain.conversations.entities.conversations import Contact, State, UnknownConversation
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown


async def test_every_call_names_its_version_and_brings_the_credentials():
    async with a_helpdesk(a_conversation()) as (helpdesk, intercom):
        await helpdesk.conversation(FR, "73")
    headers = intercom.headers[0]
    assert (headers["authorization"], headers["intercom-version"]) == (f"Bearer {TOKEN}", "2.16")
    assert headers["accept"] == "application/json"


async def test_a_conversation_is_read():
    async with a_helpdesk(a_conversation()) as (helpdesk, intercom):
        found = await helpdesk.conversation(FR, "73")
    assert intercom.paths == ["GET /conversations/73"]
    assert (found.id, found.state, found.email, found.contact_ids) == ("73", State.OPEN, ANA, ("c1",))
    assert (found.team_id, found.admin_id, found.tags) == ("5017691", "991", {"self serve chat"})
    assert (found.created_at, found.updated_at) == (SINCE - timedelta(minutes=1), SINCE)


@pytest.mark.parametrize("nobody", [0, "0", "", None, False, {"id": 7}, "a\x00b"])
def test_an_assignee_that_is_none(nobody):
    found = wire.conversation(a_conversation(admin_assignee_id=nobody, team_assignee_id=nobody))
    assert (found.admin_id, found.team_id) == (None, None)


def test_a_bare_conversation_is_read():
    found = wire.conversation({"id": 73, "updated_at": 0, "contacts": None, "tags": {"tags": None}})
    assert (found.id, found.state, found.updated_at, found.created_at) == ("73", State.OPEN, None, None)
    assert (found.contact_ids, found.tags, found.admin_id) == ((), frozenset(), None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "snoozed", "open": True}, State.SNOOZED),
        ({"state": "closed", "open": True}, State.CLOSED),
        ({"state": "merged", "open": False}, State.CLOSED),
        ({"state": "merged", "open": True}, State.OPEN),
        ({"state": ["open"], "open": None}, State.OPEN),
    ],
)
def test_a_state_that_nobody_knows_breaks_nothing(fields, expected):
    assert wire.conversation(a_conversation(**fields)).state is expected


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "conversation",
        {},
        a_conversation(id="0"),
        a_conversation(id="a b"),
        a_conversation(updated_at="yesterday"),
        a_conversation(updated_at=10**30),
        a_conversation(updated_at=1.5),
        a_conversation(contacts=["c1"]),
        a_conversation(contacts={"contacts": [{"id": None}]}),
        a_conversation(tags=["x"]),
        a_conversation(source={"author": ANA}),
    ],
)
async def test_a_conversation_in_another_shape_is_no_answer(raw):
    async with a_helpdesk({"status_code": 200, "json": raw}) as (helpdesk, _):
        with pytest.raises(OutcomeUnknown, match="unexpected answer") as failure:
            await helpdesk.conversation(FR, "73")
    assert ANA not in str(failure.value)
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    ("author", "contact", "expected"),
    [
        pytest.param({"type": "lead", "email": "Ana@Example.org"}, None, ANA, id="a customer began"),
        pytest.param({"type": "admin", "email": "us@example.org"}, {"id": "c/1", "email": ANA}, ANA, id="we began"),
        pytest.param({"type": "user", "email": "unknown"}, {"id": "c/1", "email": ANA}, ANA, id="an unknown address"),
        pytest.param(None, {"id": "c/1", "email": "unknown"}, None, id="no address anywhere"),
        pytest.param({"type": "bot"}, {"id": "c/1", "email": ""}, None, id="an empty address"),
        pytest.param({"type": "bot"}, refusal(404), None, id="a contact who was deleted"),
        pytest.param({"type": "bot"}, refusal(410), None, id="a contact who was merged"),
    ],
)
async def test_the_address_is_that_of_the_customer(author, contact, expected):
    told = a_conversation(source={"author": author}, contacts={"contacts": [{"id": "c/1"}, {"id": "c2"}]})
    async with a_helpdesk(told, *([] if contact is None else [contact])) as (helpdesk, intercom):
        found = await helpdesk.conversation(FR, "73")
    assert found.email == expected
    assert intercom.paths[1:] == ([] if contact is None else ["GET /contacts/c%2F1"])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_conversation_that_is_not_there(status):
    async with a_helpdesk(refusal(status)) as (helpdesk, _):
        with pytest.raises(UnknownConversation):
            await helpdesk.conversation(FR, "73")
        for call in (helpdesk.close(FR, "73"), helpdesk.reopen(FR, "73")):
            with pytest.raises(GiveUp, match="no such conversation"):
                await call
        for again in (True, False):
            with pytest.raises(GiveUp, match="no such conversation"):
                await helpdesk.note(FR, "73", "<p>x</p>", "r-1", again=again)


@pytest.mark.parametrize("id_", ["", "last", "..", "73/reply", "73?x", "٣"])
async def test_what_is_no_number_is_no_conversation_and_no_path(id_):
    async with a_helpdesk({}) as (helpdesk, intercom):
        with pytest.raises(UnknownConversation):
            await helpdesk.conversation(FR, id_)
        with pytest.raises(GiveUp):
            await helpdesk.note(FR, id_, "<p>x</p>", "r-1", again=False)
    assert intercom.calls == []


async def test_people_are_searched_by_all_that_is_asked_at_once():
    raw = {"id": 7, "email": "ANA@example.org", "phone": "+33199001234", "external_id": 70, "role": "robot"}
    async with a_helpdesk(a_page("data", [raw, {"id": "8"}])) as (helpdesk, intercom):
        found = await helpdesk.contacts(FR, [ANA], ["+33199001234"], ["70", "70"])
    assert found == [Contact("7", ANA, "+33199001234", "70"), Contact("8", None, None, None)]
    ((_, path, body),) = intercom.calls
    query = {
        "operator": "OR",
        "value": [
            {"field": "email", "operator": "IN", "value": [ANA]},
            {"field": "phone", "operator": "IN", "value": ["+33199001234"]},
            {"field": "external_id", "operator": "IN", "value": ["70"]},
        ],
    }
    assert (path, body) == ("/contacts/search", {"query": query, "pagination": {"per_page": 150}})


async def test_nothing_asked_is_no_call():
    async with a_helpdesk({}) as (helpdesk, intercom):
        assert await helpdesk.contacts(FR, [], [], []) == []
        assert await helpdesk.conversations_of(FR, [], SINCE) == []
    assert intercom.calls == []


async def test_long_lists_are_parted():
    async with a_helpdesk(a_page("data", [{"id": "7"}])) as (helpdesk, intercom):
        found = await helpdesk.contacts(FR, [f"{n:04}@example.org" for n in range(760)], ["+33199001234"], [])
    groups = [body["query"]["value"] for _, _, body in intercom.calls]
    assert [len(group) for group in groups] == [15, 2]
    assert max(len(it["value"]) for group in groups for it in group) == 50
    assert sum(len(it["value"]) for group in groups for it in group) == 761
    assert len(found) == 1


async def test_somebody_with_two_hundred_conversations_costs_two_calls():
    first = a_page("conversations", [a_conversation(id=str(n)) for n in range(1, 151)], "after-150")
    second = a_page("conversations", [a_conversation(id=str(n)) for n in range(150, 201)])
    async with a_helpdesk(first, second) as (helpdesk, intercom):
        found = await helpdesk.conversations_of(FR, ["c2", "c1"], SINCE)
    assert sorted(int(it.id) for it in found) == list(range(1, 201))
    assert {it.email for it in found} == {None}
    assert [body["pagination"] for _, _, body in intercom.calls] == [
        {"per_page": 150},
        {"per_page": 150, "starting_after": "after-150"},
    ]
    assert (
        intercom.calls[0][2]["query"]
        == intercom.calls[1][2]["query"]
        == {
            "operator": "AND",
            "value": [
                {"operator": "OR", "value": [{"field": "contact_ids", "operator": "IN", "value": ["c1", "c2"]}]},
                {
                    "operator": "OR",
                    "value": [
                        {"field": "state", "operator": "=", "value": "open"},
                        {"field": "state", "operator": "=", "value": "snoozed"},
                        {"field": "updated_at", "operator": ">", "value": AT - 2 * 86_400},
                    ],
                },
            ],
        }
    )


async def test_what_was_closed_before_is_left_out_though_its_day_matches():
    told = [
        a_conversation(id="1", state="closed", updated_at=AT - 1),
        a_conversation(id="2", state="closed", updated_at=AT),
        a_conversation(id="3", state="closed", updated_at=None),
        a_conversation(id="4", state="snoozed", updated_at=1),
        a_conversation(id="5", state="open", updated_at=None),
    ]
    async with a_helpdesk(a_page("conversations", told)) as (helpdesk, _):
        assert [it.id for it in await helpdesk.conversations_of(FR, ["c1"], SINCE)] == ["2", "4", "5"]


async def test_a_search_ends_at_a_thousand_and_when_nothing_new_comes():
    pages = [a_page("data", [{"id": f"{n}-{it}"} for it in range(150)], "more") for n in range(9)]
    async with a_helpdesk(*pages) as (helpdesk, intercom):
        assert len(await helpdesk.contacts(FR, [f"{n:04}@example.org" for n in range(760)], [], [])) == 1_000
    assert len(intercom.calls) == 7
    async with a_helpdesk(a_page("data", [{"id": "7"}], "the same again")) as (helpdesk, intercom):
        assert len(await helpdesk.contacts(FR, [ANA], [], [])) == 1
    assert len(intercom.calls) == 7


@pytest.mark.parametrize(
    "raw",
    [
        {"data": None},
        {"conversations": []},
        [],
        {"data": [], "pages": {"next": "https://api.example/contacts?page=2"}},
        {"data": [], "pages": {"next": {"starting_after": 7}}},
        {"data": ["c1"]},
    ],
)
async def test_a_page_in_another_shape_is_not_the_last(raw):
    async with a_helpdesk({"status_code": 200, "json": raw}) as (helpdesk, _):
        with pytest.raises(OutcomeUnknown):
            await helpdesk.contacts(FR, [ANA], [], [])


async def test_a_note_ends_with_its_reference():
    async with a_helpdesk(a_conversation()) as (helpdesk, intercom):
        await helpdesk.note(BE, "73", "<p>Same company</p>", "r<1", again=False)
    body = {
        "message_type": "note",
        "type": "admin",
        "admin_id": "992",
        "body": "<p>Same company</p><p>Growth r&lt;1</p>",
    }
    assert intercom.calls == [("POST", "/conversations/73/reply", body)]


@pytest.mark.parametrize(
    ("part", "there"),
    [
        ({"part_type": "note", "body": "<p>x</p>\n<p>r&lt;1</p>"}, True),
        ({"part_type": "note_and_reopen", "body": "<p>r<1</p>"}, True),
        ({"part_type": "comment", "body": "<p>r&lt;1</p>"}, False),
        ({"part_type": "note", "body": "<p>r&lt;12</p>"}, False),
        ({"part_type": "note", "body": "<p>r&lt;1-2</p>"}, False),
        ({"part_type": "note", "body": None}, False),
    ],
)
async def test_a_note_that_is_there_is_not_left_again(part, there):
    told = a_conversation(conversation_parts=parts({"part_type": "close", "body": None}, part))
    async with a_helpdesk(told) as (helpdesk, intercom):
        await helpdesk.note(FR, "73", "<p>x</p>", "r<1", again=True)
    assert intercom.paths == ["GET /conversations/73", *([] if there else ["POST /conversations/73/reply"])]


async def test_whether_a_note_is_there_must_be_readable():
    async with a_helpdesk(a_conversation(conversation_parts=parts("note"))) as (helpdesk, intercom):
        with pytest.raises(OutcomeUnknown):
            await helpdesk.note(FR, "73", "<p>x</p>", "r-1", again=True)
    assert intercom.paths == ["GET /conversations/73"]


@pytest.mark.parametrize(("what", "state"), [("close", "closed"), ("reopen", "open")])
@pytest.mark.parametrize("status", [400, 409, 422])
async def test_what_is_so_already_is_fine_whatever_the_vendor_says(what, state, status):
    async with a_helpdesk(refusal(status), a_conversation(state=state)) as (helpdesk, _):
        await getattr(helpdesk, what)(FR, "73")
    async with a_helpdesk(refusal(status), a_conversation(state="snoozed")) as (helpdesk, intercom):
        with pytest.raises(GiveUp, match=str(status)) as failure:
            await getattr(helpdesk, what)(FR, "73")
    assert ANA not in str(failure.value)
    assert intercom.paths == ["POST /conversations/73/parts", "GET /conversations/73"]


async def test_closing_and_reopening_is_done_in_the_workspaces_admins_name():
    async with a_helpdesk(a_conversation()) as (helpdesk, intercom):
        await helpdesk.close(FR, "73")
        await helpdesk.reopen(BE, "73")
    assert [body for _, _, body in intercom.calls] == [
        {"message_type": "close", "type": "admin", "admin_id": "991"},
        {"message_type": "open", "admin_id": "992"},
    ]
