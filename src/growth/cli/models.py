"""Learned models on the command line: train one from past leads, and score a file with one."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from growth.adapters.dataset_files import Dataset, read_dataset
from growth.adapters.models import bulk_probabilities, load_model, save_model
from growth.adapters.training import Order, require_libraries
from growth.adapters.training import Progress as Told
from growth.adapters.whole_files import write_whole
from growth.cli.options import AsJson, print_json
from growth.cli.training_page import training_page
from growth.domain.campaigns.entities.learned_models import Kind, LearnedModel
from growth.domain.kernel.errors import Invalid
from growth.printing import out

models = typer.Typer()  # commands of the first level
_AT_ONCE = 20_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

DatasetFile = Annotated[Path, typer.Option("--dataset", help="CSV: one row for each person, columns named.")]
Positive = Annotated[str | None, typer.Option(help="The word for a success. Default: yes, 1, true and the like.")]
Exclude = Annotated[
    list[str] | None, typer.Option(help="Columns known only after the call; commas between, or given again.")
]
TimeColumn = Annotated[str | None, typer.Option(help="When each row was: the model is judged in order of time.")]
Ordered = Annotated[bool, typer.Option("--in-time-order", help="The rows stand in the order of time already.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same files.")]


@models.command("export-model")
def export_model(  # noqa: PLR0913 - an option each
    *,
    dataset: DatasetFile,
    target: Annotated[str, typer.Option(help="The column with the outcome.")],
    output: Annotated[Path, typer.Option(help="The model file to write (JSON).")],
    report: Annotated[Path, typer.Option(help="Folder for report.json and report.html.")],
    positive: Positive = None,
    exclude: Exclude = None,
    time_column: TimeColumn = None,
    in_time_order: Ordered = False,
    model: Annotated[Kind | None, typer.Option(help="Default: the best of the three by cross-validation.")] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Learn from past leads who says yes, and write a model file and a report on how good it is."""
    _differ(output, dataset)
    require_libraries()
    from growth.adapters.training.training import train  # noqa: PLC0415 - needs the extra `ml`

    table = read_dataset(dataset)
    order = Order(target, positive, columns_named(exclude, table), time_column, in_time_order, model, seed)
    with progress() as told:
        trained = train(table, order, told)
    save_model(output, trained.model)
    write_whole(report / "report.json", json.dumps(trained.report, indent=1, ensure_ascii=False) + "\n")
    write_whole(report / "report.html", training_page(trained.report))
    if as_json:
        print_json(trained.report)
    else:
        out.print(*_sentences(trained.report, output, report), sep="\n", soft_wrap=True, markup=False, highlight=False)


@models.command("score")
def score(
    *,
    model: Annotated[Path, typer.Option(help="A file that export-model wrote.")],
    dataset: DatasetFile,
    output: Annotated[Path, typer.Option(help="CSV to write: a line for each row, in order, with its probability.")],
    keep: Annotated[list[str] | None, typer.Option(help="Columns to copy beside it; commas between.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write how likely each row of a file is a success. Columns that are absent count as missing."""
    _differ(output, model, dataset)
    learned, table = load_model(model), read_dataset(dataset)
    kept = columns_named(keep, table)
    with progress() as told:
        scores = probabilities_of(learned, table, told)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "probability", *map(_cell, kept)])
    columns = [table.columns[name] for name in kept]
    for at, probability in enumerate(scores):
        writer.writerow([at + 1, repr(probability), *(_cell(column[at]) for column in columns)])
    write_whole(output, text.getvalue())
    absent = [column.name for column in learned.columns if column.name not in table.columns]
    if as_json:
        print_json({"rows": table.rows, "model": learned.version, "absent_columns": absent})
        return
    out.print(f"{table.rows:,} rows scored by {learned.kind} {learned.version[:12]}: {output}", soft_wrap=True)
    if absent:
        said = ", ".join(absent)
        out.print(f"The file lacks columns of the model, which count as missing: {said}", markup=False, soft_wrap=True)


def _differ(output: Path, *read: Path) -> None:
    """Refuse to write over what is read."""
    if output.resolve() in {path.resolve() for path in read}:
        raise Invalid(f"{output} is read: name another file for what is written.")


def columns_named(given: list[str] | None, table: Dataset) -> tuple[str, ...]:
    """Return the columns that an option names, with commas between or given again. Raises `BadDataset`."""
    names: list[str] = []
    for text in given or ():
        whole = text.strip() in table.columns  # a name may have a comma in it
        names.extend([text.strip()] if whole else [name.strip() for name in text.split(",") if name.strip()])
    for name in names:
        table.column(name)
    return tuple(dict.fromkeys(names))


def probabilities_of(model: LearnedModel, table: Dataset, told: Told) -> list[float]:
    """Return the probability of each row, by parts, so that it can be told how far it is."""
    read = [column.name for column in model.columns if column.name in table.columns]
    scores: list[float] = []
    for start in range(0, table.rows, _AT_ONCE):
        end = min(start + _AT_ONCE, table.rows)
        scores += bulk_probabilities(model, {name: table.columns[name][start:end] for name in read}, end - start)
        told("scoring", end, table.rows)
    return scores


@contextmanager
def progress() -> Iterator[Told]:
    """Tell on standard error how far something is: a bar on a terminal, else a line at each tenth."""
    screen = Console(stderr=True)
    shown = 0

    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("reading")

        def told(what: str, done: int, total: int) -> None:
            nonlocal shown
            bar.update(task, description=what, completed=done, total=total)
            if not screen.is_terminal and done * 10 // max(total, 1) > shown:
                shown = done * 10 // max(total, 1)
                screen.print(f"{what}: {shown}0 %", highlight=False)

        yield told


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _sentences(report: dict[str, Any], output: Path, folder: Path) -> Iterator[str]:
    held_out = report["held_out"]
    yield report["choice"]["why"]
    low, high = held_out["auc"]["interval"]
    yield f"On rows held out ({held_out['how']}):"
    yield f"  AUC {held_out['auc']['value']:.4f} ({low:.4f} to {high:.4f}), by fold {held_out['auc_mean_of_folds']:.4f}"
    yield f"  successes in the better half {held_out['better_half']['value']:.1%}"
    yield f"  calibration error {held_out['calibration_error']['value']:.4f}"
    for each in report["suspicious_columns"]:
        yield f"Look at {each['column']}: {each['why']}. If it is, --exclude it."
    yield f"Model {report['model']['version'][:12]}: {output}. Report: {folder / 'report.html'}"
