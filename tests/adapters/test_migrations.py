"""Migrations lead to the tables that the code knows, forth and back, and never stop a running service."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import url_of

from growth.adapters.db.migrate import MIGRATIONS, configuration, expected_revision, present_revision
from growth.adapters.db.tables import metadata

REVISIONS = [it.revision for it in ScriptDirectory.from_config(configuration()).walk_revisions()][::-1]


@pytest.fixture
async def empty(cluster, administrator):
    """The URL of a database without anything."""
    await administrator.execute("CREATE DATABASE migrations")
    yield url_of(cluster, database="migrations")
    await administrator.execute("DROP DATABASE migrations WITH (FORCE)")


@pytest.fixture
async def engine(database_url):
    engine = create_async_engine(database_url)
    yield engine
    await engine.dispose()


async def migrate(url, direction, revision):
    await asyncio.to_thread(direction, configuration(url), revision)


async def tables_of(url):
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = set(await connection.run_sync(lambda it: inspect(it).get_table_names()))
    await engine.dispose()
    return found - {"alembic_version"}


async def test_every_migration_can_be_taken_back_and_made_again(empty):
    for revision in REVISIONS:
        await migrate(empty, command.upgrade, revision)
        before = await tables_of(empty)
        await migrate(empty, command.downgrade, "-1")
        await migrate(empty, command.upgrade, revision)
        assert await tables_of(empty) == before
    assert await tables_of(empty) == set(metadata.tables)
    await migrate(empty, command.downgrade, "base")
    assert await tables_of(empty) == set()


async def test_the_migrated_database_has_just_the_tables_of_the_code(engine):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        await connection.execute(text("ALTER TABLE lead DROP COLUMN score"))
        assert await connection.run_sync(differences) != []


async def test_checks_and_indexes_are_those_of_the_code(engine, empty):
    """Alembic does not compare CHECK constraints, and a new value of an enum is one; nor what an index says."""
    query = text(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
        "AND contype <> 't' "
        "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    made = create_async_engine(empty)
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
        wanted = {tuple(row) for row in await connection.execute(query)}
    await made.dispose()
    async with engine.connect() as connection:
        there = {tuple(row) for row in await connection.execute(query)}
    assert len(wanted) > 50
    assert {it for it in there if not it[0].startswith("alembic_version")} == wanted


async def test_this_version_expects_the_newest_migration(engine):
    assert expected_revision() == REVISIONS[-1]
    async with engine.connect() as connection:
        assert await present_revision(connection) == REVISIONS[-1]


async def test_an_unmigrated_database_has_no_revision(empty):
    engine = create_async_engine(empty)
    async with engine.connect() as connection:
        assert await present_revision(connection) is None
    await engine.dispose()


async def test_a_migration_waits_at_most_a_second_for_a_lock(empty):
    await migrate(empty, command.upgrade, "head")
    engine = create_async_engine(empty)
    async with engine.connect() as busy:
        await busy.execute(text("SELECT 1 FROM lead"))  # a reader that does not end
        begun = asyncio.get_running_loop().time()
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrate(empty, command.downgrade, "base")
        assert asyncio.get_running_loop().time() - begun < 3
    await engine.dispose()


def test_every_migration_can_be_read_off_its_number():
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
    assert len(list((MIGRATIONS / "versions").glob("*.py"))) == len(REVISIONS)
