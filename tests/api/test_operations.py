"""What operators see of the machinery, and the clock that tests move."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from tests.adapters.campaign_world import world_on
from tests.api.conftest import ADMIN, OPS, client_of
from tests.api.test_leads import near, z
from tests.domain.makers import DAY, HOUR, MONDAY, TEN

from growth.api.app import create_app
from growth.domain.kernel.operating import UnknownMessage
from growth.settings import Settings


@pytest.fixture
async def begun(service):
    """The service after its Monday slot has begun, by the scheduler."""
    for number in (1, 2, 3):
        await service.lead(number=number)
    await service.world.at(TEN)
    await service.world.tick()
    return service


async def test_all_invariants_hold_and_a_broken_one_is_named(begun):
    found = await begun.get("/v1/invariants")
    assert len(found) > 3
    assert set(map(len, found.values())) == {0}
    await begun.world.deliver()
    assert set(map(len, (await begun.get("/v1/invariants")).values())) == {0}
    await begun.world.execute("UPDATE call SET run_id = NULL, batch_id = NULL WHERE state = 'injected'")
    assert any((await begun.get("/v1/invariants")).values())


async def test_messages_out_are_listed_newest_first_and_without_what_is_personal(begun):
    whole = (await begun.get("/v1/outbox"))["items"]
    assert whole
    assert await begun.every("/v1/outbox", 1) == whole
    assert {it["state"] for it in whole} == {"pending"}
    assert "example.org" not in str(whole)
    await begun.world.deliver()
    done = (await begun.get("/v1/outbox", state="done"))["items"]
    assert {it["id"] for it in done} >= {it["id"] for it in whole if it["kind"] == "dialer.inject"}
    assert (await begun.get("/v1/outbox", state="dead"))["items"] == []


async def test_a_dead_message_can_be_sent_again(begun):
    (message, *_) = (await begun.get("/v1/outbox"))["items"]
    await begun.world.execute("UPDATE message SET state = 'dead', done_at = now() WHERE id = :id", id=message["id"])
    path = f"/v1/outbox/{message['id']}/retry"
    assert (await begun.client.post(path, headers=OPS)).status_code == 204
    (again,) = [it for it in (await begun.get("/v1/outbox"))["items"] if it["id"] == message["id"]]
    assert again["state"] == "pending"
    await begun.world.execute("UPDATE message SET state = 'done', done_at = now() WHERE id = :id", id=message["id"])
    assert (await begun.refused("POST", path, status=404))[0] == UnknownMessage.code


@pytest.mark.parametrize("path", ["/v1/outbox/{}/retry", "/v1/inbox/{}/replay"])
async def test_what_is_not_there_cannot_be_done_again(untouched, path):
    assert (await untouched.refused("POST", path.format(uuid4()), status=404))[0] == "unknown-message"
    await untouched.refused("POST", path.format("1"), status=404)


async def test_events_of_partners_are_listed_and_replayed(service):
    ids = [uuid4() for _ in range(3)]
    for number, id_ in enumerate(sorted(ids)):
        await service.world.execute(
            "INSERT INTO inbox_event (id, source, event_id, topic, state, reason, attempts, body, received_at, "
            "settled_at) VALUES (:id, 'stripe', :event, 'invoice.paid', 'failed', 'no such user', 1, '{}', :at, :at)",
            id=id_,
            event=f"evt_{number}",
            at=MONDAY,
        )
    whole = (await service.get("/v1/inbox"))["items"]
    assert [it["event_id"] for it in whole] == ["evt_2", "evt_1", "evt_0"]
    assert await service.every("/v1/inbox", 2) == whole
    assert (await service.client.post(f"/v1/inbox/{whole[0]['id']}/replay", headers=OPS)).status_code == 204
    assert [it["event_id"] for it in (await service.get("/v1/inbox", state="failed"))["items"]] == ["evt_1", "evt_0"]


async def test_ticks_are_listed_in_their_order(begun):
    whole = (await begun.get("/v1/scheduler/ticks"))["items"]
    assert len(whole) > 2
    assert await begun.every("/v1/scheduler/ticks", 1) == whole
    job = whole[0]["job"]
    assert {it["job"] for it in (await begun.get("/v1/scheduler/ticks", job=job))["items"]} == {job}
    assert (await begun.get("/v1/scheduler/ticks", **{"from": z(TEN + DAY)}))["items"] == []
    assert [it["due_at"] for it in whole] == sorted(it["due_at"] for it in whole)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/outbox", {"state": "lost"}),
        ("/v1/outbox", {"cursor": "x"}),
        ("/v1/outbox", {"cursor": "9" * 19}),
        ("/v1/inbox", {"state": "pending"}),
        ("/v1/inbox", {"cursor": "1"}),
        ("/v1/scheduler/ticks", {"from": "yesterday"}),
        ("/v1/scheduler/ticks", {"cursor": "1"}),
        ("/v1/scheduler/ticks", {"job": "x" * 101}),
        ("/v1/scheduler/ticks", {"job": "\0"}),
    ],
)
async def test_lists_are_refused_when_their_parameters_make_no_sense(untouched, path, query):
    code, (place,) = await untouched.refused("GET", path, params=query)
    assert (code, place) == ("invalid", f"?{next(iter(query))}")


async def test_the_test_clock_moves_the_time_of_everybody(service):
    later = MONDAY + 3 * DAY
    moved = await service.ask("PUT", "/test/clock", {"now": z(later)}, role=ADMIN)
    assert near(moved["now"], later)
    assert near((await service.ask("GET", "/test/clock", role=ADMIN))["now"], later)
    lead = await service.lead()
    assert near(lead["created_at"], later)
    url = (await service.world.get(Settings)).database_url
    async with world_on(url) as other, client_of(create_app(other.container, await other.get(Settings))) as client:
        told = (await client.get("/test/clock", headers=ADMIN)).json()["now"]
    assert timedelta() <= datetime.fromisoformat(told) - later < HOUR


async def test_the_clock_is_moved_by_an_admin_to_a_time_that_is_one(service):
    before = (await service.ask("GET", "/test/clock", role=ADMIN))["now"]
    for now in ("2026-11-23T10:00:00", "0001-01-01T00:00:00Z", "tomorrow", 0, None):
        assert await service.refused("PUT", "/test/clock", {"now": now}, role=ADMIN) == ("invalid", ["/now"])
    assert (await service.refused("PUT", "/test/clock", {"now": before}, role=OPS, status=403))[0] == "wrong-role"


@pytest.mark.parametrize("env", ["development", "production"])
async def test_elsewhere_there_is_no_test_clock(make_app, env):
    keys = "admin:an-admin-key-of-our-own"
    safe = {"GROWTH_SECRET": "a-secret-of-our-own", "GROWTH_API_KEYS": keys, "GROWTH_DATABASE_URL": "postgresql://x"}
    app = make_app(GROWTH_ENV=env, **safe)
    async with client_of(app) as client:
        for method in ("GET", "PUT"):
            headers = {"Authorization": "Bearer an-admin-key-of-our-own"}
            assert (await client.request(method, "/test/clock", headers=headers)).status_code == 404
