"""The command line. Each command does what the scheduler and the API do; an error is one line and an exit code."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from dishka import AsyncContainer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from growth import local
from growth.adapters.campaigns_file import load_campaigns
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.embedded import EmbeddedPostgresError
from growth.adapters.db.migrate import upgrade
from growth.adapters.leads_files import read_leads_file
from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.adapters.terms_file import load_terms
from growth.api.request_log import configure_logging
from growth.cli.attribution import attribution
from growth.cli.backtest import backtest
from growth.cli.calling import calling
from growth.cli.conversations import conversations
from growth.cli.demonstration import demonstrations
from growth.cli.keys import keys
from growth.cli.ledger import credits_, ledger, payments
from growth.cli.models import models
from growth.cli.models_in_use import calls
from growth.cli.models_in_use import models as models_in_use
from growth.cli.options import AsJson, DryRun, instant, print_json
from growth.cli.privacy import erasures, privacy
from growth.cli.referrals import programme, referral
from growth.cli.replays import replays
from growth.cli.reports import reports
from growth.cli.rescoring import rescoring
from growth.cli.speech import speech
from growth.container import EXAMPLES, make_container
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.entities.runs import RunReport
from growth.domain.campaigns.use_cases import ImportLeads, RecoverForgottenLeads, StartCampaigns, StopCampaigns
from growth.domain.kernel.errors import GrowthError, Invalid
from growth.http_server import listener
from growth.local import NoDatabase, settings_here, with_container
from growth.main import run_alone
from growth.printing import out, runs_table
from growth.settings import BadSettings, Settings


class _Commands(TyperGroup):
    """Says what is wrong with an option in its own words, without the name of a Python exception before them."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types, which it keeps to itself
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            wrong.message = wrong.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
app.add_typer(programme)
app.add_typer(attribution)
app.add_typer(privacy)
app.add_typer(calling)
app.add_typer(models)
app.add_typer(backtest)
app.add_typer(reports)
app.add_typer(speech)
app.add_typer(replays)
app.add_typer(demonstrations)
app.add_typer(calls)
app.add_typer(rescoring)
app.add_typer(models_in_use, name="models")
app.add_typer(keys, name="keys")
app.add_typer(credits_, name="credits")
app.add_typer(payments, name="payments")
app.add_typer(ledger, name="ledger")
app.add_typer(referral, name="referral")
app.add_typer(erasures, name="erasures")
app.add_typer(conversations, name="conversations")
err = Console(stderr=True, soft_wrap=True)

StartDate = Annotated[str | None, typer.Option(help="Names the slot: an ISO time with zone.", metavar="ISO")]


def main() -> None:
    """Run a command; whatever goes wrong is one line on standard error, and exit code 1 or 2."""
    try:
        app()
    except (BadSettings, EmbeddedPostgresError, NoDatabase, GrowthError) as error:
        _fail(str(error), error)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        _fail(f"The database or a server cannot be reached ({type(error).__name__}): is it running?", error)


def _fail(message: str, error: Exception) -> None:
    err.print(message, markup=False)
    listed = "\n" in message  # a message of several lines has them in it
    for fault in error.faults if isinstance(error, Invalid) and not listed else ():
        err.print(f"  {fault.pointer}: {fault.message}", markup=False)
    raise SystemExit(1)


@app.command()
def up() -> None:
    """Run everything on this machine: database, vendors' sandbox, example data, server."""
    local.die_with_parent()
    settings = settings_here()
    load_campaigns(settings.campaigns_file or EXAMPLES / "campaigns.toml")
    load_terms(settings.referral_terms_file or EXAMPLES / "referral_terms.toml")
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = settings.data_dir / "growth.log"
    typer.echo(f"Growth keeps its data in {settings.data_dir} and writes its log to {log.name} there.")
    with (
        listener(settings) as port,
        local.database(settings, create=True) as ready,
        log.open("a", encoding="utf-8") as lines,
    ):
        configure_logging(lines)
        upgrade(ready.database_url or "")
        uvloop.run(local.up(ready, port))


