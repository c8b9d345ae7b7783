"""What the demo tells at its end."""

from collections.abc import Iterator
from datetime import timedelta

from rich.table import Table

from growth.demo.accounts import Accounts
from growth.demo.agency import ZONE
from growth.demo.day import Day
from growth.printing import runs_table


def report(day: Day) -> Iterator[Table | str]:
    """Yield what came of the day, to be shown one below the other."""
    yield runs_table(day.runs, ZONE)
    yield _places(day.accounts)
    yield from _sentences(day.accounts)


def _places(accounts: Accounts) -> Table:
    """Return where the leads are, with the sum."""
    table = Table("leads", "where each is at the end of the day", show_footer=True)
    table.columns[0].justify = "right"
    table.columns[0].footer = f"{sum(accounts.places.values()):,}"
    table.columns[1].footer = f"of {accounts.rows:,} rows of the file"
    for place, number in accounts.places.items():
        table.add_row(f"{number:,}", place)
    return table


def _sentences(accounts: Accounts) -> Iterator[str]:
    """Say how fast it was, and whether all adds up."""
    speed = accounts.speed
    yield (
        f"{speed.arrived:,} leads arrived during the day, {speed.called:,} of them were called on it, "
        f"half of these within {_minutes(speed.p50)}."
    )
    yield (
        f"The fast lane called {speed.fast_calls:,}: half within {_minutes(speed.fast_p50)} of arrival, "
        f"each at the dialer within {_minutes(speed.to_dialer_at_most)}."
    )
    if accounts.unaccounted:
        yield f"{len(accounts.unaccounted):,} things do not add up:"
        yield from (f"  {problem}" for problem in accounts.unaccounted)
    else:
        yield "Nothing is unaccounted: every lead is in one place, every run adds up, the dialer agrees call by call."


def _minutes(time: timedelta | None) -> str:
    if time is None:
        return "no time"
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s"
