"""The report of a training as a page."""

from collections.abc import Iterator
from typing import Any

from growth.pages import Block, Column, Figure, Figures, Section, Table, Words, curves, page

_FIGURES = {
    "auc": ("AUC", "how often a success stands above a failure"),
    "better_half": ("In the better half", "of all successes"),
    "log_loss": ("Log-loss", "less is better"),
    "brier": ("Brier score", "less is better"),
    "calibration_error": ("Calibration error", "between said and come true"),
}
_SHARES = {"better_half"}


def training_page(report: dict[str, Any]) -> str:
    """Return the page as HTML."""
    made, data = report["made"], report["data"]
    title = f"A model of {made['target']} = {made['positive']}"
    rows = f"{data['rows']:,} rows, {data['positives']:,} successes ({data['rate']:.1%})"
    return page(title, list(_sections(report)), f"{data['file']}: {rows}. Model {report['model']['version'][:12]}.")


def _sections(report: dict[str, Any]) -> Iterator[Section]:
    held_out = report["held_out"]
    yield Section("How good it is", [Figures([_figure(held_out, name) for name in _FIGURES])], f"{held_out['how']}.")
    yield Section("Which model", _choice(report["choice"]), report["choice"]["why"])
    yield Section("Columns to look at", _suspects(report["suspicious_columns"]))
    gains = {"model": held_out["gain"]} | {name: each["gain"] for name, each in held_out["against"].items()}
    called = curves("Successes reached", gains, x_title="share of people called", y_title="share of successes")
    yield Section("Whom to call first", [called, _against(held_out), _deciles(held_out["deciles"])])
    said = [(each["said"], each["came"]) for each in held_out["calibration"]]
    line = [(0.0, 0.0), (max(max(said)), max(max(said)))]
    roc = {"model": held_out["roc"], "random": [(0.0, 0.0), (1.0, 1.0)]}
    yield Section(
        "Curves",
        [
            curves("ROC", roc, x_title="share of failures", y_title="share of successes"),
            curves("Calibration", {"model": said, "as said": line}, x_title="said", y_title="came true"),
        ],
    )
    yield Section("How it was made", [_made(report)])


def _figure(held_out: dict[str, Any], name: str) -> Figure:
    label, note = _FIGURES[name]
    form = ".1%" if name in _SHARES else ".4f"
    low, high = (format(each, form) for each in held_out[name]["interval"])
    return Figure(label, format(held_out[name]["value"], form), f"{low} to {high}; {note}")


def _choice(choice: dict[str, Any]) -> list[Block]:
    columns = [Column("settings"), Column("mean AUC", number=True), Column("sd", number=True)]
    rows = [[each["settings"], f"{each['auc_mean']:.4f}", f"{each['auc_sd']:.4f}"] for each in choice["candidates"]]
    return [Words(f"Folds: {choice['folds']}."), Table(columns, rows)]


def _suspects(suspects: list[dict[str, Any]]) -> list[Block]:
    columns = [Column("column"), Column("AUC alone", number=True), Column("why")]
    rows = [[each["column"], f"{each['auc_alone']:.3f}", each["why"]] for each in suspects]
    return [Table(columns, rows, empty="No column is too strong alone or named like what only a call brings.")]


def _against(held_out: dict[str, Any]) -> Table:
    columns = [Column("order"), Column("AUC", number=True), Column("in the better half", number=True)]
    model = {"auc": held_out["auc"]["value"], "better_half": held_out["better_half"]["value"]}
    orders = {"model": model, **held_out["against"]}
    rows = [[name, f"{each['auc']:.4f}", f"{each['better_half']:.1%}"] for name, each in orders.items()]
    return Table(columns, rows)


def _deciles(deciles: list[dict[str, Any]]) -> Table:
    names = ("tenth", "rows", "successes", "lift", "95 %", "gain", "95 %")
    columns = [Column(name, number=True) for name in names]
    return Table(columns, [_decile(each) for each in deciles])


def _decile(each: dict[str, Any]) -> list[str]:
    (low, high), (least, most) = each["lift_interval"], each["gain_interval"]
    counts = [str(each["decile"]), f"{each['rows']:,}", f"{each['successes']:,}"]
    return [*counts, f"{each['lift']:.2f}", f"{low:.2f}-{high:.2f}", f"{each['gain']:.1%}", f"{least:.1%}-{most:.1%}"]


def _made(report: dict[str, Any]) -> Table:
    facts = {**report["made"], **{f"left out: {name}": why for name, why in report["data"]["left_out"].items()}}
    return Table([Column("what"), Column("value")], [[name, str(value)] for name, value in facts.items()])
