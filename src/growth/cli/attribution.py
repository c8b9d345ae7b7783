"""What channels were worth, on the command line."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from growth.cli.options import AsJson, print_json
from growth.domain.prospects.business_rules.attribution.path_files import parse_paths
from growth.domain.prospects.business_rules.attribution.path_models import results_of
from growth.domain.prospects.entities.channel_paths import BadPathsFile, ChannelResult, Credit, PathsResult
from growth.printing import out

attribution = typer.Typer()  # commands of the first level
_MODELS = ("first", "last", "linear", "markov")


@attribution.command("attribution")
def attribute(
    paths: Annotated[Path, typer.Option(help="CSV: path (channels joined by >), conversions, value, nulls.")],
    as_json: AsJson = False,
) -> None:
    """Print what each channel was worth over many paths: first, last and linear touch, and removal effects."""
    try:
        content = paths.read_bytes()
    except OSError as refused:
        raise BadPathsFile(f"{paths} cannot be read ({refused.strerror}): correct the path.") from None
    result = results_of(parse_paths(content))
    if as_json:
        print_json(_described(result))
        return
    out.print(_table(result))


def _described(result: PathsResult) -> dict[str, Any]:
    return {
        "paths": result.paths,
        "conversions": result.conversions,
        "value": result.value,
        "nulls": result.nulls,
        "channels": [_channel(it) for it in result.channels],
    }


def _channel(it: ChannelResult) -> dict[str, str | float]:
    described: dict[str, str | float] = {"channel": it.channel}
    for model in _MODELS:
        credit: Credit = getattr(it, model)
        described |= {f"{model}_conversions": credit.conversions, f"{model}_value": credit.value}
    return described | {
        "removal_effect": it.removal_effect.conversions,
        "removal_effect_on_value": it.removal_effect.value,
    }


def _table(result: PathsResult) -> Table:
    converted = f"{result.conversions:,.12g} conversions worth {result.value:,.2f}"
    said = f"{result.paths:,} paths: {converted}, {result.nulls:,.12g} people who went away"
    table = Table("channel", box=box.SIMPLE_HEAD, caption=said, padding=(0, 1, 0, 0), pad_edge=False)
    for title in (*_MODELS, "removal effect"):
        table.add_column(title, justify="right")
    for title in _MODELS:
        table.add_column(f"{title} value", justify="right")
    for it in result.channels:
        credits_: list[Credit] = [getattr(it, model) for model in _MODELS]
        table.add_row(
            Text(it.channel),
            *(f"{credit.conversions:,.2f}" for credit in credits_),
            f"{it.removal_effect.conversions:.6f}",
            *(f"{credit.value:,.2f}" for credit in credits_),
        )
    return table
