"""What runs judged by: the facts of a filling lie column by column, so that no name is kept for every candidate."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.campaigns import calls, configurations, decisions, fillings
from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.replays import Facts, Filling, UnknownConfiguration
from growth.domain.campaigns.entities.runs import Decision, RunId

DECISIONS = Rows(Decision, decisions)
_FACTS = TypeAdapter(list[Facts])
_NAMES = [field.name for field in fields(Facts)]
_VERSION = re.compile("[0-9a-f]{12}")
_PLAIN = [field.name for field in fields(Filling) if field.name != "facts"]


def written(filling: Filling) -> Mapping[str, Any]:
    """Return a filling as column values."""
    rows = _FACTS.dump_python(list(filling.facts), mode="json")
    facts = {name: [row[name] for row in rows] for name in _NAMES}
    return {name: getattr(filling, name) for name in _PLAIN} | {"taken": dict(filling.taken), "facts": facts}


def _read(row: Sequence[Any]) -> Filling:
    *plain, columns = row
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return Filling(**dict(zip(_PLAIN, plain, strict=True)), facts=_FACTS.validate_python(rows))


async def _fillings(connection: AsyncConnection, run: RunId) -> list[Filling]:
    query = select(*(fillings.c[name] for name in (*_PLAIN, "facts"))).where(fillings.c.run_id == run)
    rows = (await connection.execute(query.order_by(fillings.c.filled_at, fillings.c.id))).all()
    return [_read(row) for row in rows]


class SqlJudged:
    """Reads what runs judged by, and the configurations they name; `read`: a text, and its name in errors."""

    def __init__(self, engine: AsyncEngine, read: Callable[[str, str], Configuration]) -> None:
        self._engine = engine
        self._read = read

    async def fillings(self, run: RunId) -> Sequence[Filling]:
        async with self._engine.connect() as connection:
            return await _fillings(connection, run)

    async def decided(self, run: RunId) -> tuple[Sequence[Filling], Sequence[Decision]]:
        snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ")
        async with snapshot.connect() as connection:
            query = select(*DECISIONS.columns).where(decisions.c.run_id == run)
            return await _fillings(connection, run), DECISIONS.all(await connection.execute(query))

    async def outcomes(self, run: RunId) -> Mapping[CallId, WrapUp]:
        query = select(calls.c.id, calls.c.wrapup).where(calls.c.run_id == run, calls.c.wrapup.is_not(None))
        async with self._engine.connect() as connection:
            return {CallId(id_): wrapup for id_, wrapup in await connection.execute(query)}

    async def configuration(self, version: str) -> Configuration:
        query = select(configurations.c.source).where(configurations.c.version == version)
        async with self._engine.connect() as connection:
            source = (await connection.execute(query)).scalar()
        if source is None:
            raise UnknownConfiguration
        return self._read(source, f"configuration {version}")

    async def configuration_told(self, told: str) -> Configuration:
        if _VERSION.fullmatch(told):
            return await self.configuration(told)
        return self._read(told, "the configuration")
