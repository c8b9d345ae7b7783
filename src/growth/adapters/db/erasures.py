"""Erasures, and what became of them at the vendors."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.privacy import erasure_vendors, erasures
from growth.domain.privacy.entities import Erasure, ErasureId, ErasureReport, VendorState

_ERASURES = Rows(Erasure, erasures)


class SqlErasures:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, erasure: Erasure, vendors: Collection[str]) -> None:
        await self.save(erasure)
        rows = [{"erasure_id": erasure.id, "vendor": it, "state": VendorState.PENDING} for it in vendors]
        if rows:
            await self._connection.execute(insert(erasure_vendors), rows)

    async def save(self, erasure: Erasure) -> None:
        await _ERASURES.put(self._connection, [erasure])

    async def lock(self, id: ErasureId) -> ErasureReport | None:
        return await _report(self._connection, _of(id).with_for_update(), id)

    async def set_vendor(self, id: ErasureId, vendor: str, state: VendorState, at: datetime) -> None:
        of = erasure_vendors.c
        confirmed_at = at if state is VendorState.CONFIRMED else None
        query = update(erasure_vendors).where(of.erasure_id == id, of.vendor == vendor)
        await self._connection.execute(query.values(state=state, confirmed_at=confirmed_at))


class SqlErasureViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, id: ErasureId) -> ErasureReport | None:
        async with self._engine.connect() as connection:
            return await _report(connection, _of(id), id)


def _of(id: ErasureId) -> Select[Any]:
    return select(*_ERASURES.columns).where(erasures.c.id == id)


async def _report(connection: AsyncConnection, query: Select[Any], id: ErasureId) -> ErasureReport | None:
    erasure = _ERASURES.read((await connection.execute(query)).first())
    return None if erasure is None else ErasureReport(erasure, await _vendors(connection, id))


async def _vendors(connection: AsyncConnection, id: ErasureId) -> Mapping[str, VendorState]:
    of = erasure_vendors.c
    rows = await connection.execute(select(of.vendor, of.state).where(of.erasure_id == id).order_by(of.vendor))
    return {vendor: VendorState(state) for vendor, state in rows}
