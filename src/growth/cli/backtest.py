"""What orders of calling would have reached in the past, on the command line."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from growth.adapters.dataset_files import Dataset, read_dataset
from growth.adapters.models import load_model
from growth.adapters.training import Order, require_libraries
from growth.adapters.training import Progress as Told
from growth.adapters.training.outcomes import outcomes_of, times_of
from growth.adapters.whole_files import write_whole
from growth.cli.backtest_page import backtest_page, drawn
from growth.cli.models import (
    DatasetFile,
    Exclude,
    Positive,
    Seed,
    TimeColumn,
    columns_named,
    probabilities_of,
    progress,
)
from growth.cli.options import AsJson, print_json
from growth.domain.campaigns.business_rules.learning import Replay, replay
from growth.domain.campaigns.business_rules.learning.replaying import slots_by_day, slots_by_size
from growth.domain.campaigns.business_rules.learning.rules_policy import columns_of_rules, rule_score
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.kernel.errors import Invalid
from growth.printing import out

backtest = typer.Typer()  # a command of the first level
_POLICIES = ("fifo", "random", "rules", "model")
_LEARNED_FROM = 0.5  # of the history, when no model is given


class BadBacktest(Invalid):
    """A history cannot be replayed as asked."""

    code = "bad-backtest"


@dataclass(frozen=True, slots=True)
class _Asked:
    outcome: str
    positive: str | None
    exclude: tuple[str, ...]
    time_column: str | None
    seed: int


@backtest.command("backtest")
def run(  # noqa: PLR0913 - an option each
    *,
    dataset: DatasetFile,
    outcome: Annotated[str, typer.Option(help="The column with what became of each person.")],
    capacity: Annotated[int, typer.Option(min=1, help="Calls in a slot.")],
    policies: Annotated[str, typer.Option(help="Orders of calling to compare.")] = "fifo,random,rules,model",
    arrivals: Annotated[int | None, typer.Option(min=1, help="People in a slot. Default: twice the capacity.")] = None,
    model: Annotated[Path | None, typer.Option(help="Default: learns from the first half of the rows.")] = None,
    positive: Positive = None,
    exclude: Exclude = None,
    time_column: TimeColumn = None,
    report: Annotated[Path | None, typer.Option(help="Folder for backtest.json and backtest.html.")] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Replay a history: successes reached against calls made, by who is called first. Each distinct time is a slot."""
    table = read_dataset(dataset)
    chosen = _chosen(policies, table, explicit=policies != "fifo,random,rules,model")
    asked = _Asked(outcome, positive, columns_named(exclude, table), time_column, seed)
    table = _known(table, asked)
    with progress() as told:
        learned, replayed, notes = _model(table, model, asked, told) if "model" in chosen else (None, table, [])
        found = _replayed(replayed, asked, chosen, learned, (capacity, arrivals or 2 * capacity))
    found = {**found, "capacity": capacity, "notes": notes, "seed": seed}
    _tell(found, report, as_json=as_json)


def _tell(found: dict[str, Any], report: Path | None, *, as_json: bool) -> None:
    if report is not None:
        write_whole(report / "backtest.json", json.dumps(found, indent=1) + "\n")
        write_whole(report / "backtest.html", backtest_page(found))
    if as_json:
        print_json(found)
        return
    for note in found["notes"]:
        out.print(note, soft_wrap=True, markup=False)
    out.print(_table(found))
    out.print(drawn(found), markup=False, highlight=False)


def _chosen(text: str, table: Dataset, *, explicit: bool) -> list[str]:
    chosen = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if wrong := [name for name in chosen if name not in _POLICIES]:
        raise BadBacktest(f"There is no policy {wrong[0][:40]!r}: choose from {', '.join(_POLICIES)}.")
    if not chosen:
        raise BadBacktest(f"No policy is named: choose from {', '.join(_POLICIES)}.")
    if "rules" in chosen and not columns_of_rules(table.columns):
        if explicit:
            raise BadBacktest(f"{table.name} has no column that our rules read: take rules out of --policies.")
        chosen.remove("rules")
    return chosen


