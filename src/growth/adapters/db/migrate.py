"""Brings a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.engine import normalised

_PACKAGE = Path(__file__).resolve().parents[2]
_CHECKOUT = _PACKAGE.parents[1]
# A wheel carries the migrations inside the package; a checkout keeps them at its root.
MIGRATIONS = next(
    folder for folder in (_PACKAGE / "migrations", _CHECKOUT / "migrations") if (folder / "env.py").exists()
)


def configuration(url: str = "postgresql+asyncpg://") -> Config:
    """Return Alembic's configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", normalised(url).replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Bring the database at `url` to this version's schema. Not to be called from a running event loop."""
    command.upgrade(configuration(url), "head")


def expected_revision() -> str:
    """Return the schema revision that this version was written for."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


async def present_revision(connection: AsyncConnection) -> str | None:
    """Return the schema revision that the database has, None when it was never migrated."""
    if (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar() is None:
        return None
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
