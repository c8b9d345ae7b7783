"""One transaction, and every store there is. Each context sees, through its own `Tx` protocol, only what it names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.accounts import SqlContracts, SqlCustomers, SqlUsers
from growth.adapters.db.calls import SqlCalls
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.consents import SqlConsents, SqlDoNotCall
from growth.adapters.db.conversations import SqlConversations
from growth.adapters.db.employments import SqlEmployments
from growth.adapters.db.erasures import SqlErasures
from growth.adapters.db.leads import SqlLeads
from growth.adapters.db.ledger import SqlLedger
from growth.adapters.db.messages import SqlInbox, SqlOutbox
from growth.adapters.db.operator_settings import SqlOperatorSettings
from growth.adapters.db.payments import SqlPayments
from growth.adapters.db.people import SqlEvents, SqlPeople
from growth.adapters.db.readers import SqlReaders
from growth.adapters.db.referrals import SqlAmounts, SqlDiscounts, SqlProfiles, SqlReferrals
from growth.adapters.db.requests import SqlFlows, SqlRequests
from growth.adapters.db.runs import SqlRuns
from growth.adapters.db.sales_teams import SqlAbsences
from growth.adapters.db.scoring_models import ModelFiles, SqlModels
from growth.adapters.db.speech import SqlSpeech
from growth.adapters.db.subjects import SqlSubjects
from growth.adapters.db.ticks import SqlTicks
from growth.adapters.db.tombstones import SqlTombstones
from growth.domain.kernel.begin import Undo
from growth.domain.kernel.facts import Fact
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.pseudonyms import Pseudonyms

Followers = Mapping[type[Any], Sequence[Callable[[Any, Any], Awaitable[None]]]]
"""Who acts on facts of which kind, in the transaction in which they are told."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What transactions need beside their connection."""

    clock: DatabaseClock
    new_id: NewId
    followers: Followers
    pseudonyms: Pseudonyms
    models: ModelFiles


class SqlTransaction:
    def __init__(self, connection: AsyncConnection, around: Surroundings) -> None:
        self._connection = connection
        self._around = around

    async def now(self) -> datetime:
        return await self._around.clock.now_on(self._connection)

    @property
    def facts(self) -> "SqlTransaction":
        return self

    async def tell(self, fact: Fact) -> None:
        for follow in self._around.followers.get(type(fact), ()):
            await follow(self, fact)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection)

    @cached_property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self._connection, self._around.pseudonyms)

    @cached_property
    def ticks(self) -> SqlTicks:
        return SqlTicks(self._connection)

    @cached_property
    def people(self) -> SqlPeople:
        return SqlPeople(self._connection)

    @cached_property
    def tombstones(self) -> SqlTombstones:
        return SqlTombstones(self._connection, self._around.pseudonyms)

    @cached_property
    def subjects(self) -> SqlSubjects:
        return SqlSubjects(self._connection)

    @cached_property
    def erasures(self) -> SqlErasures:
        return SqlErasures(self._connection)

    @cached_property
    def events(self) -> SqlEvents:
        return SqlEvents(self._connection)

    @cached_property
    def flows(self) -> SqlFlows:
        return SqlFlows(self._connection)

    @cached_property
    def requests(self) -> SqlRequests:
        return SqlRequests(self._connection)

    @cached_property
    def absences(self) -> SqlAbsences:
        return SqlAbsences(self._connection)

    @cached_property
    def operator_settings(self) -> SqlOperatorSettings:
        return SqlOperatorSettings(self._connection)

    @cached_property
    def leads(self) -> SqlLeads:
        return SqlLeads(self._connection, self._around.pseudonyms)

    @cached_property
    def consents(self) -> SqlConsents:
        return SqlConsents(self._connection)

    @cached_property
    def do_not_call(self) -> SqlDoNotCall:
        return SqlDoNotCall(self._connection, self._around.pseudonyms)

    @cached_property
    def calls(self) -> SqlCalls:
        return SqlCalls(self._connection, self._around.pseudonyms)

    @cached_property
    def runs(self) -> SqlRuns:
        return SqlRuns(self._connection)

    @cached_property
    def models(self) -> SqlModels:
        return SqlModels(self._connection, self._around.models)

    @cached_property
    def speech(self) -> SqlSpeech:
        return SqlSpeech(self._connection)

    @cached_property
    def users(self) -> SqlUsers:
        return SqlUsers(self._connection)

    @cached_property
    def contracts(self) -> SqlContracts:
        return SqlContracts(self._connection)

    @cached_property
    def conversations(self) -> SqlConversations:
        return SqlConversations(self._connection)

    @cached_property
    def employments(self) -> SqlEmployments:
        return SqlEmployments(self._connection)

    @cached_property
    def readers(self) -> SqlReaders:
        return SqlReaders(self._connection)

    @cached_property
    def customers(self) -> SqlCustomers:
        return SqlCustomers(self._connection)

    @cached_property
    def profiles(self) -> SqlProfiles:
        return SqlProfiles(self._connection)

    @cached_property
    def referrals(self) -> SqlReferrals:
        return SqlReferrals(self._connection)

    @cached_property
    def discounts(self) -> SqlDiscounts:
        return SqlDiscounts(self._connection)

    @cached_property
    def payments(self) -> SqlPayments:
        return SqlPayments(self._connection)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self._connection, self._around.new_id)

    @cached_property
    def amounts(self) -> SqlAmounts:
        return SqlAmounts(self._connection)


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

    def __init__(self, engine: AsyncEngine, around: Surroundings, on_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._around = around
        self._on_commit = on_commit

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTransaction]:
        with suppress(Undo):
            async with self._engine.begin() as connection:
                transaction = SqlTransaction(connection, self._around)
                yield transaction
            if "outbox" in vars(transaction):
                self._on_commit()
