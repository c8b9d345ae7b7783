"""Learned models in use, and the table of past calls that they are learned from."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from dishka import AsyncContainer
from rich.table import Table

from growth.adapters.dataset_files import Dataset, read_dataset
from growth.adapters.models import bulk_probabilities, load_model
from growth.adapters.whole_files import write_whole
from growth.api.scoring_models import ComparisonOut, ModelOut
from growth.cli.options import AsJson, instant, print_json, shown
from growth.domain.campaigns.business_rules.learning.ranking import compared
from growth.domain.campaigns.business_rules.learning.rules_policy import rule_score
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.learned_models import LearnedModel, Row
from growth.domain.campaigns.entities.models_in_use import Comparison, KeptModel, ModelState, UnknownModel
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.use_cases import AddModel, ExportCalls, JudgeModel, PromoteModel, RetireModel
from growth.domain.campaigns.use_cases.export_calls import COLUMNS
from growth.domain.kernel.operating import MovableClock
from growth.local import with_container
from growth.printing import out

models = typer.Typer(no_args_is_help=True, help="Learned models: which score in the shadow, and which live.")
calls = typer.Typer()  # a command of the first level
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Its first digits are enough.")]
_SHORT = 12


@calls.command("export-calls")
def export_calls(
    output: Annotated[Path, typer.Option(help="CSV to write: a line for each call, none of it known only afterwards.")],
    since: Annotated[str | None, typer.Option("--from", help="Default: all.", metavar="ISO")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Default: now.", metavar="ISO")] = None,
) -> None:
    """Write past calls as a table to learn from: what was known when each was decided, and what it came to."""

    async def work(container: AsyncContainer) -> None:
        now = await (await container.get(MovableClock)).now()
        begin, end = instant(since) or datetime(1970, 1, 1, tzinfo=UTC), instant(until) or now
        rows = [row async for row in (await container.get(ExportCalls))(begin, end)]
        write_whole(output, table_of_calls(rows))
        out.print(f"{len(rows):,} calls: {output}", soft_wrap=True)

    with_container(work)


def table_of_calls(rows: Iterable[Row]) -> str:
    """Return calls as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that were brought in."""

    async def work(container: AsyncContainer) -> None:
        found = await (await container.get(ModelViews)).list()
        if as_json:
            print_json([ModelOut.of(it) for it in found])
            return
        table = Table("version", "kind", "state", "of the leads", "since", "reason")
        for it in found:
            share = f"{it.percent} %" if it.state is ModelState.LIVE else ""
            about = (it.model.version[:_SHORT], it.model.kind, it.state.value, share)
            table.add_row(*about, shown(it.changed_at), it.reason or "")
        out.print(table if found else "There is no model: the rules score all leads.")

    with_container(work)


@models.command("add")
def add_model(file: Path, as_json: AsJson = False) -> None:
    """Bring a model in: it scores in the shadow, beside what counts."""
    model = load_model(file)

    async def work(container: AsyncContainer) -> None:
        _print(await (await container.get(AddModel))(model), as_json=as_json)

    with_container(work)


@models.command("judge")
def judge_model(version: Version, as_json: AsJson = False) -> None:
    """Compare a model with what scores now, on the calls made while it was in the shadow."""

    async def work(container: AsyncContainer) -> None:
        kept = await _named(container, version)
        found = await (await container.get(JudgeModel))(kept.model.version)
        if as_json:
            print_json(ComparisonOut.of(found))
        else:
            out.print(_compared(found), soft_wrap=True)

    with_container(work)


@models.command("promote")
def promote_model(
    *,
    version: Version,
    share: Annotated[int, typer.Option(min=1, max=100, help="Of the leads, in percent.")] = 100,
    dataset: Annotated[Path | None, typer.Option(help="Judge it on this file, which it was not learned from.")] = None,
    target: Annotated[str, typer.Option(help="The file's column with the outcome: yes or no.")] = "appointment",
    force: Annotated[str | None, typer.Option(metavar="REASON", help="Promote it though it is not better.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a model score a share of the leads, if it is better than what scores now."""
    table = read_dataset(dataset) if dataset else None

    async def work(container: AsyncContainer) -> None:
        kept = await _named(container, version)
        seen = await _on_file(container, kept.model, table, target) if table else None
        if seen and not as_json:
            out.print(_compared(seen), soft_wrap=True)
        promote = await container.get(PromoteModel)
        _print(await promote(kept.model.version, share, shown=seen, reason=force), as_json=as_json)

    with_container(work)


@models.command("retire")
def retire_model(version: Version, as_json: AsJson = False) -> None:
    """Take a model out of use: the rules score its leads from then on."""

    async def work(container: AsyncContainer) -> None:
        kept = await _named(container, version)
        _print(await (await container.get(RetireModel))(kept.model.version), as_json=as_json)

    with_container(work)


async def _named(container: AsyncContainer, version: str) -> KeptModel:
    kept: Sequence[KeptModel] = await (await container.get(ModelViews)).list()
    found = [it for it in kept if it.model.version.startswith(version)]
    if len(found) != 1 or not version:
        raise UnknownModel
    return found[0]


async def _on_file(container: AsyncContainer, model: LearnedModel, table: Dataset, target: str) -> Comparison:
    """Compare a model with what scores now on a file of calls: the live model, else the rules."""
    won = [cell.strip().casefold() in {"yes", "true", "1"} for cell in table.column(target)]
    live = (await (await container.get(ModelViews)).in_use()).live
    if live:
        now: list[float] = bulk_probabilities(live.model, table.columns, table.rows)
    else:
        rules = (await container.get(Configuration)).rules
        names = list(table.columns)
        rows = (dict(zip(names, cells, strict=True)) for cells in zip(*table.columns.values(), strict=True))
        now = [rule_score(row, rules) for row in rows]
    return compared(bulk_probabilities(model, table.columns, table.rows), now, won)


def _print(kept: KeptModel, *, as_json: bool) -> None:
    if as_json:
        print_json(ModelOut.of(kept))
        return
    states = {
        ModelState.SHADOW: "scores in the shadow",
        ModelState.LIVE: f"scores {kept.percent} % of the leads",
        ModelState.RETIRED: "is retired",
    }
    out.print(f"Model {kept.model.version[:_SHORT]} ({kept.model.kind}) {states[kept.state]}.")


def _compared(it: Comparison) -> str:
    verdict = "better" if it.better else "not better" if it.enough else "too few to judge"
    return (
        f"{it.calls:,} calls, {it.won:,} appointments: AUC {it.auc:.3f}, what scores now {it.auc_now:.3f}; "
        f"difference {it.difference:+.3f} (95 %: {it.low:+.3f} to {it.high:+.3f}): {verdict}."
    )
