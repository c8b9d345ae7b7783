"""Where a prospect came from, over HTTP."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.api.conftest import CAPTURE, OPS, SERVICE
from tests.domain.makers import DAY, MONDAY

from growth.adapters.db.tables.people import prospect_events, prospects
from growth.domain.kernel.marketing import cleaned
from growth.domain.prospects.entities.attribution import Model

PAID = {"utms": {"source": "google", "medium": "cpc", "campaign": "brand"}}
MAIL = {"utms": {"source": "news", "medium": "email"}}
EMPTY = {model: {} for model in Model}


class Visitor:
    def __init__(self, service):
        self.service, self.id = service, uuid4()

    async def write(self, table, **values):
        async with (await self.service.world.get(AsyncEngine)).begin() as connection:
            await connection.execute(insert(table).values(values))

    async def known(self):
        flags = {"phone_valid": False, "pending_task": False, "created_at": MONDAY}
        await self.write(prospects, id=self.id, email=f"{self.id}@example.org", **flags)
        return self

    async def does(self, name, told=None, days=0, **properties):
        id_ = uuid4()
        await self.write(
            prospect_events,
            id=id_,
            prospect_id=self.id,
            event_name=name,
            marketing_parameters=None if told is None else cleaned(told),
            properties=properties,
            occurred_at=MONDAY + days * DAY,
            received_at=MONDAY,
            caller="test",
            message_id=str(id_),
        )
        return str(id_)

    async def attribution(self, role=OPS):
        return await self.service.ask("GET", f"/v1/prospects/{self.id}/attribution", role=role)


@pytest.fixture
async def visitor(service):
    return await Visitor(service).known()


async def test_touches_come_in_the_order_in_which_they_were_with_all_that_is_told_of_them(visitor):
    later = await visitor.does("website_capture_form", MAIL, days=7)
    first = await visitor.does("page_view", PAID)
    await visitor.does("page_view", days=1)
    await visitor.does("flow_contract_signed", days=9)
    direct = await visitor.does("meeting_request", days=8)
    found = await visitor.attribution()
    assert found["first_touch"] == {
        "at": "2026-11-23T00:00:00Z",
        "channel": "Paid Search",
        "source": "google",
        "medium": "cpc",
        "campaign": "brand",
        "event_id": first,
    }
    assert [touch["event_id"] for touch in found["touches"]] == [first, later, direct]
    assert [touch["channel"] for touch in found["touches"]] == ["Paid Search", "Email", "Direct"]
    assert (found["last_touch"], found["last_non_direct_touch"]) == (found["touches"][2], found["touches"][1])
    assert found["touches"][2] | {"at": 0, "event_id": 0} == {
        "at": 0, "channel": "Direct", "source": None, "medium": None, "campaign": None, "event_id": 0,
    }  # fmt: skip
    assert datetime.fromisoformat(found["touches"][2]["at"]) == MONDAY + 8 * DAY


async def test_shares_of_all_models_are_told(visitor):
    await visitor.does("page_view", PAID)
    await visitor.does("website_capture_form", MAIL, days=7)
    await visitor.does("meeting_request", days=14)
    shares = (await visitor.attribution())["shares"]
    assert shares.pop("time_decay") == pytest.approx({"Paid Search": 1 / 7, "Email": 2 / 7, "Direct": 4 / 7})
    assert shares.pop("linear") == pytest.approx({"Paid Search": 1 / 3, "Email": 1 / 3, "Direct": 1 / 3})
    assert shares == {
        "first": {"Paid Search": 1, "Email": 0, "Direct": 0},
        "last": {"Paid Search": 0, "Email": 0, "Direct": 1},
        "last_non_direct": {"Paid Search": 0, "Email": 1, "Direct": 0},
        "position": {"Paid Search": 0.4, "Email": 0.2, "Direct": 0.4},
    }


async def test_our_own_site_and_what_a_page_view_tells_of_the_page_before_are_seen(visitor):
    await visitor.does("page_view", {"landing_page_url": "https://x.example/"}, referrer="https://www.bing.com/")
    await visitor.does("page_view", {"landing_referrer_url": "https://www.shop.example/a"}, days=1)
    await visitor.does("website_capture_form", {"landing_referrer_url": "https://shop.example/b"}, days=2)
    touches = (await visitor.attribution())["touches"]
    assert [(touch["channel"], touch["source"]) for touch in touches] == [
        ("Organic Search", "bing.com"),
        ("Direct", None),
    ]


async def test_what_happened_at_one_moment_keeps_the_order_of_its_ids(visitor):
    ids = [await visitor.does("meeting_request", told) for told in (PAID, MAIL, None, PAID)]
    assert [touch["event_id"] for touch in (await visitor.attribution())["touches"]] == sorted(ids)


async def test_who_never_came_has_no_touches(visitor):
    nothing = {"touches": [], "first_touch": None, "last_touch": None, "last_non_direct_touch": None, "shares": EMPTY}
    assert await visitor.attribution() == nothing
    await visitor.does("sales_inbound_call_hung_up")
    assert await visitor.attribution(SERVICE) == nothing


async def test_nobody_sees_what_another_did(visitor):
    other = await Visitor(visitor.service).known()
    await other.does("meeting_request", PAID)
    assert (await visitor.attribution())["touches"] == []


async def test_an_unknown_person_and_a_browser_are_refused(visitor):
    refused = visitor.service.refused
    assert await refused("GET", f"/v1/prospects/{uuid4()}/attribution", status=404) == ("unknown-prospect", [])
    assert (await refused("GET", "/v1/prospects/ada/attribution", status=404))[0] == "no-such-route"
    path = f"/v1/prospects/{visitor.id}/attribution"
    assert (await refused("GET", path, status=403, role=CAPTURE))[0] == "wrong-role"
    assert (await refused("GET", path, status=401, role={}))[0] == "unauthenticated"


async def test_hostile_parameters_are_only_texts(visitor):
    hostile = {"source": "shop\n" * 60, "medium": "(((((cp" * 40, "campaign": "😀'; DROP TABLE x"}
    await visitor.does("page_view", {"utms": hostile, "landing_referrer_url": "https://[::1"})
    (touch,) = (await visitor.attribution())["touches"]
    assert touch["channel"] == "Paid Other"
