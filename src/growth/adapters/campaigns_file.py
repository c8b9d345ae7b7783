"""The campaigns file: read at start, and kept in the database under the version that runs name."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.tables.campaigns import configurations
from growth.adapters.toml_files import parsed, text_of
from growth.domain.campaigns.business_rules.configuring import parse_configuration
from growth.domain.campaigns.entities.configuration import BadConfiguration, Configuration

_VERSION_DIGITS = 12


def load_campaigns(path: Path) -> tuple[Configuration, str]:
    """Return the configuration in this file, and the file's text.

    Raises `BadConfiguration`, which names the file and all that is wrong in it.
    """
    source = text_of(path, BadConfiguration, "name your campaigns file, GROWTH_CAMPAIGNS_FILE is for the one in use")
    return read_campaigns(source, str(path)), source


def read_campaigns(source: str, name: str) -> Configuration:
    """Return the configuration that a file's text holds; `name` stands for the file in errors.

    Raises `BadConfiguration`: where it is no TOML, the line and column; else all that is wrong in it.
    """
    return parsed(source, name, BadConfiguration, lambda raw: parse_configuration(raw, version_of(raw)))


def version_of(raw: Mapping[str, object]) -> str:
    """Return the version of a file's content. Comments, blanks and the order of keys do not count."""
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(canonical.encode()).hexdigest()[:_VERSION_DIGITS]


async def remember(engine: AsyncEngine, configuration: Configuration, source: str) -> bool:
    """Keep the text under its version; return whether it is new. The first text of a version stays."""
    query = (
        insert(configurations)
        .values(version=configuration.version, source=source, loaded_at=func.clock_timestamp())
        .on_conflict_do_nothing()
    )
    async with engine.begin() as connection:
        return (await connection.execute(query)).rowcount == 1
