"""The one clock: the database's, moved by the test clock where that exists."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

REAL_TIME = text("SELECT clock_timestamp()")
MOVED_TIME = text("SELECT clock_timestamp() + coalesce((SELECT ahead FROM test_clock), interval '0')")
_SET = text(
    "INSERT INTO test_clock (id, ahead) VALUES (1, CAST(:now AS timestamptz) - clock_timestamp()) "
    "ON CONFLICT (id) DO UPDATE SET ahead = excluded.ahead"
)


class DatabaseClock:
    """Tells the time of the database. `movable`: obeys the test clock, which all processes on one database share."""

    def __init__(self, engine: AsyncEngine, *, movable: bool) -> None:
        self._engine = engine
        self._query = MOVED_TIME if movable else REAL_TIME

    async def now(self) -> datetime:
        async with self._engine.connect() as connection:
            return await self.now_on(connection)

    async def now_on(self, connection: AsyncConnection) -> datetime:
        """Tell the time over a connection that is open already."""
        moment: datetime = (await connection.execute(self._query)).scalar_one()
        return moment.astimezone(UTC)

    async def move_to(self, now: datetime) -> None:
        """Set the test clock: it is `now` from here on, and time goes on at its usual pace."""
        async with self._engine.begin() as connection:
            await connection.execute(_SET, {"now": now})
