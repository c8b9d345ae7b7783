"""When members of sales teams are away."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.names import lock_names
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.prospects import absences as table
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.entities.sales_teams import Absence

ABSENCES = Rows(Absence, table)
_ROOM = "absences"


class SqlAbsences:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(self, country: Country, admin_id: AdminId, absences: Sequence[Absence]) -> None:
        await lock_names(self._connection, _ROOM, [f"{country}:{admin_id}"])
        whose = (table.c.country_code == country, table.c.admin_id == admin_id)
        await self._connection.execute(delete(table).where(*whose))
        await ABSENCES.add(self._connection, absences)


class SqlAbsenceViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_team(self, country: Country) -> Sequence[Absence]:
        query = select(*ABSENCES.columns).where(table.c.country_code == country)
        async with self._engine.connect() as connection:
            return ABSENCES.all(await connection.execute(query.order_by(table.c.starts_at, table.c.admin_id)))
