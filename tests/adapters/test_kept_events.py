"""An event that is kept first and handled from the store, whoever the partner is."""

from dataclasses import replace

import pytest
from tests.adapters.conftest import NOON
from uuid_utils.compat import uuid7

from growth.adapters.db.deliveries import SqlDeliveries, Terms
from growth.adapters.db.messages import SqlMessageViews
from growth.adapters.db.scoring_models import ModelFiles
from growth.adapters.db.transaction import SqlBegin, Surroundings
from growth.adapters.models import file_of, read_model
from growth.adapters.pseudonyms import HmacPseudonyms
from growth.domain.kernel.inbox import InboxEvent, InboxState, KeepFailed, Unreadable, handle_kept, to_handle
from growth.domain.kernel.messages import LeaseLost

ALL = 100


@pytest.fixture
def begin(engine, clock):
    return SqlBegin(
        engine, Surroundings(clock, uuid7, {}, HmacPseudonyms("test"), ModelFiles(file_of, read_model)), lambda: None
    )


@pytest.fixture
async def event(begin):
    """Kept, with the message to handle it."""
    event = an_event()
    async with begin() as tx:
        assert await tx.inbox.add(event)
        await tx.outbox.add(to_handle(event, uuid7()))
    return event


@pytest.fixture
async def delivery(engine, clock, event):
    [taken] = await SqlDeliveries(engine, clock, "one", Terms()).claim({}, ALL)
    return taken.delivery


@pytest.fixture
def handle(begin):
    async def handle(delivery, hear):
        async with begin() as tx:
            await handle_kept(tx, delivery, hear)

    return handle


@pytest.fixture
def settled(engine):
    async def settled():
        [one] = await SqlMessageViews(engine, uuid7).inbox(None, None, ALL)
        return one.state, one.reason, one.attempts

    return settled


def an_event():
    return InboxEvent(uuid7(), "partner", "e1", "conversation.created", {"x": [1]})


def hearing(heard, outcome=(InboxState.IGNORED, "unknown_person")):
    async def hear(tx, event, now):
        heard.append((event, now))
        return outcome

    return hear


async def unreadable(tx, event, now):
    raise Unreadable("x is missing")


async def test_it_is_heard_once_and_settled_as_it_was_heard(handle, event, delivery, settled):
    heard = []
    for _ in range(2):
        await handle(delivery, hearing(heard))
    [(kept, now)] = heard
    assert (kept, now.date()) == (replace(event, received_at=kept.received_at), NOON.date())
    assert await settled() == ("ignored", "unknown_person", 1)


async def test_what_cannot_be_read_waits_for_an_operator(handle, delivery, settled):
    await handle(delivery, unreadable)
    assert await settled() == ("failed", "x is missing", 1)


async def test_a_worker_that_slept_through_its_lease_hears_nothing(handle, delivery, settled):
    heard = []
    with pytest.raises(LeaseLost):
        await handle(replace(delivery, lease=delivery.lease + 1), hearing(heard))
    assert (heard, await settled()) == ([], ("received", None, 0))


async def test_a_fault_leaves_it_to_the_next_attempt(handle, delivery, settled):
    async def broken(tx, event, now):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await handle(delivery, broken)
    assert await settled() == ("received", None, 0)


async def test_a_failure_is_kept_with_each_attempt(begin, event, settled):
    keep = KeepFailed(begin)
    await keep(an_event(), "RuntimeError")
    await keep(an_event(), "x is missing")
    assert await settled() == ("failed", "x is missing", 2)


async def test_a_failure_of_what_was_handled_changes_nothing(begin, handle, delivery, settled):
    await handle(delivery, hearing([], (InboxState.HANDLED, None)))
    await KeepFailed(begin)(an_event(), "RuntimeError")
    assert await settled() == ("handled", None, 1)
