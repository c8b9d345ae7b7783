import json

import pytest
from tests.api.conftest import SERVICE

from growth.api.strict_json import BadJson, parse

GOOD = {"name": "a", "count": 1}


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        pytest.param(b'{"a": 1, "a": 2}', "/a", "duplicate-key", id="duplicate key"),
        pytest.param(b'{"b": [{"a": 1, "a": 2}]}', "/b/0/a", "duplicate-key", id="duplicate key deep inside"),
        pytest.param(b'{"a": NaN}', "/a", "number-not-finite", id="NaN"),
        pytest.param(b"[1, -Infinity]", "/1", "number-not-finite", id="infinity"),
        pytest.param(b'{"a": 1e999}', "/a", "number-not-finite", id="a number that overflows"),
        pytest.param(b'{"a": 9223372036854775808}', "/a", "integer-too-big", id="beyond 64 bit"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "/a", "integer-too-big", id="far beyond 64 bit"),
        pytest.param(b'{"a": "x\\u0000"}', "/a", "bad-character", id="NUL"),
        pytest.param(b'{"a/b": "\\ud800"}', "/a~1b", "bad-character", id="lone surrogate"),
        pytest.param(b'{"\\uDfff": 1}', "", "bad-character", id="lone surrogate in a key"),
        pytest.param(b'{"a": "\xff"}', "", "not-utf-8", id="invalid UTF-8"),
        pytest.param(b"[" * 40 + b"]" * 40, "/0" * 32, "nested-too-deep", id="deep nesting"),
        pytest.param(b"[" * 200_000, "", "nested-too-deep", id="very deep nesting"),
        pytest.param(b'{"a": }', "", "not-json", id="not JSON"),
    ],
)
def test_json_that_parsers_or_the_database_disagree_about_is_refused(raw, pointer, code):
    with pytest.raises(BadJson) as refused:
        parse(raw)
    assert [(it.pointer, it.code) for it in refused.value.faults] == [(pointer, code)]


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), "😀", 1e308, {"a": [None, True, 1.5]}, [[]] * 50])
def test_ordinary_json_passes(value):
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"count": "1"}, "/count"),
        ({"count": 1.5}, "/count"),
        ({"count": True}, "/count"),
        ({"fast": 1}, "/fast"),
        ({"fast": "yes"}, "/fast"),
        ({"name": 5}, "/name"),
        ({"surprise": 1}, "/surprise"),
        ({"country": "XX"}, "/country"),
        ({"at": "2026-11-21T09:30:00"}, "/at"),
        ({"at": 1700000000}, "/at"),
        ({"at": "0001-01-01T00:00:00Z"}, "/at"),
        ({"at": "9999-12-31T23:59:59-23:00"}, "/at"),
        ({"day": "2026-11-21T00:00:00"}, "/day"),
        ({"day": 5}, "/day"),
        ({"parts": [{"name": "x", "weight": "1"}]}, "/parts/0/weight"),
        ({"parts": [{"name": "x", "extra": 1}]}, "/parts/0/extra"),
    ],
)
async def test_a_field_of_the_wrong_kind_is_named_and_not_repeated(client, change, pointer):
    answer = await client.post("/v1/things", json=GOOD | change, headers=SERVICE)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [it["pointer"] for it in answer.json()["errors"]] == [pointer]
    assert "1700000000" not in answer.text


async def test_times_are_answered_in_utc(client):
    body = GOOD | {"at": "2026-11-21T09:30:00+01:00", "country": "FR", "day": "2026-11-21", "parts": [{"name": "x"}]}
    answer = await client.post("/v1/things", json=body, headers=SERVICE)
    assert answer.status_code == 201, answer.text
    assert answer.json()["at"] == "2026-11-21T08:30:00Z"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json; charset=utf-8"}, 201),
        ({"content-type": "application/json"}, 201),
    ],
)
async def test_only_uncompressed_json_is_read(client, headers, status):
    answer = await client.post("/v1/things", content=json.dumps(GOOD).encode(), headers=SERVICE | headers)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/things/x?surprise=1", "?"),
        ("/v1/things/x?limit=5&limit=6", "?limit"),
        ("/v1/things/x?limit=500", "?limit"),
        ("/v1/things/x?limit=%00", "?limit"),
        ("/v1/things/x%00", "{thing_id}"),
    ],
)
async def test_strange_parameters_are_refused(client, path, pointer):
    answer = await client.get(path, headers=SERVICE)
    assert answer.status_code == 422, answer.text
    assert {it["pointer"] for it in answer.json()["errors"]} == {pointer}


async def test_a_missing_body_is_a_problem(client):
    answer = await client.post("/v1/things", headers=SERVICE)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
