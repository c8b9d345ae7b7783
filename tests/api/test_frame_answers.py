import io
import json
import logging

import pytest
import structlog
from sqlalchemy.ext.asyncio import create_async_engine
from tests.api.conftest import ADMIN, OPS, SERVICE, client_of

from growth.adapters.db.health import DatabaseHealth
from growth.api.request_log import configure_logging

BODY = {"name": "a", "count": 1}
MEMBERS = {"type", "title", "status", "detail", "code", "instance", "errors"}


@pytest.fixture
def log():
    """The lines that were logged."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no-such-route"),
        ("GET", "/v1/things/x/", 404, "no-such-route"),
        ("DELETE", "/v1/things", 405, "method-not-allowed"),
        ("TRACE", "/v1/things", 405, "method-not-allowed"),
        ("GET", "/v1/things/none", 404, "no-such-thing"),
        ("GET", "/v1/things/crash", 500, "internal-error"),
        ("GET", "/v1/outbox?cursor=nonsense", 422, "invalid"),
    ],
)
async def test_every_refusal_is_a_problem(client, method, path, status, code):
    headers = (OPS if "outbox" in path else SERVICE) | {"X-Request-Id": "r-1"}
    answer = await client.request(method, path, headers=headers)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert set(problem) == MEMBERS
    assert (problem["code"], problem["type"], problem["status"]) == (code, f"urn:growth:problem:{code}", status)
    assert problem["instance"] == answer.headers["x-request-id"] == "r-1"
    assert "ada@" not in answer.text


async def test_every_answer_carries_the_headers_of_the_frame(client):
    for path in ("/livez", "/nowhere", "/v1/things/crash"):
        answer = await client.get(path, headers=SERVICE | {"X-Request-Id": "no good\t"})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert len(answer.headers["x-request-id"]) == 32
        assert "server" not in answer.headers


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), ConnectionResetError()])
async def test_a_lost_database_is_a_503(client, effects, error):
    effects.crash = error
    answer = await client.post("/v1/things", json=BODY, headers=SERVICE)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "database-unavailable",
        "2",
    )


async def test_an_exhausted_pool_is_a_503_until_connections_come_back(client, engine):
    held = [await engine.connect() for _ in range(10)]
    headers = SERVICE | {"Idempotency-Key": "k"}
    assert (await client.post("/v1/things", json=BODY, headers=headers)).status_code == 503
    for connection in held:
        await connection.close()
    assert (await client.post("/v1/things", json=BODY, headers=headers)).status_code == 201


async def test_health_names_a_wrong_schema_and_a_silent_database(engine):
    (fault,) = await DatabaseHealth(engine).faults()
    assert "schema" in fault
    away = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/none")
    assert await DatabaseHealth(away).faults() == ["The database does not answer."]
    await away.dispose()


async def test_probes_tell_life_from_readiness(client):
    assert (await client.get("/livez")).status_code == 200
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["code"]) == (503, "not-ready")
    assert "growth_http_seconds" in (await client.get("/metrics")).text


async def test_production_closes_the_docs_and_the_metrics(make_app):
    secrets = {"GROWTH_SECRET": "s" * 32, "GROWTH_API_KEYS": f"ops:{'o' * 20},service:{'s' * 20}"}
    app = make_app(GROWTH_ENV="production", GROWTH_DATABASE_URL="postgresql://db/growth", **secrets)
    async with client_of(app) as client:
        closed = {path: (await client.get(path)).status_code for path in ("/docs", "/openapi.json", "/test/clock")}
        assert set(closed.values()) == {404}
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers={"Authorization": f"Bearer {'s' * 20}"})).status_code == 403
        assert (await client.get("/metrics", headers={"Authorization": f"Bearer {'o' * 20}"})).status_code == 200


async def test_the_test_clock_moves_only_in_tests(client, make_app):
    moved = await client.put("/test/clock", json={"now": "2030-01-01T00:00:00+02:00"}, headers=ADMIN)
    assert moved.json() == {"now": "2029-12-31T22:00:00Z"}
    async with client_of(make_app(GROWTH_ENV="development")) as other:
        assert (await other.get("/test/clock", headers=ADMIN)).status_code == 404


async def test_operators_see_the_machinery(client, port):
    for path in ("/v1/outbox?state=dead&limit=5", "/v1/inbox", "/v1/scheduler/ticks?from=2026-11-21T00:00:00Z"):
        assert (await client.get(path, headers=OPS)).json() == {"items": [], "next_cursor": None}
    assert port.asked[0] == ("dead", None, 5)
    gone = await client.post(f"/v1/outbox/{'0' * 32}/retry", headers=OPS)
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown-message")
    assert (await client.get("/v1/invariants", headers=OPS)).json() == {"all is well": []}


async def test_openapi_names_every_refusal_and_every_role(client):
    document = (await client.get("/openapi.json")).json()
    operations = [it for path in document["paths"].values() for it in path.values()]
    names = [it["operationId"] for it in operations]
    assert len(set(names)) == len(names)
    assert all(it["summary"] for it in operations)
    make = document["paths"]["/v1/things"]["post"]
    assert set(make["responses"]) == {"201", "401", "403", "409", "413", "415", "422", "429", "503"}
    examples = make["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"thing-taken", "idempotency-key-in-progress"}
    assert make["security"] == [{"key": []}]
    assert make["x-roles"] == ["admin", "service"]
    assert "HTTPValidationError" not in json.dumps(document)
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == MEMBERS


async def test_a_request_is_one_log_line_without_its_path(client, log):
    await client.get("/v1/things/secret%0aname@example.org?limit=5", headers=SERVICE)
    (line,) = log()
    assert (line["event"], line["route"], line["status"]) == ("request", "/v1/things/{thing_id}", 200)
    assert line["key_id"] == "settings-service"


async def test_nothing_personal_is_logged_not_even_with_a_traceback(client, log):
    await client.get("/v1/things/crash", headers=SERVICE)
    logger = logging.getLogger("somewhere")
    try:
        raise ValueError("ada@example.org")  # noqa: TRY301
    except ValueError:
        logger.exception("could not tell %s at +33 6 12 34 56 78 nor ada%%40example.org\nnew line", "ada@example.org")
    lines = log()
    assert not any("ada" in json.dumps(line) or "6 12" in json.dumps(line) for line in lines)
    assert not any("612345678" in json.dumps(line) for line in lines)
    failed = next(line for line in lines if line["event"] == "request failed")
    assert failed["error"][0] == "builtins.RuntimeError"
    assert "conftest.py" in failed["error"][-1]
    assert lines[-1]["event"] == "could not tell [email] at [phone] nor [email]\nnew line"
    assert lines[-1]["error"][0] == "builtins.ValueError"
