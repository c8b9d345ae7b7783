"""The connection pool. Any URL form that operators have works: `postgres://`, `postgresql://`, `postgresql+asyncpg://`."""

import re

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# PostgreSQL's default takes the disk for a spinning one, and then reads a million leads to find two thousand.
QUICK_READS = {"random_page_cost": "1.1", "jit": "off"}


def normalised(url: str) -> str:
    """Return the URL with asyncpg as its driver."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)


def create_engine(url: str, *, pool_size: int = 10, behind_pgbouncer: bool = False) -> AsyncEngine:
    """Return an engine whose pool waits at most 3 s for a connection and replaces those that died.

    `behind_pgbouncer`: no prepared statements are kept, as a transaction-pooling PgBouncer in front needs.
    """
    session = {"application_name": "growth"}
    arguments: dict[str, object] = {"timeout": 5, "server_settings": session}
    if not behind_pgbouncer:  # it refuses them
        session |= QUICK_READS
    else:
        arguments["statement_cache_size"] = 0
        arguments["prepared_statement_cache_size"] = 0
    return create_async_engine(
        normalised(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=3,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args=arguments,
    )
