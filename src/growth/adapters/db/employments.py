"""Employments, as the main application tells of them."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.accounts import employments
from growth.domain.accounts.entities import Employment

EMPLOYMENTS = Rows(Employment, employments)


class SqlEmployments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_or_add(self, employment: Employment) -> Employment | None:
        new = insert(employments).values(EMPLOYMENTS.write(employment)).on_conflict_do_nothing()
        if (await self._connection.execute(new)).rowcount == 1:
            return None
        query = select(*EMPLOYMENTS.columns).where(employments.c.id == employment.id).with_for_update()
        return EMPLOYMENTS.one((await self._connection.execute(query)).one())

    async def save(self, employment: Employment) -> None:
        await EMPLOYMENTS.put(self._connection, [employment])
