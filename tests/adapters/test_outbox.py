import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.adapters.conftest import NOON
from uuid_utils.compat import uuid7

from growth.adapters.db.deliveries import Outcome, SqlDeliveries, Terms
from growth.adapters.db.messages import SqlInbox, SqlMessageViews, SqlOutbox
from growth.adapters.pseudonyms import HmacPseudonyms
from growth.domain.kernel.inbox import InboxEvent, InboxState, to_handle
from growth.domain.kernel.messages import LeaseLost, Message, MessageState, back_off

ALL = 100


def a_message(**changes):
    return Message(
        **{"id": uuid7(), "vendor": "v", "kind": "k", "subject": str(uuid4()), "payload": {"a": 1}} | changes
    )


@pytest.fixture
def worker(engine, clock):
    return SqlDeliveries(engine, clock, "one", Terms())


@pytest.fixture
def other_worker(engine, clock):
    return SqlDeliveries(engine, clock, "two", Terms())


@pytest.fixture
def views(engine):
    return SqlMessageViews(engine, uuid7)


@pytest.fixture
def write(engine):
    async def write(*messages):
        async with engine.begin() as connection:
            await SqlOutbox(connection).add(*messages)
        return messages[0]

    return write


@pytest.fixture
def hold(engine):
    async def hold(delivery):
        async with engine.begin() as connection:
            await SqlOutbox(connection).hold(delivery)

    return hold


async def claim(worker, places=None):
    return await worker.claim(places or {}, ALL)


async def run_out(engine, claim_):
    async with engine.begin() as connection:
        query = text("UPDATE message SET leased_until = clock_timestamp() - interval '1 ms' WHERE id = :id")
        await connection.execute(query, {"id": claim_.delivery.message.id})


DONE = Outcome("done", MessageState.DONE, vendor_well=True)


async def test_a_message_comes_out_as_it_went_in(worker, write):
    written = await write(a_message(not_before=NOON - timedelta(1), not_after=NOON + timedelta(1)))
    [taken] = await claim(worker)
    assert (taken.delivery.message, taken.delivery.attempt, taken.probe) == (written, 1, False)


async def test_a_message_written_twice_is_delivered_once(worker, write):
    message = await write(a_message())
    await write(message)
    [taken] = await claim(worker)
    assert await worker.settle(taken, DONE)
    await write(message)
    assert await claim(worker) == []


async def test_a_message_of_a_transaction_that_failed_was_never_written(engine, worker):
    async with engine.connect() as connection:
        await SqlOutbox(connection).add(a_message())
        await connection.rollback()
    assert await claim(worker) == []


async def test_a_message_waits_for_its_time_by_the_domains_clock(worker, write, clock):
    await write(a_message(not_before=NOON + timedelta(hours=1)))
    assert await claim(worker) == []
    await clock.move_to(NOON + timedelta(hours=1))
    assert len(await claim(worker)) == 1


async def test_after_its_time_a_message_expires_and_lets_the_next_of_its_subject_go(worker, write, clock, views):
    await write(a_message(subject="s", not_after=NOON + timedelta(hours=1)), a_message(subject="s"))
    await clock.move_to(NOON + timedelta(hours=1))
    assert await claim(worker) == []
    assert await worker.expire() == ["v"]
    assert len(await claim(worker)) == 1
    [_, expired] = await views.outbox(None, None, ALL)
    assert expired.state is MessageState.EXPIRED


async def test_messages_of_a_subject_go_one_by_one_in_the_order_they_were_written(worker, other_worker, write):
    first, second, third = (a_message(subject="s") for _ in range(3))
    await write(first, second)
    await write(third)
    went = []
    for worker_ in (worker, other_worker, worker):
        [taken] = await claim(worker_)
        assert await claim(other_worker) == []
        assert await worker_.settle(taken, DONE)
        went.append(taken.delivery.message.id)
    assert went == [first.id, second.id, third.id]


async def test_a_message_that_has_to_wait_holds_up_its_subject(worker, write):
    await write(a_message(subject="s"), a_message(subject="s"))
    [taken] = await claim(worker)
    await worker.settle(taken, Outcome("retried", MessageState.PENDING, wait=timedelta(hours=1)))
    assert await claim(worker) == []


async def test_a_dead_message_does_not_hold_up_its_subject(worker, write):
    await write(a_message(subject="s"), a_message(subject="s"))
    [taken] = await claim(worker)
    await worker.settle(taken, Outcome("dead", MessageState.DEAD))
    assert len(await claim(worker)) == 1


