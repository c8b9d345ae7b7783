"""The description of the API and the API itself, held against each other by a machine."""

import asyncio
import sys
from pathlib import Path

import pytest
from tests.adapters.campaign_world import ENVIRONMENT
from tests.adapters.vendors_line import all_vendors
from tests.api.conftest import ADMIN, served, service_on
from tests.domain.makers import TEN

SETTINGS = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 15  # for each operation, in each phase


async def check(url, folder, *options):
    """Let schemathesis try everything that the description allows and much that it forbids; its code and report."""
    arguments = [
        *("-m", "schemathesis.cli", "--config-file", str(SETTINGS), "--no-color", "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: {ADMIN['Authorization']}", "--checks", "all"),
        *("--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", *options),
    ]
    run = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder
    )
    report = (await run.communicate())[0].decode()
    return run.returncode, report


@pytest.fixture
async def service(database_url, monkeypatch):
    async with all_vendors() as vendors:
        monkeypatch.setitem(ENVIRONMENT, "GROWTH_SANDBOX_URL", vendors.url)
        async with service_on(database_url) as service:
            yield service


@pytest.fixture
async def lively(service):
    """The service with something of everything: leads, a run, decisions, messages, ticks."""
    for number in range(1, 9):
        await service.lead(number=number)
    await service.world.at(TEN)
    await service.world.tick()
    await service.world.deliver()
    return service


async def test_the_api_keeps_to_its_description_and_never_fails(lively, tmp_path):
    async with served(lively.app) as (host, port, _):
        code, report = await check(f"http://{host}:{port}", tmp_path)
    assert code == 0, report
    assert f"Tested: {sum(len(methods) for methods in lively.app.openapi()['paths'].values())}" in report


async def test_an_answer_that_is_not_described_is_found(lively, tmp_path):
    described = lively.app.openapi()["paths"]["/v1/invariants"]["get"]["responses"]
    described["204"] = described.pop("200")
    async with served(lively.app) as (host, port, _):
        code, report = await check(
            f"http://{host}:{port}", tmp_path, "--include-path", "/v1/invariants", "--phases", "coverage"
        )
    assert code == 1, report
    assert "Undocumented" in report


def test_every_route_has_a_summary_roles_and_the_refusals_that_all_have(make_app):
    document = make_app().openapi()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
            assert {"422", "429", "503"} <= operation["responses"].keys(), path
            assert ("security" in operation) == ("x-roles" in operation), path
