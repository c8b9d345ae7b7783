"""One transaction, and every store there is. Each context sees, through its own `Tx` protocol, only what it names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.calls import SqlCalls
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.leads import SqlLeads
from growth.adapters.db.messages import SqlInbox, SqlOutbox
from growth.adapters.db.people import SqlEvents, SqlPeople
from growth.adapters.db.runs import SqlRuns
from growth.adapters.db.ticks import SqlTicks
from growth.domain.kernel.begin import Undo


class SqlTransaction:
    def __init__(self, connection: AsyncConnection, clock: DatabaseClock) -> None:
        self._connection = connection
        self._clock = clock

    async def now(self) -> datetime:
        return await self._clock.now_on(self._connection)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection)

    @cached_property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self._connection)

    @cached_property
    def ticks(self) -> SqlTicks:
        return SqlTicks(self._connection)

    @cached_property
    def people(self) -> SqlPeople:
        return SqlPeople(self._connection)

    @cached_property
    def events(self) -> SqlEvents:
        return SqlEvents(self._connection)

    @cached_property
    def leads(self) -> SqlLeads:
        return SqlLeads(self._connection)

    @cached_property
    def calls(self) -> SqlCalls:
        return SqlCalls(self._connection)

    @cached_property
    def runs(self) -> SqlRuns:
        return SqlRuns(self._connection)


class InTurn:
    """Opens the transactions of one process one after another.

    It is for those that would wait for each other's lock anyway: none holds a connection before it is its turn.
    """

    def __init__(self, begin: "SqlBegin") -> None:
        self._begin = begin
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTransaction]:
        async with self._turn, self._begin() as transaction:
            yield transaction


class SqlBegin:
    """Opens transactions. `on_commit` is told when one that may have written messages is committed."""

    def __init__(self, engine: AsyncEngine, clock: DatabaseClock, on_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._clock = clock
        self._on_commit = on_commit

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTransaction]:
        with suppress(Undo):
            async with self._engine.begin() as connection:
                transaction = SqlTransaction(connection, self._clock)
                yield transaction
            if "outbox" in vars(transaction):
                self._on_commit()
