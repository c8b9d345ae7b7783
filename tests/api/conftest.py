"""The whole frame with a small router of our own, on a real database, over real HTTP where that matters."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest
from dishka import Provider, Scope, make_async_container
from pydantic import Field
from sqlalchemy.ext.asyncio import create_async_engine
from tests.adapters.campaign_world import world_on
from tests.domain.makers import MONDAY

from growth.adapters.db.access import SqlApiKeys, SqlIdempotentAnswers, SqlRateBudgets
from growth.adapters.db.health import DatabaseHealth
from growth.adapters.db.tables import metadata
from growth.api.app import create_app, frame_provider
from growth.api.errors import problems
from growth.api.idempotency import IdempotentAnswers
from growth.api.limits import RateBudgets
from growth.api.routing import Routes
from growth.api.schemas import Day, Input, Instant, Limit, Output
from growth.api.security import CallerOf, StoredKeys, allow, anyone, unmetered
from growth.domain.campaigns.ports.models import Drifts
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict, NotFound
from growth.domain.kernel.inbox import InboxViews
from growth.domain.kernel.messages import MessageViews
from growth.domain.kernel.operating import Health, Invariants, MovableClock, TickViews
from growth.http_server import server
from growth.settings import Role, Settings

SERVICE = {"Authorization": "Bearer dev-service-key"}
OPS = {"Authorization": "Bearer dev-ops-key"}
ADMIN = {"Authorization": "Bearer dev-admin-key"}
CAPTURE = {"Authorization": "Bearer dev-capture-key"}


class NoSuchThing(NotFound):
    """There is no such thing here."""

    code = "no-such-thing"


class ThingTaken(Conflict):
    """The thing is taken."""

    code = "thing-taken"


class PartIn(Input):
    name: str
    weight: float = 1.0


class ThingIn(Input):
    name: str = Field(max_length=40)
    count: int = Field(ge=0, le=2**31 - 1)
    fast: bool = False
    country: Country | None = None
    at: Instant | None = None
    day: Day | None = None
    owner: str | None = None
    parts: list[PartIn] = Field(default_factory=list)
    properties: dict[str, object] = Field(default_factory=dict)


class ThingOut(Output):
    id: str
    count: int
    at: Instant | None


class Effects:
    """What the routes have done."""

    def __init__(self):
        self.done = 0
        self.wait = 0.0
        self.crash = None


def things(effects):  # noqa: C901 - a router
    router = Routes(tags=["things"])

    @router.post("/v1/things", status_code=201, dependencies=[allow(Role.SERVICE)], responses=problems(ThingTaken))
    async def make_thing(body: ThingIn) -> ThingOut:
        """Make a thing."""
        if effects.crash:
            raise effects.crash
        if effects.wait:
            await asyncio.sleep(effects.wait)
        if body.name == "taken":
            raise ThingTaken("It is taken: use another name.")
        effects.done += 1
        return ThingOut(id=uuid4().hex, count=body.count, at=body.at)

    @router.get("/v1/things/{thing_id}", dependencies=[allow(Role.SERVICE, Role.OPS)], responses=problems(NoSuchThing))
    async def read_thing(thing_id: str, limit: Limit = 50) -> ThingOut:
        """Read a thing."""
        if thing_id == "none":
            raise NoSuchThing("Make it first.")
        if thing_id == "crash":
            raise RuntimeError("ada@example.org +33612345678 broke it")
        return ThingOut(id=thing_id, count=limit, at=datetime(2026, 11, 21, tzinfo=UTC))

    @router.post("/v1/captures", status_code=202, dependencies=[allow(Role.CAPTURE, Role.SERVICE)])
    async def capture(body: ThingIn, caller: CallerOf) -> ThingOut:
        """Take a thing in."""
        effects.done += 1
        return ThingOut(id=caller.address, count=body.count, at=body.at)

    @router.get("/codes/{code}", dependencies=[anyone(per_minute=30)])
    async def follow_code(code: str) -> ThingOut:
        """Follow a code."""
        return ThingOut(id=code, count=0, at=None)

    @router.post("/webhooks/things", dependencies=[unmetered()])
    async def hear(caller: CallerOf) -> ThingOut:
        """Hear from a partner."""
        return ThingOut(id=caller.address, count=0, at=None)

    return router


@dataclass
class Port:
    """Stands in for the ports of operators that are not under test."""

    now_at: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    asked: list = field(default_factory=list)

    async def now(self):
        return self.now_at

    async def move_to(self, now):
        self.now_at = now

    async def check(self):
        return {"all is well": []}

    async def list(self, *question):
        self.asked.append(question)
        return []

    async def outbox(self, *question):
        return await self.list(*question)

    inbox = outbox

    async def backlog(self):
        return []

    async def retry(self, _id):
        return False

    replay = retry


@pytest.fixture
async def engine(cluster, administrator):
    """An engine on a database that has all tables that there are."""
    from tests.conftest import url_of  # noqa: PLC0415

    name = f"frame_{uuid4().hex}"
    await administrator.execute(f"CREATE DATABASE {name}")
    engine = create_async_engine(url_of(cluster, database=name), pool_size=5, max_overflow=5, pool_timeout=3)
    async with engine.begin() as connection:
        wanted = [metadata.tables[it] for it in ("api_key", "idempotent_answer", "rate_budget")]
        await connection.run_sync(metadata.create_all, tables=wanted)
    yield engine
    await engine.dispose()
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def effects():
    return Effects()


@pytest.fixture
def port():
    return Port()


@pytest.fixture
def make_app(engine, effects, port):
    """A maker of applications: each has its own container, like a process of its own."""

    def make(**env):
        settings = Settings.from_environment({"GROWTH_ENV": "test"} | env)
        provider = Provider(scope=Scope.APP)
        provider.provide(lambda: settings, provides=Settings)
        provider.provide(lambda: SqlApiKeys(engine, settings.secret, uuid4), provides=StoredKeys)
        provider.provide(lambda: SqlRateBudgets(engine), provides=RateBudgets)
        provider.provide(lambda: SqlIdempotentAnswers(engine), provides=IdempotentAnswers)
        provider.provide(lambda: DatabaseHealth(engine), provides=Health)
        for kind in (MovableClock, Invariants, MessageViews, InboxViews, TickViews, Drifts):
            provider.provide(lambda: port, provides=kind)
        return create_app(make_async_container(provider, frame_provider()), settings, extra=[things(effects)])

    return make


@pytest.fixture
async def client(make_app):
    async with client_of(make_app()) as client:
        yield client


def client_of(app, address="192.0.2.1"):
    transport = httpx2.ASGITransport(app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://growth")


@asynccontextmanager
async def served(app, **options):
    """Serve the application on a free port of this machine; gives (host, port, uvicorn's server)."""
    running = server(app, Settings.from_environment({"GROWTH_PORT": "0"}), loop="none", **options)
    task = asyncio.create_task(running._serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    host, number = running.servers[0].sockets[0].getsockname()[:2]
    try:
        yield host, number, running
    finally:
        running.should_exit = True
        await task


class Service:
    """The whole service, its clock and its dialer in the test's hands, and a client of its API."""

    def __init__(self, world, app, client):
        self.world, self.app, self.client = world, app, client

    async def ask(self, method, path, body=None, *, status=200, role=OPS, **parts):
        """Call the API, see that it answers with `status`, and return the decoded body."""
        answer = await self.client.request(method, path, json=body, headers=role, **parts)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path, **params):
        return await self.ask("GET", path, params=params)

    async def post(self, path, body, **options):
        return await self.ask("POST", path, body, **options)

    async def refused(self, method, path, body=None, *, status=422, role=OPS, **parts):
        """See that this is refused with a problem document; return its code and the places of its faults."""
        answer = await self.client.request(method, path, json=body, headers=role, **parts)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert (answer.status_code, problem["status"]) == (status, status), answer.text
        assert problem["type"] == f"urn:growth:problem:{problem['code']}"
        assert problem["detail"]
        assert problem["instance"] == answer.headers["x-request-id"]
        return problem["code"], [fault["pointer"] for fault in problem["errors"]]

    async def lead(self, **changes):
        """Send an estimate and return the lead that it became."""
        sent = await self.post("/v1/estimates", an_estimate(**changes), status=202, role=SERVICE)
        (lead,) = (await self.get("/v1/leads", submission_id=sent["submission_id"]))["items"]
        return lead

    async def every(self, path, limit=2, **params):
        """Walk a list by its cursors, page by page."""
        found, cursor = [], {}
        while True:
            page = await self.get(path, limit=limit, **params, **cursor)
            assert len(page["items"]) <= limit
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}


def an_estimate(number=1, **changes):
    return {
        "email": f"p{number}@example.org",
        "phone": f"+33 1 99 00 {number // 100:02} {number % 100:02}",
        "country_code": "FR",
        "is_owner": True,
        "sell_timeframe": "now",
        "property_type": "house",
        "postal_code": "69003",
        "estimated_price_eur": 400_000,
    } | changes


@asynccontextmanager
async def service_on(database_url):
    async with world_on(database_url) as world:
        await world.at(MONDAY)
        app = create_app(world.container, await world.get(Settings))
        async with client_of(app) as client:
            yield Service(world, app, client)


@pytest.fixture
async def service(database_url):
    """The service on an empty database, on a Monday at one in the morning (Paris)."""
    async with service_on(database_url) as service:
        yield service


@pytest.fixture(scope="session")
async def untouched(cluster, administrator, template):
    """The same service for all tests of what is refused: nobody writes anything there."""
    from tests.conftest import url_of  # noqa: PLC0415

    await administrator.execute(f"CREATE DATABASE untouched TEMPLATE {template}")
    async with service_on(url_of(cluster, database="untouched")) as service:
        yield service
    await administrator.execute("DROP DATABASE untouched WITH (FORCE)")
