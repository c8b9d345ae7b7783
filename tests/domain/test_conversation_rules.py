"""What conversations obey: replies, duplicates, reopening. The oracle of duplicates goes the long way round."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.makers import MONDAY

from growth.domain.conversations.business_rules.duplicates import (
    SEARCH_LAG,
    duplicates,
    listed,
    routes_of,
    routes_seen,
)
from growth.domain.conversations.business_rules.notes import note_of
from growth.domain.conversations.business_rules.reopening import is_recently_closed, why_not_reopened
from growth.domain.conversations.business_rules.replies import event_of, why_nothing
from growth.domain.conversations.entities.conversations import Contact, Conversation, State
from growth.domain.conversations.entities.duplicates import Acquaintance, Duplicate, Route, Traits, sighted
from growth.domain.conversations.entities.notifications import Replier
from growth.domain.conversations.entities.teams import InboundTeam
from growth.domain.kernel.country import Country
from growth.domain.kernel.prospect_events import EventName

TEAM = InboundTeam(frozenset({"71"}), {"61": "Hugo Petit", "62": "Léa Moreau"})
ANA, BEN = UUID(int=1), UUID(int=2)
MONTH = timedelta(days=30)


def conversation(id="1", **changes):
    told = {
        "state": State.OPEN,
        "created_at": MONDAY - timedelta(days=90),
        "updated_at": MONDAY,
        "contact_ids": ("c1",),
        "email": None,
        "team_id": "71",
        "admin_id": None,
        "tags": frozenset(),
    }
    return Conversation(id=id, **(told | changes))


@pytest.mark.parametrize(
    ("replier", "tags", "name"),
    [
        (Replier.USER, {"self serve chat", "vip"}, EventName.SALES_INBOUND_CHAT_REPLIED),
        (Replier.USER, {"Self Serve Chat"}, EventName.SALES_INBOUND_MAIL_REPLIED),
        (Replier.ADMIN, {"self serve chat"}, EventName.SALES_INBOUND_CHAT_SENT),
        (Replier.ADMIN, (), EventName.SALES_INBOUND_MAIL_SENT),
    ],
)
def test_a_reply_is_a_chat_by_its_tag(replier, tags, name):
    assert event_of(replier, tags, "self serve chat") is name


def test_a_reply_is_about_a_prospect_in_the_inbox_of_inbound_sales_only():
    assert why_nothing(conversation(email="ana@example.org"), TEAM) is None
    assert why_nothing(conversation(), TEAM) == "no_email"
    assert why_nothing(conversation(email="ana@example.org", team_id=None), TEAM) == "no_team"
    assert why_nothing(conversation(email="ana@example.org", team_id="99"), TEAM) == "no_inbound_team"


def test_recently_closed_is_closed_and_changed_within_thirty_days():
    assert is_recently_closed(State.CLOSED, MONDAY - MONTH, MONDAY)
    assert not is_recently_closed(State.CLOSED, MONDAY - MONTH - timedelta(seconds=1), MONDAY)
    assert not is_recently_closed(State.CLOSED, None, MONDAY)
    assert not is_recently_closed(State.OPEN, MONDAY, MONDAY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"admin_id": "62"}, None),
        ({"admin_id": "61"}, "owner_not_available"),
        ({"admin_id": "99"}, "owner_not_available"),
        ({"team_id": None}, "no_inbound_team"),
        ({"team_id": "99", "admin_id": "62"}, "no_inbound_team"),
        ({"state": State.OPEN}, "not_closed"),
        ({"state": State.SNOOZED}, "not_closed"),
    ],
)
def test_what_inbound_sales_has_and_can_answer_is_opened_again(changes, reason):
    assert why_not_reopened(conversation(**({"state": State.CLOSED} | changes)), TEAM, {"62"}) == reason


def test_contacts_are_found_by_the_first_route():
    who = Acquaintance(
        ANA,
        {
            Route.PHONE: Traits(phones=frozenset({"+33199000001"})),
            Route.SECONDARY_EMAIL: Traits(emails=frozenset({"ana@home.example"})),
            Route.COMPANY: Traits(frozenset({BEN}), frozenset({"ben@example.org"}), users=frozenset({"u-ben"})),
            Route.PROSPECT: Traits(frozenset({ANA}), frozenset({"ana@example.org"}), users=frozenset({"u-ana"})),
        },
    )
    contacts = [
        Contact("c1", "ana@example.org", "+33199000001", None),
        Contact("c2", "ana@home.example", "+33199000001", "u-ben"),
        Contact("c3", None, "+33199000001", None),
        Contact("c4", None, None, "u-ana"),
        Contact("c5", "ana@home.example", None, None),
        Contact("c6", "else@example.org", "+33199000002", "u-else"),
        Contact("c7", None, None, str(BEN)),
    ]
    assert routes_of(who, contacts) == {
        "c1": Route.PROSPECT,
        "c2": Route.COMPANY,
        "c3": Route.PHONE,
        "c4": Route.PROSPECT,
        "c5": Route.SECONDARY_EMAIL,
        "c7": Route.COMPANY,
    }


def test_a_contact_of_whom_we_know_ourselves_is_found_though_the_helpdesk_does_not_tell():
    who = Acquaintance(ANA, {Route.PROSPECT: Traits(frozenset({ANA}))})
    alone = sighted(conversation(contact_ids=("c1",)), Country.FR, ANA)
    together = sighted(conversation(contact_ids=("c2", "c3")), Country.FR, ANA)
    of_another = sighted(conversation(contact_ids=("c4",)), Country.FR, BEN)
    assert routes_seen(who, [alone, together, of_another]) == {"c1": Route.PROSPECT}


ROUTES = {"c1": Route.PROSPECT, "c2": Route.COMPANY, "c3": Route.PHONE}
_conversations = st.builds(
    conversation,
    id=st.sampled_from("12345"),
    state=st.sampled_from(State),
    updated_at=st.none()
    | st.sampled_from([timedelta(), SEARCH_LAG, SEARCH_LAG * 1.1, MONTH, MONTH * 1.1]).map(lambda ago: MONDAY - ago),
    created_at=st.none(),
    contact_ids=st.lists(st.sampled_from(["c1", "c2", "c3", "c9"]), max_size=3, unique=True).map(tuple),
    team_id=st.sampled_from([None, "71", "99"]),
    admin_id=st.sampled_from([None, "61", "99"]),
)


@given(st.lists(_conversations, max_size=8, unique_by=lambda it: it.id), st.lists(_conversations, max_size=5))
def test_duplicates_are_what_the_long_way_round_finds(told, seen):
    seen = [sighted(it, Country.FR, ANA) for it in {it.id: it for it in seen}.values()]
    found = duplicates("1", ROUTES, told, seen, team=TEAM, now=MONDAY)
    wanted = set()
    for id_ in "2345":
        by_search = [it for it in told if it.id == id_]
        by_us = [it for it in seen if it.id == id_ and it.updated_at and MONDAY - it.updated_at <= SEARCH_LAG]
        newest = max([*by_us, *by_search], key=lambda it: (it.updated_at is not None, it.updated_at), default=None)
        if by_us and by_search and by_us[0].updated_at == by_search[0].updated_at:
            newest = by_search[0]
        if newest is None or not (newest.team_id == "71" or newest.admin_id == "61"):
            continue
        if newest.state is State.CLOSED and (newest.updated_at is None or MONDAY - newest.updated_at > MONTH):
            continue
        for contact in ("c1", "c2", "c3"):
            if contact in newest.contact_ids:
                wanted.add((id_, ROUTES[contact], newest.state, "Hugo Petit" if newest.admin_id == "61" else None))
                break
    assert {(it.id, it.route, it.state, it.owner) for it in found} == wanted
    assert len(found) == len(wanted)
    order = [list(Route).index(it.route) for it in found]
    assert order == sorted(order)


def test_a_list_is_the_same_whatever_became_of_its_conversations():
    one = Duplicate("7", Route.PHONE, State.OPEN, None, MONDAY)
    other = Duplicate("8", Route.PROSPECT, State.CLOSED, "Hugo Petit", None)
    changed = Duplicate("7", Route.PHONE, State.CLOSED, "Léa Moreau", None)
    assert listed([one, other]) == listed([other, changed])
    assert listed([one]) != listed([one, other])
    assert listed([one]) != listed([Duplicate("7", Route.COMPANY, State.OPEN, None, MONDAY)])


def test_a_note_names_link_state_and_owner_by_route_and_escapes_what_it_did_not_write():
    found = [
        Duplicate("7", Route.PROSPECT, State.OPEN, "Hugo <b>Petit", MONDAY),
        Duplicate("8", Route.PROSPECT, State.CLOSED, None, MONDAY),
        Duplicate("9", Route.PHONE, State.SNOOZED, None, MONDAY),
    ]
    note = note_of(found, lambda id_: f"https://desk.example/{id_}?a=1&b=2")
    assert "Hugo &lt;b&gt;Petit" in note
    assert note.count("<ul>") == 2
    for part in ('<a href="https://desk.example/7?a=1&amp;b=2">Conversation 7</a>: open', "8</a>: closed, nobody yet"):
        assert part in note
    assert note.index("same person") < note.index("same phone number")
