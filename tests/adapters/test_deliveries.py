import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.adapters.conftest import NOON
from uuid_utils.compat import uuid7

from growth.adapters.db.deliveries import Terms
from growth.adapters.db.messages import SqlMessageViews, SqlOutbox
from growth.deliveries import Deliveries, Pace, Wake
from growth.domain.kernel.messages import GiveUp, Message, MessageState, TryLater

UNBREAKABLE = Terms(fewest=10**6)


def a_message(**changes):
    return Message(**{"id": uuid7(), "vendor": "v", "kind": "k", "subject": str(uuid4()), "payload": {}} | changes)


@pytest.fixture
def wake():
    return Wake()


@pytest.fixture
def views(engine):
    return SqlMessageViews(engine, uuid7)


@pytest.fixture
def write(engine, wake):
    async def write(*messages):
        async with engine.begin() as connection:
            await SqlOutbox(connection).add(*messages)
        wake.set()

    return write


@pytest.fixture
def deliveries(engine, clock, wake):
    def deliveries(handler, kind="k", **options):
        return Deliveries(engine, clock, {kind: handler}, options.pop("wake", wake), **options)

    return deliveries


@asynccontextmanager
async def running(*all_):
    tasks = [asyncio.create_task(one.run()) for one in all_]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the conditions are plain values
            await asyncio.sleep(0.01)


async def first(views):
    return (await views.outbox(None, None, 1))[0]


async def test_two_processes_deliver_a_thousand_messages_once_each_in_order_per_subject(deliveries, write):
    went = []

    async def handler(delivery):
        await asyncio.sleep(0)
        went.append(delivery.message)

    messages = [a_message(vendor=f"v{n % 5}", subject=f"s{n % 100}", payload={"n": n}) for n in range(1000)]
    await write(*messages)
    async with running(deliveries(handler), deliveries(handler, wake=Wake())):
        await until(lambda: len(went) >= 1000, seconds=60)
        await asyncio.sleep(0.2)
    assert Counter(one.id for one in went) == dict.fromkeys((one.id for one in messages), 1)
    for subject in {one.subject for one in messages}:
        order = [one.payload["n"] for one in went if one.subject == subject]
        assert order == sorted(order)


async def test_a_commit_wakes_the_workers_of_its_process_at_once(deliveries, write):
    went = asyncio.Event()

    async def handler(_):
        went.set()

    async with running(deliveries(handler, pace=Pace(poll=60))):
        await asyncio.sleep(0.2)
        await write(a_message())
        async with asyncio.timeout(1):
            await went.wait()


async def test_a_vendor_that_hangs_holds_up_no_other(deliveries, write):
    went = []

    async def handler(delivery):
        if delivery.message.vendor.startswith("hanging"):
            await asyncio.sleep(60)
        went.append(delivery.message.id)

    await write(*(a_message(vendor=f"hanging {n % 6}") for n in range(60)), *(a_message() for _ in range(20)))
    async with running(deliveries(handler, pace=Pace(stop=0.1))):
        await until(lambda: len(went) == 20, seconds=5)


async def test_a_handler_that_hangs_gives_its_place_back(deliveries, write, views):
    async def handler(_):
        await asyncio.sleep(60)

    await write(a_message())
    assert await deliveries(handler, pace=Pace(handler=0.1)).drain() == 1
    message = await first(views)
    assert (message.state, message.attempts) == (MessageState.PENDING, 1)
    assert message.last_error.startswith("TimeoutError")


async def test_the_work_of_a_killed_worker_is_done_by_another(deliveries, write, engine):
    calls = []

    async def never_ends(_):
        calls.append("killed")
        await asyncio.sleep(60)

    async def handler(_):
        calls.append("other")

    await write(a_message())
    short = Terms(lease=timedelta(seconds=0.5))
    killed = asyncio.create_task(deliveries(never_ends, terms=short, pace=Pace(renew=60, stop=60)).run())
    await until(lambda: calls == ["killed"])
    async with running(deliveries(handler, terms=short, wake=Wake(), pace=Pace(poll=0.1))):
        await asyncio.sleep(0.2)
        assert calls == ["killed"]
        await until(lambda: calls == ["killed", "other"], seconds=2)
    killed.cancel()
    await asyncio.sleep(0)
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed


