"""Runs migrations over asyncpg. A migration waits at most a second for a lock, so that it never stops the service."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection, TypeDecorator, pool, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from growth.adapters.db.tables import metadata


def plain(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write types of ours as what they are in the database: a migration does not import the service."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    return "postgresql.ARRAY(sa.Text())" if isinstance(item.impl, postgresql.ARRAY) else f"sa.{item.impl!r}"


def run(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '1s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        transaction_per_migration=True,
        render_item=plain,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(run_online())
