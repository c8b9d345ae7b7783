"""The workers: take messages that are due, call their handlers, write down what became of them."""

import asyncio
import logging
import os
import random
import socket
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import structlog
from prometheus_client import Counter as Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.deliveries import Claim, Outcome, SqlDeliveries, Terms
from growth.domain.kernel.messages import (
    Delivery,
    GiveUp,
    Handler,
    LeaseLost,
    MessageState,
    TryLater,
    back_off,
)

log = structlog.get_logger(__name__)
DELIVERIES = Metric("growth_deliveries_total", "Attempts to deliver messages.", ["vendor", "outcome"])

_PLACES = {"customerio": 8}
_OTHER_PLACES = 4  # each vendor has its own, so that one that hangs takes none from the others
_LOOK_AGAIN = timedelta(seconds=5)  # for a handler that waits and does not say how long
_LEVELS = {"done": logging.DEBUG, "dead": logging.ERROR, "crashed": logging.ERROR}
_LAST_STEP = 2
_GATHER_SECONDS = 0.02  # wake-ups that come together are one


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between looks without a wake-up, between renewals, for one call of a handler, for a stop."""

    poll: float = 1.0
    renew: float = 5.0
    handler: float = 120.0
    stop: float = 10.0


_TERMS, _PACE = Terms(), Pace()


class _NoHandler(TryLater):
    """The routing table does not know this kind: a newer version wrote it, and its processes do."""


class Wake:
    """Tells the workers of this process that a transaction was committed: there may be something to deliver."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()


class Deliveries:
    """Delivers messages through the handlers of their kinds. Any number of processes may do so on one database."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: DatabaseClock,
        handlers: Mapping[str, Handler],
        wake: Wake,
        *,
        terms: Terms = _TERMS,
        pace: Pace = _PACE,
    ) -> None:
        worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._store = SqlDeliveries(engine, clock, worker, terms)
        self._handlers = handlers
        self._wake = wake
        self._pace = pace
        self._in_hand: dict[asyncio.Task[None], Claim] = {}
        self._stopping = False

    async def run(self) -> None:
        """Deliver until stopped or cancelled. What is in hand then gets some seconds, the rest is given back."""
        async with self._heartbeat():
            try:
                while not self._stopping:
                    if not await self._take_in_spite_of_faults():
                        await self._wake.wait(self._pace.poll)
                        await asyncio.sleep(_GATHER_SECONDS)
            finally:
                await self._finish()

    def stop(self) -> None:
        """Take nothing any more; `run` then comes to its end."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> int:
        """Deliver what is due now until nothing is; return the number of attempts."""
        attempts = 0
        async with self._heartbeat():
            try:
                while (taken := await self._take()) or self._in_hand:
                    attempts += taken
                    await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._finish()
        return attempts

    async def _take_in_spite_of_faults(self) -> int:
        try:
            return await self._take()
        except Exception as fault:  # noqa: BLE001 - a lost database must not end the worker
            _report("deliveries-cannot-claim", fault)
            return 0

    async def _take(self) -> int:
        for vendor in await self._store.expire():
            log.warning("message-expired", vendor=vendor)
            DELIVERIES.labels(vendor, "expired").inc()
        busy = Counter(claim.delivery.message.vendor for claim in self._in_hand.values())
        places = {**_PLACES, **dict.fromkeys(busy.keys() - _PLACES.keys(), _OTHER_PLACES)}
        free = {vendor: max(0, most - busy[vendor]) for vendor, most in places.items()}
        claims = await self._store.claim(free, _OTHER_PLACES)
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim))
            self._in_hand[task] = claim
            task.add_done_callback(self._put_down)
        return len(claims)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        self._in_hand.pop(task, None)
        self._wake.set()

    async def _deliver(self, claim: Claim) -> None:
        message = claim.delivery.message
        failure = await self._attempt(claim.delivery)
        # One with an end has no time to back off far.
        step = min(claim.delivery.attempt, _LAST_STEP) if message.not_after else claim.delivery.attempt
        outcome = judged(failure, step, random.random())  # noqa: S311 - jitter
        try:
            kept = not isinstance(failure, LeaseLost) and await self._store.settle(claim, outcome)
        except Exception as fault:  # noqa: BLE001 - its lease runs out and it is tried again
            _report("delivery-not-settled", fault, id=str(message.id))
            return
        name = outcome.name if kept else "lease-lost"
        DELIVERIES.labels(message.vendor, name).inc()
        level = _LEVELS.get(name, logging.INFO)
        log.log(level, "message-delivery", outcome=name, id=str(message.id), kind=message.kind, error=outcome.error)

    async def _attempt(self, delivery: Delivery) -> Exception | None:
        handler = self._handlers.get(delivery.message.kind)
        if handler is None:
            return _NoHandler(f"This version has no handler for messages of kind {delivery.message.kind}.")
        try:
            async with asyncio.timeout(self._pace.handler):
                await handler(delivery)
        except Exception as failure:  # noqa: BLE001 - whatever a handler raises is an outcome
            return failure
        return None

    @asynccontextmanager
    async def _heartbeat(self) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._pace.renew)
            try:
                await self._store.renew(list(self._in_hand.values()))
            except Exception as fault:  # noqa: BLE001 - the next beat may succeed
                _report("leases-not-renewed", fault)

    async def _finish(self) -> None:
        if not self._in_hand:
            return
        await asyncio.wait(self._in_hand, timeout=self._pace.stop)
        left = dict(self._in_hand)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        try:
            await self._store.give_back(left.values())
        except Exception as fault:  # noqa: BLE001 - their leases run out
            _report("leases-not-given-back", fault)


def _report(event: str, fault: Exception, **facts: str) -> None:
    """Log a fault of ours by its class only: its message may hold values of a row."""
    log.error(event, error=type(fault).__name__, **facts)


def judged(failure: Exception | None, attempt: int, jitter: float) -> Outcome:
    """Return what the end of a handler means for its message and for the breaker of its vendor."""
    match failure:
        case None:
            return Outcome("done", MessageState.DONE, vendor_well=True)
        case _NoHandler():
            return _again(Outcome("unknown", MessageState.PENDING, str(failure)), attempt, jitter, None)
        case GiveUp():
            return Outcome("dead", MessageState.DEAD, str(failure), vendor_well=True)
        case TryLater(waiting=True):
            wait = failure.after or _LOOK_AGAIN
            return Outcome("waiting", MessageState.PENDING, str(failure), wait, counted=False)
        case TryLater():
            pause = failure.after if failure.whole_vendor else None
            outcome = Outcome("retried", MessageState.PENDING, str(failure), vendor_well=False, vendor_pause=pause)
            return _again(outcome, attempt, jitter, failure.after)
        case _:  # the message of an unexpected exception may hold anything, so only its class and place are told
            place = traceback.extract_tb(failure.__traceback__)[-1:]
            where = "".join(f" in {frame.name}, line {frame.lineno}" for frame in place)
            outcome = Outcome("crashed", MessageState.PENDING, f"{type(failure).__name__}{where}")
            return _again(outcome, attempt, jitter, None)


def _again(outcome: Outcome, attempt: int, jitter: float, after: timedelta | None) -> Outcome:
    wait = back_off(attempt, jitter)
    if wait is None:
        return replace(outcome, name="dead", state=MessageState.DEAD)
    return replace(outcome, wait=max(wait, after or wait))
