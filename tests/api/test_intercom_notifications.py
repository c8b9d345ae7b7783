"""What Intercom's notifications say, in all versions of them, and that no shape of them breaks the reader."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.api.webhooks.intercom_notifications import NotificationReader, app_ids_of, kept
from growth.domain.conversations.entities.conversations import Conversation, State
from growth.domain.conversations.entities.notifications import Notification, Replier
from growth.domain.kernel.country import Country
from growth.domain.kernel.inbox import Unreadable
from growth.settings import Settings

BODIES = Path(__file__).parents[1] / "data" / "webhooks" / "intercom"
USER, ADMIN = "conversation.user.replied", "conversation.admin.replied"
reader = NotificationReader({"fr_app": Country.FR, "be_app": Country.BE, "a86dr8yl": Country.BE})
ANA = {"type": "user", "id": "c1", "email": "Ana@Example.org"}
BOB = {"type": "lead", "id": "c2", "email": "bob@example.org"}
CLERK = {"type": "admin", "id": "25", "email": "clerk@shop.example"}


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def read(body):
    """Read a notification, which says the same when it comes from the store."""
    found = reader(body)
    assert reader(kept(body)) == found
    return found


def told(topic=USER, *, app_id="fr_app", without=(), **item):
    """A notification that says all there is to know, changed."""
    whole = {
        "type": "conversation",
        "id": "73",
        "created_at": 1_726_000_000,
        "updated_at": 1_726_100_000,
        "state": "open",
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1"}]},
        "source": {"author": ANA, "body": "<p>Hello</p>", "subject": "A question"},
        "team_assignee_id": 5017691,
        "admin_assignee_id": 25,
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": "self serve chat"}]},
    }
    item = {key: value for key, value in (whole | item).items() if key not in without}
    head = {"type": "notification_event", "id": "notif_1", "topic": topic, "app_id": app_id}
    return head | {"created_at": 1_726_135_186, "data": {"type": "notification_event_data", "item": item}}


def conversation(*arguments, **changes):
    return read(told(*arguments, **changes)).conversation


def one(name):
    return json.loads((BODIES / f"{name}.json").read_text())


def test_a_reply_is_told_with_all_there_is_to_know():
    expected = Conversation(
        id="73",
        state=State.OPEN,
        created_at=at(1_726_000_000),
        updated_at=at(1_726_100_000),
        contact_ids=("c1",),
        email="ana@example.org",
        team_id="5017691",
        admin_id="25",
        tags=frozenset({"self serve chat"}),
    )
    assert read(told()) == Notification(Country.FR, Replier.USER, expected, whole=True, at=at(1_726_135_186))


def test_a_reply_of_todays_shape():
    expected = Conversation(
        id="2",
        state=State.OPEN,
        created_at=at(1739105560),
        updated_at=at(1739524230),
        contact_ids=("67a87380c16da6b56c76bbb7",),
        email=None,  # its one author is of ours
        team_id=None,
        admin_id="8055717",
        tags=frozenset(),
    )
    found = read(one("activepieces_conversation_user_replied_2025"))
    assert found == Notification(Country.BE, Replier.USER, expected, whole=False, at=at(1739524231))


def test_a_reply_of_the_shape_before_version_two():
    expected = Conversation(
        id="147",
        state=State.OPEN,
        created_at=at(1400850973),
        updated_at=at(1400857494),
        contact_ids=("536e564f316c83104c000020",),
        email=None,
        team_id=None,
        admin_id="25",
        tags=frozenset({"Some tag"}),
    )
    found = read(one("composed_conversation_user_replied"))
    assert found == Notification(Country.BE, Replier.USER, expected, whole=False, at=at(1392731331))


def test_a_real_delivery_with_nothing_that_is_null():
    found = read(one("datadog_conversation_user_created"))
    expected = Conversation(
        id="73",
        state=State.OPEN,
        created_at=at(1726135184),
        updated_at=at(1726135185),
        contact_ids=("a3f9de4278b2c016e5d4f309",),
        email=None,
        team_id=None,
        admin_id=None,
        tags=frozenset(),
    )
    assert found == Notification(None, None, expected, whole=False, at=at(1726135186))


@pytest.mark.parametrize(
    ("name", "country", "seconds"),
    [
        ("composed_ping", Country.BE, 1392731331),
        ("docs_user_created", Country.BE, None),
        ("intercom-go/notification", None, 1392731331),
    ],
)
def test_what_is_about_no_conversation(name, country, seconds):
    assert read(one(name)) == Notification(country, None, None, whole=False, at=at(seconds) if seconds else None)


@pytest.mark.parametrize(
    ("app_id", "country"),
    [
        ("fr_app", Country.FR),
        ("be_app", Country.BE),
        ("FR_APP", None),
        (" fr_app", None),
        (7, None),
        (["fr_app"], None),
    ],
)
def test_the_workspace_is_the_very_one(app_id, country):
    assert read(told(app_id=app_id)).country is country


def test_the_workspaces_are_those_of_the_settings():
    env = {"GROWTH_ENV": "test", "GROWTH_INTERCOM_BE_APP_ID": "b", "GROWTH_INTERCOM_FR_WEBHOOK_SECRET": "s"}
    assert app_ids_of(Settings.from_environment(env)) == {"b": Country.BE}
    assert app_ids_of(Settings()) == {}


def test_a_reply_by_a_bot_is_ours_too():
    parts = {"conversation_parts": [{"author": {"type": "bot", "id": "7", "email": "operator@intercom.io"}}]}
    found = read(told(ADMIN, conversation_parts=parts, without=["source"]))
    assert (found.replier, found.conversation.email) == (Replier.ADMIN, None)


@pytest.mark.parametrize(
    "topic", ["conversation.admin.noted", "ping", "Conversation.user.replied", "", None, 7, [USER]]
)
def test_in_every_other_topic_nobody_replied(topic):
    assert read(told(topic)) == replace(read(told()), replier=None)
    for data in (None, {}, [], {"item": None}, {"item": {"type": "conversation"}}, {"item": {"id": "73"}}):
        found = read(told(topic) | {"data": data})
        assert (found.conversation, found.replier, found.whole) == (None, None, False)


@pytest.mark.parametrize("topic", [USER, ADMIN])
@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (None, "data.item"),
        ({}, "data.item"),
        ({"item": None}, "data.item"),
        ({"item": {}}, "data.item.id"),
        ([], "data.item"),
        ({"item": "ana@example.org"}, "data.item"),
        ({"item": {"type": "conversation"}}, "data.item.id"),
        ({"item": {"id": ["ana@example.org"]}}, "data.item.id"),
        ({"item": {"id": "x" * 300}}, "data.item.id"),
        ({"item": {"id": True}}, "data.item.id"),
        ({"item": {"id": 0}}, "data.item.id"),
    ],
)
def test_a_reply_without_its_conversation_is_unreadable(topic, data, missing):
    with pytest.raises(Unreadable) as refusal:
        read(told(topic) | {"data": data})
    assert refusal.value.reason == f"{missing} is missing"


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"state": "closed", "open": True}, State.CLOSED),
        ({"state": "snoozed", "open": True}, State.SNOOZED),
        ({"state": "held", "open": False}, State.CLOSED),
        ({"state": "held", "open": True}, State.OPEN),
        ({"state": None, "open": False}, State.CLOSED),
        ({"state": 7}, State.OPEN),
        ({"state": None, "open": "false"}, State.OPEN),
    ],
)
def test_the_state_is_told_by_word_or_by_switch(item, state):
    assert conversation(**item).state is state


@pytest.mark.parametrize(
    ("item", "email", "whole"),
    [
        ({"contacts": {"contacts": [{"id": "c2", "email": "bob@example.org"}]}}, "bob@example.org", True),
        ({"contacts": {"contacts": [{"id": "c2", "email": ""}]}}, "ana@example.org", True),
        ({"contacts": {"contacts": []}, "user": BOB}, "bob@example.org", True),
        ({"user": {"id": "c2", "email": "unknown"}}, "ana@example.org", True),
        ({"source": {"author": BOB}}, "bob@example.org", True),
        ({"source": {"author": BOB | {"type": "contact"}}}, "bob@example.org", True),
        ({"source": {"author": CLERK}}, None, False),
        ({"source": {"author": CLERK}, "conversation_message": {"author": BOB}}, "bob@example.org", True),
        (
            {"source": None, "conversation_parts": {"conversation_parts": [{"author": CLERK}, {"author": BOB}]}},
            "bob@example.org",
            True,
        ),
        ({"source": {"author": ANA | {"email": "unknown"}}}, None, True),
        ({"source": {"author": ANA | {"email": " Unknown "}}}, None, True),
        ({"source": {"author": ANA | {"email": ""}}}, None, True),
        ({"source": {"author": ANA | {"email": "not an address"}}}, None, True),
        ({"source": {"author": ANA | {"email": "a" * 300 + "@example.org"}}}, None, True),
        ({"source": {"author": ANA | {"email": None}}}, None, False),
        ({"source": {"author": ANA | {"email": ["ana@example.org"]}}}, None, False),
        ({"source": {"author": {"type": "user", "id": "c1"}}}, None, False),
        ({"source": {"author": {"id": "c1", "email": "ana@example.org"}}}, None, False),
        ({"source": {}}, None, False),
    ],
)
def test_the_address_is_the_contacts_own(item, email, whole):
    found = read(told(**item))
    assert (found.conversation.email, found.whole) == (email, whole)


ASSIGNED = [
    ({"team_assignee_id": 7, "admin_assignee_id": 8}, "7", "8", True),
    ({"team_assignee_id": " 7 ", "admin_assignee_id": "8"}, "7", "8", True),
    *(({"team_assignee_id": it, "admin_assignee_id": it}, None, None, True) for it in (0, "0", "", " ", None)),
    *(({"team_assignee_id": it, "admin_assignee_id": it}, None, None, False) for it in ([7], {"id": 7}, 7.5)),
    ({"without": ["team_assignee_id"]}, None, "25", False),
    ({"without": ["admin_assignee_id"]}, "5017691", None, True),
]
BEFORE_VERSION_TWO = [
    ({"type": "team", "id": 7}, "7", None, True),
    ({"type": "admin", "id": "8"}, None, "8", False),
    ({"type": "nobody_admin", "id": None}, None, None, True),
    ({"type": "team", "id": "0"}, None, None, True),
    ({"id": "8"}, None, None, False),
    (None, None, None, False),
    ([], None, None, False),
]


@pytest.mark.parametrize(("item", "team", "admin", "whole"), ASSIGNED)
def test_to_whom_it_is_assigned(item, team, admin, whole):
    found = read(told(**item))
    assert (found.conversation.team_id, found.conversation.admin_id, found.whole) == (team, admin, whole)


@pytest.mark.parametrize(("assignee", "team", "admin", "whole"), BEFORE_VERSION_TWO)
def test_to_whom_it_is_assigned_before_version_two(assignee, team, admin, whole):
    found = read(told(assignee=assignee, without=["team_assignee_id", "admin_assignee_id"]))
    assert (found.conversation.team_id, found.conversation.admin_id, found.whole) == (team, admin, whole)


@pytest.mark.parametrize(
    ("tags", "names", "whole"),
    [
        ({"type": "tag.list"}, set(), True),
        ({"tags": [{"name": "a"}, {"name": " b "}, {"name": None}, {"id": "1"}, {"name": 7}]}, {"a", "b"}, True),
        ({"tags": ["a"]}, set(), True),
        (None, set(), False),
        ("a", set(), False),
    ],
)
def test_its_tags(tags, names, whole):
    found = read(told(tags=tags))
    assert (found.conversation.tags, found.whole) == (names, whole)


def test_each_contact_is_named_once():
    contacts = {"contacts": [{"id": "c1"}, {"id": 7}, {"id": "c1"}, {"email": "bob@example.org"}]}
    assert conversation(contacts=contacts, user={"type": "user", "id": "c9"}).contact_ids == ("c1", "7", "c9")


@pytest.mark.parametrize("time", [None, "yesterday", -1, 0, 2**40, 1.5, True, [1]])
def test_a_time_that_is_none_is_not_told(time):
    found = read(told(created_at=time, updated_at=time) | {"created_at": time})
    assert (found.at, found.conversation.created_at, found.conversation.updated_at) == (None, None, None)


WORDS = st.text(max_size=8) | st.sampled_from(
    ["0", "unknown", "user", "admin", "team", "open", "ana@example.org", USER]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
NAMES = "type id topic app_id created_at data item state open contacts user email source author conversation_parts"
KEYS = st.sampled_from([*NAMES.split(), "tags", "name", "assignee", "team_assignee_id", "admin_assignee_id", "body"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=5), max_leaves=12
)
ITEMS = st.dictionaries(KEYS, VALUES | st.sampled_from([ANA, BOB, CLERK]).map(lambda who: {"author": who}), max_size=9)


def whole(topic, item):
    body = told(topic)
    return body | {"data": {"item": body["data"]["item"] | item}}


def outcome(body):
    try:
        return reader(body)
    except Unreadable as refusal:
        return refusal.reason


@given(st.dictionaries(KEYS, VALUES), ITEMS, st.sampled_from([USER, ADMIN, "ping", None]))
def test_whatever_is_told_is_read_or_unreadable_and_kept_as_far_as_it_is_read(body, item, topic):
    for any_body in (body, told(topic) | {"data": {"item": item}}, whole(topic, item)):
        assert outcome(kept(any_body)) == outcome(any_body)


def test_what_people_said_is_not_kept():
    secret = "something said"
    parts = {
        "conversation_parts": [{"id": "1", "body": secret, "author": ANA | {"name": secret}, "attachments": [secret]}]
    }
    body = told(title=secret, custom_attributes={"a": secret}, conversation_parts=parts, source={"body": secret})
    assert secret not in json.dumps(kept(body))
    assert kept(body)["data"]["item"]["conversation_parts"]["conversation_parts"] == [{"id": "1", "author": ANA}]
