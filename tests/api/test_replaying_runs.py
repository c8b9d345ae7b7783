"""Replays over HTTP."""

from uuid import uuid4

import pytest
from tests.adapters.test_replays import CAMPAIGNS
from tests.domain.makers import MONDAY, TEN


@pytest.fixture
async def run(service):
    """A run of three leads under a configuration that is known, and the path of its replay."""
    for number in (1, 2, 3):
        await service.lead(number=number)
    await service.world.execute(
        "INSERT INTO campaigns_configuration (version, source, loaded_at) VALUES ('test', :source, :at)",
        source=CAMPAIGNS.replace("maximum = 7", "maximum = 1000").replace("hold_out_percent = 30", ""),
        at=MONDAY,
    )
    await service.world.at(TEN)
    (run,) = (await service.post("/v1/campaigns/PVI/start", {}))["runs"]
    service.path = f"/v1/campaign-runs/{run['id']}/replay"
    return service


async def test_a_run_is_replayed_and_what_if_is_answered(run):
    told = await run.post(run.path, {})
    assert (told["candidates"], told["rule_set_versions"], told["what_if"]) == (3, [told["rule_set_versions"][0]], None)
    agents = {it["before"]["agent_id"] for it in told["differences"]}  # the file has others than the service
    assert agents == {"a1"}
    changed = CAMPAIGNS.replace("maximum = 7", "maximum = 1")
    what_if = (await run.post(run.path, {"configuration": changed}))["what_if"]
    assert (what_if["injected"], what_if["gates"], len(what_if["went_out"])) == (1, {"maximum": 2}, 2)
    assert what_if["went_out"][0]["after"]["gate"] == "maximum"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"configuration": "[[campaigns]]\nname = 1"}, "bad-campaigns-configuration"),
        ({"configuration": "no TOML"}, "bad-campaigns-configuration"),
        ({"configuration": "0123456789ab"}, "unknown-configuration"),
        ({"configuration": CAMPAIGNS.replace('"PVI"', '"PVX"', 1)}, "bad-campaigns-configuration"),
        ({"configuration": CAMPAIGNS.replace('"mon 10:00-13:00", ', "")}, "no-slot"),
        ({"configuration": ""}, "invalid"),
    ],
)
async def test_what_cannot_be_asked_is_refused(run, body, code):
    assert (await run.refused("POST", run.path, body))[0] == code


async def test_a_run_that_does_not_exist_is_not_found(run):
    assert (await run.refused("POST", f"/v1/campaign-runs/{uuid4()}/replay", {}, status=404))[0] == "unknown-run"


async def test_a_run_without_what_it_judged_by_says_so(run):
    await run.world.execute("DELETE FROM run_filling")
    assert (await run.refused("POST", run.path, {}, status=409))[0] == "nothing-kept-of-run"