async def test_a_worker_that_lives_keeps_what_takes_long(deliveries, write):
    calls = []

    async def slow(_):
        calls.append(1)
        await asyncio.sleep(1.5)

    await write(a_message())
    terms, pace = Terms(lease=timedelta(seconds=0.6)), Pace(poll=0.1, renew=0.2)
    async with running(*(deliveries(slow, terms=terms, pace=pace) for _ in range(2))):
        await asyncio.sleep(2)
    assert calls == [1]


async def test_a_stopped_worker_ends_what_it_has_and_gives_the_rest_back(deliveries, write, views):
    ended, started = [], []

    async def handler(delivery):
        started.append(1)
        await asyncio.sleep(delivery.message.payload["seconds"])
        ended.append(1)

    await write(a_message(payload={"seconds": 0.3}), a_message(payload={"seconds": 60}))
    worker = deliveries(handler, pace=Pace(stop=0.6))
    task = asyncio.create_task(worker.run())
    await until(lambda: len(started) == 2)
    worker.stop()
    await write(a_message(payload={"seconds": 0}))
    async with asyncio.timeout(2):
        await task
    assert (len(started), ended) == (2, [1])
    states = Counter(one.state for one in await views.outbox(None, None, 9))
    assert states == {MessageState.DONE: 1, MessageState.PENDING: 2}

    async def quick(_):
        ended.append(2)

    assert await deliveries(quick).drain() == 2


async def test_a_lost_database_does_not_end_the_worker(deliveries, write, engine):
    went = []

    async def handler(_):
        went.append(1)

    async with running(deliveries(handler, pace=Pace(poll=0.1))):
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE message RENAME TO gone"))
        with capture_logs() as logs:
            await asyncio.sleep(0.3)
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE gone RENAME TO message"))
        await write(a_message())
        await until(lambda: went == [1])
    assert {"event": "deliveries-cannot-claim", "error": "ProgrammingError", "log_level": "error"} in logs


async def test_a_message_that_always_fails_dies_after_three_days_with_an_alert(deliveries, write, views, clock):
    attempts = []

    async def handler(delivery):
        attempts.append((delivery.attempt, await clock.now()))
        raise TryLater("no luck")

    message = a_message(vendor="unlucky")
    await write(message)
    worker = deliveries(handler, terms=UNBREAKABLE)
    with capture_logs() as logs:
        while (seen := await first(views)).state is MessageState.PENDING:
            await clock.move_to(max(seen.due_at, NOON))
            assert await worker.drain() == 1
            assert len(attempts) < 50
    assert [attempt for attempt, _ in attempts] == list(range(1, len(attempts) + 1))
    assert len(attempts) >= 10
    assert attempts[-1][1] - attempts[0][1] >= timedelta(hours=72)
    assert (seen.state, seen.last_error) == (MessageState.DEAD, "no luck")
    assert [one["outcome"] for one in logs if one["log_level"] == "error"] == ["dead"]
    assert REGISTRY.get_sample_value("growth_deliveries_total", {"vendor": "unlucky", "outcome": "dead"}) == 1
    assert await views.retry(message.id)
    assert await worker.drain() == 1
    assert attempts[-1][0] == 1


async def test_a_refusal_for_good_is_not_tried_again(deliveries, write, views):
    async def handler(_):
        raise GiveUp("refused with 422")

    await write(a_message())
    assert await deliveries(handler).drain() == 1
    assert ((await first(views)).state, (await first(views)).last_error) == (MessageState.DEAD, "refused with 422")


async def test_a_message_that_nobody_handles_waits_for_a_newer_version_with_its_reason(deliveries, write, views):
    await write(a_message(kind="unheard of"))
    await deliveries(None).drain()
    assert (await first(views)).state is MessageState.PENDING
    assert "unheard of" in (await first(views)).last_error


async def test_a_handler_that_breaks_is_tried_again_and_tells_nothing_personal(deliveries, write, views):
    async def handler(delivery):
        raise KeyError(delivery.message.payload["email"])

    await write(a_message(payload={"email": "ada@example.org"}), a_message(vendor="other", kind="fine"))
    with capture_logs() as logs:
        await deliveries(handler).drain()
    (message,) = [it for it in await views.outbox(MessageState.PENDING, None, 9) if it.kind != "fine"]
    assert (message.attempts, message.last_error[:20]) == (1, "KeyError in handler,")
    assert "ada" not in f"{message}{logs}"


