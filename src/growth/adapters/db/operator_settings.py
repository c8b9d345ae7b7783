"""Settings that operators change at run time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.prospects import operator_settings
from growth.domain.prospects.entities.operator_settings import SETTINGS, Definition, OperatorSetting

_SETTINGS = Rows(OperatorSetting, operator_settings)


class SqlOperatorSettings:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, setting: OperatorSetting) -> None:
        await _SETTINGS.put(self._connection, [setting])


class SqlOperatorSettingViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def load(self, definitions: Mapping[str, Definition], at: datetime) -> None:
        """Write the defaults of settings that are not there yet; nothing that is there changes."""
        rows = [OperatorSetting(name, definitions[name].default, at) for name in sorted(definitions)]
        async with self._engine.begin() as connection:
            await _SETTINGS.add(connection, rows)

    async def all(self) -> Sequence[OperatorSetting]:
        query = select(*_SETTINGS.columns).where(operator_settings.c.name.in_(SETTINGS))
        async with self._engine.connect() as connection:
            return _SETTINGS.all(await connection.execute(query.order_by(operator_settings.c.name)))