async def test_each_vendor_has_its_own_places(worker, write):
    await write(*(a_message(vendor=vendor) for vendor in "aaabbbccc"))
    taken = await claim(worker, {"a": 0, "b": 2})
    assert sorted(one.delivery.message.vendor for one in taken) == ["b", "b", "c", "c", "c"]


async def test_two_workers_never_hold_the_same_message(worker, other_worker, write):
    await write(*(a_message() for _ in range(ALL)))
    rounds = await asyncio.gather(*(worker_.claim({}, 5) for worker_ in (worker, other_worker) * 10))
    ids = [one.delivery.message.id for taken in rounds for one in taken]
    assert len(ids) == len(set(ids)) > 0


async def test_the_message_of_a_dead_worker_is_taken_over_and_the_dead_one_writes_nothing(
    engine, worker, other_worker, write, hold
):
    await write(a_message())
    [lost] = await claim(worker)
    assert await claim(other_worker) == []
    await run_out(engine, lost)
    [taken] = await claim(other_worker)
    assert taken.delivery.lease > lost.delivery.lease
    with pytest.raises(LeaseLost):
        await hold(lost.delivery)
    assert not await worker.settle(lost, DONE)
    await worker.renew([lost])
    await worker.give_back([lost])
    await hold(taken.delivery)
    assert await claim(worker) == []
    assert await other_worker.settle(taken, DONE)


async def test_a_lease_can_be_renewed_until_somebody_else_took_the_message(engine, worker, other_worker, write, hold):
    await write(a_message())
    [taken] = await claim(worker)
    await run_out(engine, taken)
    await worker.renew([taken])
    assert await claim(other_worker) == []
    await hold(taken.delivery)


async def test_what_is_settled_or_given_back_is_in_nobodys_hands(worker, write, hold):
    await write(a_message(), a_message())
    settled, given_back = await claim(worker)
    await worker.settle(settled, Outcome("retried", MessageState.PENDING, wait=timedelta()))
    await worker.give_back([given_back])
    for late in (settled, given_back):
        with pytest.raises(LeaseLost):
            await hold(late.delivery)
    again = await claim(worker)
    assert [one.delivery.attempt for one in again] == [2, 1]


async def test_a_message_that_its_handler_has_locked_is_neither_taken_nor_waited_for(
    engine, worker, other_worker, write
):
    await write(a_message())
    [taken] = await claim(worker)
    await run_out(engine, taken)
    async with engine.begin() as connection, asyncio.timeout(2):
        await SqlOutbox(connection).hold(taken.delivery)
        assert await claim(other_worker) == []
        await worker.renew([taken])


ILL = Outcome("retried", MessageState.PENDING, wait=timedelta(), vendor_well=False)
NO_WAIT = Terms(fewest=3, probe_every=timedelta(seconds=0.3))


async def open_breaker(worker):
    for taken in await worker.claim({}, 3):
        await worker.settle(taken, ILL)


async def test_of_many_claims_at_once_only_one_gets_to_probe_an_ill_vendor(engine, clock, write):
    workers = [SqlDeliveries(engine, clock, str(number), NO_WAIT) for number in range(10)]
    await write(*(a_message() for _ in range(50)))
    await open_breaker(workers[0])
    for _ in range(3):
        assert await claim(workers[0]) == []
        await asyncio.sleep(0.3)
        [probe] = [one for taken in await asyncio.gather(*map(claim, workers)) for one in taken]
        assert probe.probe
        await workers[0].settle(probe, ILL)


async def test_a_vendor_that_is_well_again_starts_with_a_clean_sheet(engine, clock, write, views):
    worker = SqlDeliveries(engine, clock, "one", NO_WAIT)
    await write(*(a_message() for _ in range(5)))
    await open_breaker(worker)
    await asyncio.sleep(0.3)
    [probe] = await claim(worker)
    await worker.settle(probe, DONE)
    [after] = await worker.claim({}, 1)
    await worker.settle(after, ILL)
    assert [backlog.breaker_open for backlog in await views.backlog()] == [False]


async def test_an_operator_sends_a_dead_message_again(worker, write, views):
    message = await write(a_message())
    [taken] = await claim(worker)
    await worker.settle(taken, Outcome("dead", MessageState.DEAD, "refused"))
    assert await claim(worker) == []
    assert await views.retry(message.id)
    [again] = await claim(worker)
    assert again.delivery.attempt == 1
    await worker.settle(again, DONE)
    assert not await views.retry(message.id)
    assert not await views.retry(uuid4())


