"""The connection pool. Any URL form that operators have works: `postgres://`, `postgresql://`, `postgresql+asyncpg://`."""

import asyncio
import re
import time

from pydantic_core import from_json, to_json
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# PostgreSQL's default takes the disk for a spinning one, and then reads a million leads to find two thousand.
QUICK_READS = {"random_page_cost": "1.1", "jit": "off"}
_NOT_IDLE = 1.0  # seconds since its last use


def normalised(url: str) -> str:
    """Return the URL with asyncpg as its driver."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)


def create_engine(url: str, *, pool_size: int = 10, behind_pgbouncer: bool = False) -> AsyncEngine:
    """Return an engine whose pool has at most twice `pool_size` connections; who waits 3 s for one waits no longer.

    `behind_pgbouncer`: no prepared statements are kept, as a transaction-pooling PgBouncer in front needs.
    """
    session = {"application_name": "growth"}
    arguments: dict[str, object] = {"timeout": 5, "server_settings": session}
    if not behind_pgbouncer:  # it refuses them
        session |= QUICK_READS
    else:
        arguments["statement_cache_size"] = 0
        arguments["prepared_statement_cache_size"] = 0
    engine = create_async_engine(
        normalised(url),
        pool_size=2 * pool_size,
        max_overflow=0,  # opening one and closing it again costs more than keeping it
        pool_timeout=3,
        pool_recycle=1800,
        connect_args=arguments,
        json_serializer=lambda value: to_json(value).decode(),
        json_deserializer=from_json,
    )
    _ask_idle_connections(engine)
    return engine


def reading(engine: AsyncEngine) -> AsyncEngine:
    """Return the same pool for questions of one statement: no transaction around it, which is two round trips less."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def open_pool(engine: AsyncEngine, connections: int) -> None:
    """Open so many connections now, so that a burst right after the start does not wait for them."""
    opened = await asyncio.gather(*(engine.connect() for _ in range(connections)))
    await asyncio.gather(*(connection.close() for connection in opened))


def _ask_idle_connections(engine: AsyncEngine) -> None:
    """Ask a connection that has lain idle whether it lives before it is handed out, and replace it where it does not.

    The pool's own `pool_pre_ping` asks before every use, which is three round trips. One that was used just now and is
    lost nevertheless costs its request a 503, and has the pool replace all that are as old.
    """
    dialect = engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def remember(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["back_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        back_at = record.info.get("back_at")
        if back_at is None or time.monotonic() - back_at < _NOT_IDLE:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