@app.command()
def serve() -> None:
    """Run the server, the workers and the scheduler, on GROWTH_DATABASE_URL."""
    configure_logging()
    given = Settings.from_environment(os.environ)
    with listener(given) as port, local.database(given) as settings:
        uvloop.run(run_alone(settings, port))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    given = settings_here()
    with local.database(given) as settings:
        local.name_database(given)
        upgrade(settings.database_url or "")
    out.print("The database has this version's schema.")


@app.command()
def sandbox() -> None:
    """Play the vendors on GROWTH_SANDBOX_URL."""

    async def play(settings: Settings) -> None:
        container = make_container(settings)
        clock = await container.get(DatabaseClock)
        port = int(settings.sandbox_url.rpartition(":")[2])
        async with local.sandbox(DialerSettings(outcome_field="Email"), clock.now, port):
            out.print(f"The sandbox answers at {settings.sandbox_url}")
            await asyncio.Event().wait()

    with local.database(Settings.from_environment(os.environ)) as settings:
        asyncio.run(play(settings))


@app.command("check-campaigns")
def check_campaigns(file: Path) -> None:
    """Check a campaigns file and list all that is wrong in it."""
    configuration, _ = load_campaigns(file)
    out.print(f"{file} is good: version {configuration.version}, {len(configuration.campaigns)} campaigns.")


@app.command("start-campaign")
def start_campaign(
    type: Annotated[CampaignType | None, typer.Option(help="Default: all but CF.")] = None,
    start_date: StartDate = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Start campaigns in the running slot, else the next one."""
    _order(StartCampaigns, Order(type=type, start_date=instant(start_date), dry_run=dry_run), as_json=as_json)


@app.command("stop-campaigns")
def stop_campaigns(start_date: StartDate = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Stop campaigns in the running slot, else in the last one that is still open."""
    _order(StopCampaigns, Order(start_date=instant(start_date), dry_run=dry_run), as_json=as_json)


@app.command("cf-campaign-loop")
def cf_campaign_loop(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Hand over what the fast lane has, once; the scheduler does it every two minutes."""
    _order(StartCampaigns, Order(type=CampaignType.CF, running_only=True, dry_run=dry_run), as_json=as_json)


def _order(use_case: type[StartCampaigns | StopCampaigns], order: Order, *, as_json: bool) -> None:
    async def work(container: AsyncContainer) -> None:
        _print_runs(await (await container.get(use_case))(order), as_json=as_json)

    with_container(work)


def _print_runs(runs: Sequence[RunReport], *, as_json: bool) -> None:
    if as_json:
        print_json([_run(run) for run in runs])
        return
    out.print(runs_table(runs) if runs else "There is nothing to do in any slot at hand.")


def _run(run: RunReport) -> dict[str, Any]:
    fields: dict[str, Any] = to_jsonable_python(run)
    return fields


@app.command("recover-forgotten-lead")
def recover_forgotten_lead(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Plan a call for every lead that was called without a decision and forgotten since."""

    async def work(container: AsyncContainer) -> None:
        planned = await (await container.get(RecoverForgottenLeads))(dry_run=dry_run)
        if as_json:
            print_json({"planned": planned, "dry_run": dry_run})
        else:
            out.print(f"{planned} calls {'would be planned' if dry_run else 'planned'}.")

    with_container(work)


@app.command("import-leads")
def import_leads(
    file: Path,
    mapping: Annotated[Path | None, typer.Option(help="How its columns become fields; else they are named so.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import leads from a CSV file: good rows are taken, bad ones listed by line with the reason."""
    leads = read_leads_file(file, mapping)

    async def work(container: AsyncContainer) -> None:
        imports = await container.get(ImportLeads)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("importing", total=len(leads.rows))
            report = await imports(
                leads,
                dry_run=dry_run,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        if as_json:
            print_json(report)
            return
        for note in report.notes:
            out.print(note, markup=False)
        for bad in report.bad:
            for fault in bad.faults:
                out.print(f"line {bad.line}: {fault.pointer}: {fault.message}", markup=False)
        out.print(f"{report.read} rows read, {report.taken} taken, {report.repeated} known, {len(report.bad)} bad.")

    with_container(work)
