"""One throw-away PostgreSQL per run, one fresh, migrated database per test that asks for `database_url`."""

import asyncio
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from growth.adapters.db.embedded import embedded

MEMORY = Path("/dev/shm")
ENOUGH = 2 * 2**30


def quick_folder():
    """Where databases are quickly made and dropped, which a disk needs more time for than most tests; else None."""
    return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH else None


@pytest.fixture(scope="session")
def cluster():
    """The URL of a server on which databases may be made: GROWTH_TEST_DATABASE_URL, or one of our own."""
    if url := os.environ.get("GROWTH_TEST_DATABASE_URL"):
        yield url
        return
    folders = TemporaryDirectory(prefix="growth-tests-", dir=quick_folder())
    with folders as folder, embedded(Path(folder), durable=False) as url:
        yield url


@pytest.fixture(scope="session")
async def administrator(cluster):
    connection = await asyncpg.connect(url_of(cluster, driver="postgresql"))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def template(cluster, administrator):
    """The name of a migrated database that nobody is connected to, so that it can be copied."""
    from growth.adapters.db.migrate import upgrade  # noqa: PLC0415 only tests with a database need Alembic

    name = f"template_migrated_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name}")
    await asyncio.to_thread(upgrade, url_of(cluster, database=name))
    yield name
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(cluster, administrator, template):
    """The asyncpg URL of a database of this test's own."""
    name = f"test_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url_of(cluster, database=name)
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(cluster, *, driver="postgresql+asyncpg", database=None):
    url = make_url(cluster)
    return url.set(drivername=driver, database=database or url.database).render_as_string(hide_password=False)