def _known(table: Dataset, asked: _Asked) -> Dataset:
    """Return the rows whose outcome is known, in the order of time."""
    won = outcomes_of(table, asked.outcome, asked.positive).won
    rows = [at for at, each in enumerate(won) if each is not None]
    if asked.time_column is not None:
        times = times_of(table, asked.time_column)
        rows.sort(key=times.__getitem__)
    return table.part(rows)


def _model(table: Dataset, path: Path | None, asked: _Asked, told: Told) -> tuple[LearnedModel, Dataset, list[str]]:
    """Return the model, what is left to be replayed, and what has to be known of it."""
    if path is not None:
        learned = load_model(path)
        if asked.outcome in [column.name for column in learned.columns]:
            raise BadBacktest(f"The model reads the outcome itself ({asked.outcome}): export one that does not.")
        seen = learned.about.get("data_sha256") == table.sha256
        return learned, table, ["The model learned from these very rows, so it shines more than it will."] * seen
    require_libraries()
    from growth.adapters.training.training import learn  # noqa: PLC0415 - needs the extra `ml`

    half = int(table.rows * _LEARNED_FROM)
    past, rest = table.part(range(half)), table.part(range(half, table.rows))
    leave = tuple(name for name in (*asked.exclude, asked.time_column) if name)
    order = Order(asked.outcome, asked.positive, leave, time_ordered=asked.time_column is not None, seed=asked.seed)
    learned = learn(past, order, told)
    return learned, rest, [f"The model learned from the first {half:,} rows; the other {rest.rows:,} are replayed."]


def _replayed(
    table: Dataset, asked: _Asked, chosen: Sequence[str], learned: LearnedModel | None, sizes: tuple[int, int]
) -> dict[str, Any]:
    won = [bool(each) for each in outcomes_of(table, asked.outcome, asked.positive).won]
    capacity, arrivals = sizes
    if asked.time_column is None:
        slots = slots_by_size(table.rows, arrivals)
    else:
        slots = slots_by_day(times_of(table, asked.time_column))
    found = {name: replay(won, slots, _priorities(name, table, learned, asked.seed), capacity) for name in chosen}
    return {
        "rows": table.rows,
        "successes": sum(won),
        "slots": slots[-1] + 1,
        "policies": {name: _described(each) for name, each in found.items()},
    }


def _priorities(policy: str, table: Dataset, learned: LearnedModel | None, seed: int) -> list[float]:
    rows = range(table.rows)
    if policy == "fifo":
        return [-float(at) for at in rows]
    if policy == "random":
        chance = random.Random(seed)  # noqa: S311 - a shuffle that can be repeated
        return [chance.random() for _ in rows]
    if policy == "rules":
        read = columns_of_rules(table.columns)
        return [float(rule_score({name: table.columns[name][at] for name in read})) for at in rows]
    return probabilities_of(learned, table, lambda *_: None) if learned else []


def _described(found: Replay) -> dict[str, Any]:
    step = max(1, len(found.calls) // 50)
    kept = sorted({*range(0, len(found.calls), step), len(found.calls) - 1})
    curve = [(0, 0), *((found.calls[at], found.successes[at]) for at in kept)]
    return {"calls": found.calls[-1], "successes": found.successes[-1], "curve": curve}


def _table(found: dict[str, Any]) -> Table:
    said = f"{found['rows']:,} people with {found['successes']:,} successes, {found['slots']:,} slots"
    table = Table("policy", box=box.SIMPLE_HEAD, caption=said, padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("calls", "successes", "of all", "per 100 calls"):
        table.add_column(title, justify="right")
    for name, each in found["policies"].items():
        share = each["successes"] / max(found["successes"], 1)
        rate = 100 * each["successes"] / max(each["calls"], 1)
        table.add_row(name, f"{each['calls']:,}", f"{each['successes']:,}", f"{share:.1%}", f"{rate:.1f}")
    return table
