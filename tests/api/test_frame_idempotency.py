import asyncio

import pytest
from sqlalchemy import text
from tests.api.conftest import ADMIN, CAPTURE, SERVICE

BODY = {"name": "a", "count": 1}
KEYED = SERVICE | {"Idempotency-Key": "k-1"}


async def test_the_same_request_twice_is_done_once(client, effects):
    first = await client.post("/v1/things", json=BODY, headers=KEYED)
    second = await client.post("/v1/things", json=BODY, headers=KEYED)
    assert (first.status_code, second.status_code, effects.done) == (201, 201, 1)
    assert second.json() == first.json()
    assert second.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")


async def test_a_refusal_is_repeated_too(client):
    first = await client.post("/v1/things", json=BODY | {"name": "taken"}, headers=KEYED)
    second = await client.post("/v1/things", json=BODY | {"name": "taken"}, headers=KEYED)
    assert (first.status_code, second.status_code) == (409, 409)
    assert first.json()["code"] == second.json()["code"] == "thing-taken"
    assert second.headers["idempotency-replayed"] == "true"


async def test_hundreds_at_once_have_one_effect(client, effects):
    effects.wait = 0.05
    answers = await asyncio.gather(*(client.post("/v1/things", json=BODY, headers=KEYED) for _ in range(300)))
    assert effects.done == 1
    assert {it.status_code for it in answers} <= {201, 409}
    assert len({it.text for it in answers if it.status_code == 201}) == 1
    assert {it.json()["code"] for it in answers if it.status_code == 409} <= {"idempotency-key-in-progress"}


async def test_another_body_needs_another_key(client, effects):
    await client.post("/v1/things", json=BODY, headers=KEYED)
    other = await client.post("/v1/things", json=BODY | {"count": 2}, headers=KEYED)
    assert (other.status_code, other.json()["code"], effects.done) == (422, "idempotency-key-reused", 1)


async def test_another_caller_has_keys_of_its_own(client, effects):
    await client.post("/v1/things", json=BODY, headers=KEYED)
    await client.post("/v1/things", json=BODY | {"count": 2}, headers=KEYED | ADMIN)
    assert effects.done == 2


async def test_a_crash_inside_leaves_the_key_free(client, effects):
    effects.crash = RuntimeError("broken")
    assert (await client.post("/v1/things", json=BODY, headers=KEYED)).status_code == 500
    effects.crash = None
    assert (await client.post("/v1/things", json=BODY, headers=KEYED)).status_code == 201
    assert effects.done == 1


async def test_a_dead_process_holds_a_key_until_its_lease_ends(client, engine, effects):
    await client.post("/v1/things", json=BODY, headers=KEYED)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE idempotent_answer SET status = NULL"))
    assert (await client.post("/v1/things", json=BODY, headers=KEYED)).json()["code"] == "idempotency-key-in-progress"
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE idempotent_answer SET leased_until = now() - interval '1 second'"))
    assert (await client.post("/v1/things", json=BODY, headers=KEYED)).status_code == 201
    assert effects.done == 2


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "é"])
async def test_a_key_that_is_not_printable_is_refused(client, effects, key):
    headers = SERVICE | {"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post("/v1/things", json=BODY, headers=headers)
    assert (answer.status_code, effects.done) == (422, 0), answer.text


async def test_capture_keys_do_not_repeat(client, effects):
    headers = CAPTURE | {"Idempotency-Key": "k-1"}
    for _ in range(2):
        assert (await client.post("/v1/captures", json=BODY, headers=headers)).status_code == 202
    assert effects.done == 2
