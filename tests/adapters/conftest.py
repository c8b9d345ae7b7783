from datetime import UTC, datetime

import pytest
from tests.adapters.campaign_world import world_on
from tests.domain.makers import MONDAY

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.engine import create_engine

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def engine(database_url):
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def clock(engine):
    """Stands in the past of the real clock, as most tests of the service have it."""
    clock = DatabaseClock(engine, movable=True)
    await clock.move_to(NOON)
    return clock


@pytest.fixture
async def world(database_url):
    """The campaigns context on an empty database, on a Monday at one in the morning (Paris)."""
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        yield world
