"""Learned models over HTTP."""

import json

import pytest
from tests.api.conftest import SERVICE
from tests.domain.learned_maker import a_model
from tests.domain.makers import TEN

from growth.adapters.models import file_of

MODEL = a_model()
PATH = "/v1/scoring-models"


async def test_a_model_is_brought_in_promoted_and_retired_and_its_scores_are_explained(service):
    added = await service.post(PATH, file_of(MODEL))
    assert (added["version"], added["state"], added["columns"]) == (
        MODEL.version,
        "shadow",
        ["sell_timeframe", "whole_days"],
    )
    compared = await service.get(f"{PATH}/{MODEL.version}/comparison")
    assert (compared["calls"], compared["enough"], compared["better"]) == (0, False, False)
    refused = await service.refused("POST", f"{PATH}/{MODEL.version}/promote", {"percent": 20}, status=409)
    assert refused[0] == "model-not-better"
    live = await service.post(f"{PATH}/{MODEL.version}/promote", {"percent": 100, "reason": "we try it"})
    assert (live["state"], live["percent"], live["reason"]) == ("live", 100, "we try it")
    await service.world.at(TEN)
    lead = await service.lead()
    told = await service.get(f"/v1/leads/{lead['id']}/score")
    assert told["model_version"] == MODEL.version
    sums = told["base"] + sum(it["points"] for it in told["contributions"])
    assert (round(sums, 9), told["score"], lead["score"]) == (told["unclipped"], 73.1, 73.1)
    assert (await service.get(PATH))["items"][0]["state"] == "live"
    assert (await service.post(f"{PATH}/{MODEL.version}/retire", {}))["state"] == "retired"
    lead = await service.lead(number=2)
    assert (await service.get(f"/v1/leads/{lead['id']}/score"))["model_version"] is None


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({}, "bad-model-file", 422),
        (file_of(MODEL) | {"sha256": "0" * 64}, "bad-model-file", 422),
        (file_of(MODEL) | {"format_version": 2}, "bad-model-file", 422),
        (file_of(a_model(column="euribor3m")), "model-of-other-columns", 409),
    ],
)
async def test_what_is_no_model_for_leads_is_refused(service, body, code, status):
    assert (await service.refused("POST", PATH, body, status=status))[0] == code
    assert (await service.get(PATH))["items"] == []


@pytest.mark.parametrize("body", [{"percent": 0}, {"percent": 101}, {"percent": 5, "reason": ""}, {}, {"percent": "x"}])
async def test_a_share_is_a_share(service, body):
    await service.post(PATH, file_of(MODEL))
    assert (await service.refused("POST", f"{PATH}/{MODEL.version}/promote", body))[0] == "invalid"


async def test_a_model_nobody_knows_is_not_found(service):
    for method, path, body in (
        ("GET", "comparison", None),
        ("POST", "promote", {"percent": 5}),
        ("POST", "retire", {}),
    ):
        assert (await service.refused(method, f"{PATH}/{'0' * 64}/{path}", body, status=404))[0] == "unknown-model"
    assert (await service.refused("POST", PATH, json.loads("{}"), status=403, role=SERVICE))[0]
