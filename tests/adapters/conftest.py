import pytest
from tests.adapters.campaign_world import world_on
from tests.domain.makers import MONDAY


@pytest.fixture
async def world(database_url):
    """The campaigns context on an empty database, on a Monday at one in the morning (Paris)."""
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        yield world
