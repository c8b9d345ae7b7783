"""The demo: a day, or a month in which everything goes wrong."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from growth.adapters.whole_files import write_whole
from growth.api.request_log import configure_logging
from growth.cli.models_in_use import table_of_calls
from growth.cli.options import AsJson, print_json
from growth.demo.calendar import FEWEST_DAYS, MOST_DAYS
from growth.demo.day import play
from growth.demo.month import play_month
from growth.demo.month_report import month_report
from growth.demo.report import report
from growth.demo.supervisor import WorkerFailed
from growth.domain.campaigns.entities.runs import RunReport
from growth.local import die_with_parent
from growth.printing import out

demonstrations = typer.Typer()  # commands of the first level
err = Console(stderr=True, soft_wrap=True)


def _days(days: int) -> int:
    if days != 1 and not FEWEST_DAYS <= days <= MOST_DAYS:
        raise typer.BadParameter(f"take 1, or {FEWEST_DAYS} to {MOST_DAYS}: around both changes of the clocks.")
    return days


@demonstrations.command()
def demo(
    days: Annotated[
        int, typer.Option(callback=_days, help="1, or 4 and more: with kills, faults of the dialer, both DST nights.")
    ] = 1,
    leads: Annotated[int | None, typer.Option(min=1, help="Only the newest so many. Default: all 5,000.")] = None,
    seed: Annotated[int, typer.Option(help="Of several days: when who is killed, what fails, what people do.")] = 1,
    calls: Annotated[Path | None, typer.Option(help="CSV to write: the day's calls, to learn a model from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run days of a call centre on the example leads: a moved clock, the sandbox dialer, a throw-away database."""
    die_with_parent()
    configure_logging(sys.stderr, logging.WARNING)
    if days == 1:
        day = play(leads, err)
        if calls:
            write_whole(calls, table_of_calls(day.calls))
        _show(day.runs, day.accounts, list(report(day)), day.accounts.unaccounted, as_json=as_json)
    try:
        month = play_month(days, leads, seed, err)
    except WorkerFailed as failed:
        err.print(str(failed), markup=False)
        raise typer.Exit(1) from None
    runs = [run for one in month.seasons for run in one.runs]
    _show(runs, month.accounts(), list(month_report(month)), month.unaccounted, as_json=as_json)


def _show(
    runs: Sequence[RunReport],
    accounts: object,
    told: Sequence[Table | str],
    unaccounted: Sequence[str],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json({"slots": runs, "accounts": accounts})
    else:
        out.print(*told, sep="\n")
    raise typer.Exit(1 if unaccounted else 0)