async def test_waiting_is_no_attempt(deliveries, write, views, clock):
    async def handler(_):
        raise TryLater("not ready", after=timedelta(minutes=1), waiting=True)

    await write(a_message())
    worker = deliveries(handler, terms=Terms(fewest=1))
    for _ in range(3):
        assert await worker.drain() == 1
        assert await worker.drain() == 0
        await clock.move_to(await clock.now() + timedelta(minutes=1))
    assert (await first(views)).attempts == 0


async def test_a_message_past_its_time_reaches_no_handler(deliveries, write, views, clock):
    await write(a_message(not_after=NOON))
    assert await deliveries(None).drain() == 0
    assert (await first(views)).state is MessageState.EXPIRED


async def test_a_vendor_that_wants_to_be_left_alone_is_left_alone_and_no_other(deliveries, write, clock, engine):
    went = []

    async def handler(delivery):
        went.append(delivery.message.vendor)
        if delivery.message.vendor == "busy" and len(went) <= 10:
            raise TryLater("429", after=timedelta(seconds=1), whole_vendor=True)

    worker = deliveries(handler)
    await write(a_message(vendor="busy"))
    assert await worker.drain() == 1
    await write(*(a_message(vendor="busy") for _ in range(3)), *(a_message(vendor="free") for _ in range(9)))
    await clock.move_to(NOON + timedelta(days=1))
    assert await worker.drain() == 9
    assert went == ["busy"] + ["free"] * 9
    await asyncio.sleep(1)
    assert await worker.drain() == 4


class Vendor:
    """Counts what reaches it, and fails while it is ill."""

    def __init__(self):
        self.ill = True
        self.calls = 0

    async def __call__(self, _):
        self.calls += 1
        if self.ill:
            raise TryLater("503")


PROBE = 0.6


async def test_the_breaker_opens_for_all_processes_lets_probes_through_and_closes_on_one(deliveries, write, views):
    terms = Terms(probe_every=timedelta(seconds=PROBE))
    vendor, other = Vendor(), Vendor()
    other.ill = False
    one, two = deliveries(vendor, terms=terms), deliveries(vendor, terms=terms)
    await write(*(a_message() for _ in range(30)), *(a_message(vendor="well", kind="x") for _ in range(3)))
    with capture_logs() as logs:
        while await one.drain() + await two.drain():
            pass
    assert 10 <= vendor.calls <= 14  # ten failures, and what was under way with the tenth
    assert len([entry for entry in logs if entry["event"] == "breaker-opened"]) == 1
    assert [backlog.breaker_open for backlog in await views.backlog()] == [True, False]
    before = vendor.calls
    for _ in range(2):
        await asyncio.sleep(PROBE)
        await asyncio.gather(one.drain(), two.drain(), one.drain(), two.drain())
    assert vendor.calls == before + 2
    vendor.ill = False
    await asyncio.sleep(PROBE)
    await asyncio.gather(one.drain(), two.drain())
    assert (await first(views)).vendor == "well"
    assert not (await views.backlog())[0].breaker_open
    left = [m for m in await views.outbox(MessageState.PENDING, None, 50) if m.vendor == "v" and not m.attempts]
    assert left == []  # drained


async def test_the_breaker_opens_on_seven_failures_in_ten_and_not_before(deliveries, write, views):
    vendor = Vendor()
    worker = deliveries(vendor)

    async def deliver(times, ill):
        vendor.ill = ill
        for _ in range(times):
            await write(a_message())
            await worker.drain()
        return [backlog.breaker_open for backlog in await views.backlog()]

    assert await deliver(4, ill=False) == []
    assert await deliver(9, ill=True) == [False]  # 69 %
    assert await deliver(1, ill=True) == [True]


async def test_a_success_that_was_under_way_when_the_breaker_opened_does_not_close_it(deliveries, write, views):
    failed = []

    async def handler(delivery):
        if delivery.message.payload:
            await until(lambda: len(failed) == 3)
            await asyncio.sleep(0.2)
            return
        failed.append(1)
        raise TryLater("503")

    await write(a_message(payload={"slow": True}), *(a_message() for _ in range(3)))
    await deliveries(handler, terms=Terms(fewest=3)).drain()
    assert [backlog.breaker_open for backlog in await views.backlog()] == [True]
