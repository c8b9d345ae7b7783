"""What the month tells at its end: a row per day, where everybody is, and what does not add up."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from rich import box
from rich.table import Table

from growth.demo.month import Month
from growth.demo.season_accounts import DayAccounts, SeasonAccounts
from growth.domain.campaigns.entities.runs import Gate

_OF_RUNS = ("candidates", "injected", "called", "reached", "appointments", "recycled", "dropped")
_MOST_PROBLEMS = 100


def month_report(month: Month) -> Iterator[Table | str]:
    """Yield what came of the month, to be shown one below the other."""
    yield _days(month)
    yield _places(month)
    yield from _sentences(month)


def _days(month: Month) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("day", no_wrap=True)
    for title in ("asked", "runs", *_OF_RUNS, "attempts", "faults", "kills"):
        table.add_column(title, justify="right")
    changes = {one.change for one in month.seasons}
    every = [day for season in month.seasons for day in season.days]
    for season in month.seasons:
        for day in season.days:
            table.add_row(_named(day.day, changes), *_numbers([day]))
        table.add_section()
    table.add_row("all", *_numbers(every))
    return table


def _named(day: date, changes: set[date]) -> str:
    return f"{day:%a %d %b}{' (DST)' if day in changes else ''}"


def _numbers(days: Sequence[DayAccounts]) -> Iterator[str]:
    runs = [run for day in days for run in day.runs]
    yield f"{sum(day.asked for day in days):,}"
    yield f"{len(runs):,}"
    yield from (f"{sum(getattr(run, name) for run in runs):,}" for name in _OF_RUNS)
    yield from (f"{sum(getattr(day, name) for day in days):,}" for name in ("attempts", "faults", "kills"))


def _places(month: Month) -> Table:
    """Return where the leads are, with the sum."""
    places = sum((Counter(season.places) for season in month.seasons), Counter[str]())
    table = Table("leads", "where each is at the end of its season", show_footer=True)
    table.columns[0].justify = "right"
    table.columns[0].footer = f"{places.total():,}"
    rows = sum(season.rows for season in month.seasons)
    table.columns[1].footer = f"of {rows:,} rows of the file, some with another home later"
    for place, number in places.most_common():
        table.add_row(f"{number:,}", place)
    return table


def _sentences(month: Month) -> Iterator[str]:
    seasons = month.seasons
    refused = [f"{one.season}: {line}" for one in seasons for line in one.refused]
    yield f"{len(refused):,} rows of the file were refused." if refused else "No row of the file was refused."
    yield from (f"  {line}" for line in refused)
    yield from _decisions(seasons)
    faults = sum((Counter(one.faults) for one in seasons), Counter[str]())
    yield f"The worker was killed {sum(one.kills for one in seasons)} times. The dialer failed: {_list(faults)}."
    yield (
        f"{sum(one.attempts for one in seasons):,} attempts by the dialer's own log: {_count(seasons, 'outside_law')} "
        f"outside the law, {_count(seasons, 'lost')} lost, {_count(seasons, 'double')} double."
    )
    yield from _conclusion(month.unaccounted)


def _decisions(seasons: Sequence[SeasonAccounts]) -> Iterator[str]:
    gates = sum((Counter(run.gates) for one in seasons for run in one.runs), Counter[str]())
    never = [gate for gate in Gate if not gates[gate]]
    yield f"Stopped in a slot: {_list(gates)}. Never: {', '.join(never) or 'no gate'}."
    replays = [one.replays for one in seasons]
    yield (
        f"{sum(it.runs for it in replays):,} runs were replayed, {sum(it.candidates for it in replays):,} candidates: "
        f"{sum(it.differences for it in replays):,} decided otherwise. {sum(it.ticks for it in seasons):,} ticks."
    )


def _conclusion(problems: Sequence[str]) -> Iterator[str]:
    if not problems:
        yield (
            "Nothing is unaccounted: every row has its lead, every lead is in one place, every run adds up and is "
            "replayed as it was, the dialer agrees call by call, and no job missed its time."
        )
        return
    yield f"{len(problems):,} things do not add up:"
    yield from (f"  {problem}" for problem in problems[:_MOST_PROBLEMS])
    if len(problems) > _MOST_PROBLEMS:
        yield f"  and {len(problems) - _MOST_PROBLEMS:,} more: see --json."


def _list(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(numbers.items())) or "nothing"


def _count(seasons: Sequence[SeasonAccounts], name: str) -> str:
    return f"{sum(len(getattr(one, name)) for one in seasons):,}"
