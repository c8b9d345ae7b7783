"""Numbers put on do-not-call lists by operators, and taken off them."""

import pytest
from tests.api.conftest import ADMIN, CAPTURE, OPS, SERVICE
from tests.domain.makers import TEN

PHONE = "+33 1 99 00 00 01"  # of the first estimate
SPELLINGS = ["0199000001", "01.99.00.00.01", "0033199000001", " +33 (0)1 99 00 00 01"]


def some_numbers(*numbers, **changes):
    return {"list": "bloctel", "country_code": "FR", "numbers": list(numbers or [PHONE])} | changes


async def tell(service, *numbers, **changes):
    return await service.post("/v1/do-not-call", some_numbers(*numbers, **changes))


async def may(service, lead):
    told = await service.get(f"/v1/leads/{lead['id']}/can-call", at=TEN.isoformat())
    return told["rule"] or told["allowed"]


@pytest.mark.parametrize("number", SPELLINGS[:3])
async def test_a_number_on_a_list_is_not_called_however_it_is_spelled(service, number):
    lead = await service.lead()
    assert await tell(service, number) == {"accepted": 1, "changed": 1, "rejected": []}
    assert await may(service, lead) == "do_not_call"
    assert await tell(service, PHONE) == {"accepted": 1, "changed": 0, "rejected": []}
    (kept,) = await service.world.rows("do_not_call", "digest")
    assert (kept.list, kept.country_code, kept.source, len(kept.digest)) == ("bloctel", "FR", "settings-ops", 32)
    assert "99000001" not in str((await service.world.contents())["do_not_call"])


async def test_a_planned_call_is_stopped_in_its_slot_and_planned_anew_when_the_number_comes_off(service):
    lead = await service.lead()
    await tell(service)
    await tell(service, list="our own")
    await service.world.at(TEN)
    (run,) = (await service.post("/v1/campaigns/PVI/start", {}))["runs"]
    assert run["gates"] == {"do_not_call": 1}
    assert (await tell(service, listed=False))["changed"] == 1
    assert await may(service, lead) == "do_not_call"  # on the other list
    assert (await service.get(f"/v1/leads/{lead['id']}"))["planned_call"] is None
    assert (await tell(service, list="our own", country_code="BE", listed=False))["changed"] == 0
    assert (await tell(service, list="our own", listed=False))["changed"] == 1
    assert (await service.get(f"/v1/leads/{lead['id']}"))["planned_call"]
    assert (await tell(service, list="our own", listed=False))["changed"] == 0


async def test_good_numbers_are_taken_though_others_are_bad_and_none_is_repeated(service):
    told = await tell(service, "0199000001", "12", "0199000002", "+99 999 999 999", "0199000001")
    assert (told["accepted"], told["changed"]) == (3, 2)
    assert [(it["index"], it["code"]) for it in told["rejected"]] == [(1, "bad-number"), (3, "bad-number")]
    assert "999" not in str(told)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"numbers": []}, "/numbers"),
        ({"numbers": [PHONE] * 1_001}, "/numbers"),
        ({"numbers": [7]}, "/numbers/0"),
        ({"numbers": PHONE}, "/numbers"),
        ({"list": ""}, "/list"),
        ({"list": "a\u0000"}, ""),
        ({"country_code": "DE"}, "/country_code"),
        ({"listed": None}, "/listed"),
    ],
)
async def test_what_is_no_list_is_refused(untouched, changes, place):
    _, places = await untouched.refused("POST", "/v1/do-not-call", some_numbers(**changes))
    assert places == ([place] if place else places)


async def test_only_operators_may(untouched):
    for role in (SERVICE, CAPTURE):
        await untouched.post("/v1/do-not-call", some_numbers(), status=403, role=role)


async def test_the_same_request_again_is_answered_as_the_first_time(service):
    key = {"Idempotency-Key": "numbers-1"}
    first = await service.post("/v1/do-not-call", some_numbers(), role=OPS | key)
    assert await service.post("/v1/do-not-call", some_numbers(), role=OPS | key) == first
    assert (await service.post("/v1/do-not-call", some_numbers(), role=ADMIN | key))["changed"] == 0
    kept = str((await service.world.contents())["idempotent_answer"])
    assert "99000001" not in kept
