"""Everything on one machine: the embedded database, the vendors' sandbox, example data and the service."""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import typer
import uvicorn
from dishka import AsyncContainer
from sqlalchemy import make_url

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.embedded import embedded, is_created, running_url
from growth.adapters.db.migrate import upgrade
from growth.adapters.leads_files import read_leads_file
from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.adapters.sandbox.faults import Now
from growth.adapters.sandbox.speech import SECRET as SPEECH_SECRET
from growth.adapters.sandbox.vendors import vendors_app
from growth.container import EXAMPLES, make_container
from growth.domain.campaigns.use_cases import ImportLeads
from growth.main import load_files, run
from growth.settings import BadSettings, Environment, Role, Settings

_PR_SET_PDEATHSIG = 1
_EXAMPLE_LEADS = 300
STRIPE_SECRET = "whsec_development"  # noqa: S105 - of a machine to try things on


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


class NoDatabase(Exception):
    """No database is set, and none is where the embedded one would be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no database in {folder.absolute()}: set GROWTH_DATABASE_URL, or GROWTH_DATA_DIR to where one "
            "is; `growth up` makes one."
        )


@contextmanager
def database(settings: Settings, *, create: bool = False) -> Iterator[Settings]:
    """Give the settings with the URL of a database that has this version's schema.

    It is the operator's where one is set; else the embedded one, which is joined where it runs already and started for
    as long as the block lasts where it does not. Raises `NoDatabase` where it would first have to be made, unless
    `create` says so: what is asked of the wrong folder would be answered from an empty database; and `BadSettings` in
    production, which has no embedded one.
    """
    if settings.database_url:
        yield settings
        return
    if settings.production:
        raise BadSettings(["GROWTH_DATABASE_URL is missing: in production there is no embedded database, name yours."])
    folder = settings.data_dir / "postgres"
    if url := running_url(folder):
        yield replace(settings, database_url=url)
        return
    if not create and not is_created(folder):
        raise NoDatabase(settings.data_dir)
    with embedded(folder) as url:
        upgrade(url)
        yield replace(settings, database_url=url)


def settings_here() -> Settings:
    return environment(Settings.from_environment(os.environ), dict(os.environ))


def name_database(settings: Settings) -> None:
    """Print on standard error which database is worked on, but nobody's name and password."""
    where = f"the embedded one in {settings.data_dir}"
    if settings.database_url:
        url = make_url(settings.database_url)
        host = url.host or url.query.get("host", "localhost")
        where = f"{url.database} on {host}{f':{url.port}' if url.port else ''}"
    typer.echo(f"Database: {where}", err=True)


def with_container(work: Callable[[AsyncContainer], Awaitable[None]]) -> None:
    """Do something with the service's container, on its database, and name that on standard error."""

    async def within(settings: Settings) -> None:
        container = make_container(settings)
        try:
            await work(container)
        finally:
            await container.close()

    given = settings_here()
    with database(given) as settings:
        name_database(given)
        asyncio.run(within(settings))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Guest(uvicorn.Server):
    """A server beside the main one, which alone listens to signals."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def sandbox(settings: DialerSettings, now: Now, port: int) -> AsyncIterator[None]:
    """Play the vendors, on this machine only, as long as the block lasts."""
    app = vendors_app(settings, now)
    config = uvicorn.Config(app, "127.0.0.1", port, log_config=None, access_log=False, lifespan="off")
    server = _Guest(config)
    playing = asyncio.create_task(server.serve())
    while not server.started and not playing.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    if playing.done():
        raise OSError(f"port {port} is taken: set GROWTH_SANDBOX_URL to a free one")
    try:
        yield
    finally:
        server.should_exit = True
        await playing


async def up(settings: Settings, listening: socket.socket) -> None:
    """Run it all until told to stop. The database is there already; what is printed is what a person does next."""
    container = make_container(settings)
    try:
        await load_files(container)
        clock = await container.get(DatabaseClock)
        port = urlsplit(settings.sandbox_url).port or 80
        async with sandbox(DialerSettings(outcome_field="Email"), clock.now, port):
            if not settings.production:
                await _load_examples(container)
            typer.echo(_welcome(settings))
            await run(container, settings, listening)
    finally:
        await container.close()


async def _load_examples(container: AsyncContainer) -> None:
    """Import some example leads, as if they had come in by now. Doing it again changes nothing."""
    folder = EXAMPLES / "realestate"
    file = read_leads_file(folder / "dubai_Leads.csv", folder / "mapping.toml")
    newest = sorted(file.rows, key=lambda row: str(row.submission and row.submission.requested_at))[-_EXAMPLE_LEADS:]
    report = await (await container.get(ImportLeads))(replace(file, rows=tuple(newest)))
    typer.echo(f"Example leads: {report.taken} imported, {report.repeated} were there already.")


def _welcome(settings: Settings) -> str:
    url = f"http://{settings.host}:{settings.port}"
    keys = dict(settings.api_keys)
    ops = f'-H "Authorization: Bearer {keys.get(Role.OPS) or keys.get(Role.ADMIN, "YOUR-OPS-KEY")}"'
    capture = f'-H "Authorization: Bearer {keys.get(Role.CAPTURE) or keys.get(Role.ADMIN, "YOUR-CAPTURE-KEY")}"'
    lead = (
        '{"email":"ana@example.org","phone":"01 99 00 12 34","country_code":"FR","is_owner":true,'
        '"sell_timeframe":"now","property_type":"house","postal_code":"69003","estimated_price_eur":420000}'
    )
    shown = "\n".join(f"  {role:8} {key}" for role, key in settings.api_keys)
    return f"""
Growth answers at {url}, its API is described at {url}/docs
The vendors are played by the sandbox at {settings.sandbox_url}

Keys
{shown}

Try
  curl -s {url}/v1/estimates {capture} -H 'Content-Type: application/json' -d '{lead}'
  curl -s '{url}/v1/leads?order=score&limit=3' {ops}
  curl -s {url}/v1/campaigns/PVI/slots {ops}
"""


def environment(settings: Settings, env: dict[str, str]) -> Settings:
    """Fill in what an operator leaves open on his own machine: the sandbox's port, webhooks' secrets, where data is."""
    if "GROWTH_SANDBOX_URL" not in env:
        settings = replace(settings, sandbox_url=f"http://127.0.0.1:{free_port()}")
    if settings.env is Environment.DEVELOPMENT and "GROWTH_STRIPE_WEBHOOK_SECRET" not in env:
        settings = replace(settings, stripe_webhook_secret=(STRIPE_SECRET,))
    if settings.env is Environment.DEVELOPMENT and "GROWTH_SPEECH_WEBHOOK_SECRET" not in env:
        settings = replace(settings, speech_webhook_secret=(SPEECH_SECRET,))
    return replace(settings, data_dir=Path(settings.data_dir).absolute())
