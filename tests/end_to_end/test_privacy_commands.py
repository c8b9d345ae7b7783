"""Erasures as an operator has them on the command line."""

import json
import re

import pytest
from tests.adapters.campaign_world import a_submission, world_on
from tests.domain.makers import MONDAY
from tests.end_to_end.test_command_line import growth

ANA = "ana@example.org"


@pytest.fixture
async def world(database_url):
    async with world_on(database_url) as world:
        world.url = database_url
        await world.at(MONDAY)
        await world.take(a_submission(email=ANA))
        yield world


async def test_somebody_is_erased_by_saying_yes_and_only_then(world):
    tried = await growth("erase", ANA, database=world.url)
    assert tried.code == 0
    assert "Nothing was changed: add --yes to erase." in tried.out
    assert re.search(r"leads +│ +1 ", tried.out)
    assert len(await world.rows("prospect")) == 1
    done = json.loads((await growth("erase", ANA, "--yes", "--json", database=world.url)).out)
    assert (done["dry_run"], done["state"], done["counts"]["prospects"]) == (False, "running", 1)
    assert await world.rows("prospect") == []
    shown = await growth("erasures", "show", done["id"], database=world.url)
    assert "customerio: pending" in shown.out
    assert f"erasure {done['id']}: running" in shown.out.splitlines()
    assert ANA not in tried.out + shown.out


async def test_what_is_no_address_or_no_erasure_is_said_with_what_to_do(world):
    nothing = "019a0000-0000-7000-8000-000000000000"
    for arguments, advice in ((("erase", "nobody"), "not an email address"), (("erasures", "show", nothing), "the id")):
        refused = await growth(*arguments, database=world.url)
        assert refused.code == 1
        assert advice in refused.lines[-1]
        assert "nobody" not in refused.err