async def test_an_operator_sees_messages_by_state_the_newest_first(worker, write, views):
    written = [a_message() for _ in range(3)]
    await write(*written)
    for taken in await worker.claim({}, 1):
        await worker.settle(taken, Outcome("dead", MessageState.DEAD, "refused by the vendor"))
    [dead] = await views.outbox(MessageState.DEAD, None, ALL)
    assert (dead.id, dead.last_error, dead.attempts, dead.created_at.date()) == (
        written[0].id,
        "refused by the vendor",
        1,
        NOON.date(),
    )
    first = await views.outbox(None, None, 2)
    rest = await views.outbox(None, first[-1].position, 2)
    assert [one.id for one in [*first, *rest]] == [one.id for one in reversed(written)]


async def test_an_operator_sees_how_much_waits_for_each_vendor_and_for_how_long(worker, write, views, clock):
    await write(a_message(vendor="a"), a_message(vendor="a"), a_message(vendor="b"))
    await clock.move_to(NOON + timedelta(minutes=5))
    [taken] = await worker.claim({"a": 0}, 1)
    await worker.settle(taken, Outcome("dead", MessageState.DEAD))
    a, b = await views.backlog()
    assert (a.vendor, a.pending, a.dead, a.breaker_open) == ("a", 2, 0, False)
    assert 300 <= a.oldest_seconds < 360
    assert (b.vendor, b.pending, b.oldest_seconds, b.dead) == ("b", 0, 0, 1)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_message_is_tried_ten_times_and_three_days_at_least(jitter):
    waits = []
    while (wait := back_off(len(waits) + 1, jitter)) is not None:
        waits.append(wait)
    assert len(waits) + 1 >= 10
    assert timedelta(hours=72) <= sum(waits, timedelta()) <= timedelta(days=6)
    assert waits == sorted(waits)


def an_event(**changes):
    event = {"id": uuid7(), "source": "intercom", "event_id": "e1", "topic": "t", "body": {"x": [1]}}
    return InboxEvent(**event | changes)


async def test_an_event_is_kept_once_also_when_it_comes_many_times_at_once(engine, views):
    async def take_in():
        async with engine.begin() as connection:
            return await SqlInbox(connection, HmacPseudonyms("test")).add(an_event())

    assert sorted(await asyncio.gather(*(take_in() for _ in range(10)))) == [False] * 9 + [True]
    assert len(await views.inbox(None, None, ALL)) == 1


async def test_an_event_is_kept_with_its_message_and_handled_from_the_store(engine, worker, views, clock):
    event = an_event()
    async with engine.begin() as connection:
        assert await SqlInbox(connection, HmacPseudonyms("test")).add(event)
        await SqlOutbox(connection).add(to_handle(event, uuid7()))
    [taken] = await claim(worker)
    assert taken.delivery.message.kind == "inbox.intercom"
    async with engine.begin() as connection:
        inbox = SqlInbox(connection, HmacPseudonyms("test"))
        kept = await inbox.lock_received(**taken.delivery.message.payload)
        assert kept == replace(event, received_at=kept.received_at)
        assert kept.received_at is not None
        await inbox.settle("intercom", "e1", InboxState.HANDLED, None, await clock.now())
        assert await inbox.lock_received("intercom", "e1") is None
    [seen] = await views.inbox(InboxState.HANDLED, None, ALL)
    assert (seen.id, seen.attempts, seen.settled_at.date()) == (event.id, 1, NOON.date())
    assert not await views.replay(event.id)


async def test_a_failed_event_is_kept_with_its_reason_and_can_be_handled_again(engine, worker, views, clock):
    event = an_event()
    async with engine.begin() as connection:
        await SqlInbox(connection, HmacPseudonyms("test")).add(event)
        await SqlInbox(connection, HmacPseudonyms("test")).settle(
            "intercom", "e1", InboxState.FAILED, "no such team", await clock.now()
        )
    [failed] = await views.inbox(InboxState.FAILED, None, ALL)
    assert failed.reason == "no such team"
    assert await views.replay(event.id)
    [received] = await views.inbox(InboxState.RECEIVED, None, ALL)
    assert (received.reason, received.settled_at) == (None, None)
    [taken] = await claim(worker)
    assert taken.delivery.message.subject == "inbox:intercom:e1"


async def test_an_operator_sees_events_page_by_page(engine, views):
    async with engine.begin() as connection:
        for number in range(3):
            await SqlInbox(connection, HmacPseudonyms("test")).add(an_event(event_id=str(number)))
    first = await views.inbox(None, None, 2)
    rest = await views.inbox(None, first[-1].id, 2)
    assert [one.event_id for one in [*first, *rest]] == ["2", "1", "0"]
