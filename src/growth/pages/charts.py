"""Charts as SVG that stand in a page. pygal draws them; its scripts, comments and addresses are taken out again."""

import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

from growth.pages.page import Chart
from growth.pages.style import COLOURS

# pygal looks for maps with a finder that Python 3.11 warns of at every import that fails, and later ones ignore.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]

_FONT = "system-ui, sans-serif"
_COLOURS = tuple(f"var(--c{number})" for number in range(1, COLOURS + 1))
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--quiet)",
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    guide_stroke_dasharray="none",
    major_guide_stroke_dasharray="none",
    opacity="1",
    opacity_hover=".85",
    stroke_width="2",
    transition="0s",
    font_family=_FONT,
    label_font_size=13,
    major_label_font_size=13,
    value_font_size=13,
    title_font_size=13,
    legend_font_size=14,
    no_data_font_size=20,
    colors=_COLOURS,
    value_colors=("var(--ink)",) * COLOURS,  # else it reckons them from the colours, and cannot read these
)
_WIDTH, _HEIGHT, _ROW = 860, 340, 34  # pixels of the drawing, which scales
_WIDEST = 100  # letters of labels that stand beside each other; more are written upwards
_SVG = "{http://www.w3.org/2000/svg}"


def bars(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], *, across: bool = False
) -> Chart:
    """Return bars, one of each series for each label; at most six series.

    `across`: they lie, one below the other, and where there is one series each has its number beside its label.
    """
    values = {name: list(of) for name, of in series.items()}
    height, upwards = _HEIGHT, 0 if len(labels) * max(map(len, labels), default=0) <= _WIDEST else 60
    if across:
        height, upwards = 50 + _ROW * len(labels) * len(series), 0
        (first, *others) = values.values() or [[]]
        labels = labels if others else [f"{name}  {value:,.12g}" for name, value in zip(labels, first, strict=True)]
        labels, values = labels[::-1], {name: of[::-1] for name, of in values.items()}  # they are drawn from below
    drawn = pygal.HorizontalBar if across else pygal.Bar
    chart = _chart(drawn, title, len(series), height=height, x_label_rotation=upwards)
    chart.x_labels = labels
    for name, of in values.items():
        chart.add(name, of)
    return Chart(title, _drawn(chart, title, repr((labels, values))))


def curves(
    title: str, series: Mapping[str, Sequence[tuple[float, float]]], *, x_title: str = "", y_title: str = ""
) -> Chart:
    """Return lines through points (x, y), one for each series; at most six."""
    chart = _chart(pygal.XY, title, len(series), x_title=x_title, y_title=y_title, dots_size=3)
    for name, points in series.items():
        chart.add(name, list(points))
    return Chart(title, _drawn(chart, title, repr(series)))


def _chart(kind: Any, title: str, series: int, **options: object) -> Any:  # noqa: ANN401 - pygal has no types
    if series > COLOURS:
        raise ValueError(f"{title} has {series} series: draw {COLOURS} at most")
    usual: dict[str, object] = {"height": _HEIGHT, "value_formatter": lambda value: f"{value:,.12g}"}
    return kind(
        style=_STYLE,
        js=(),
        width=_WIDTH,
        margin=6,
        margin_bottom=16,
        show_legend=series > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=max(series, 1),  # one row: a second is cut off
        legend_box_size=12,
        no_data_text="No data yet",
        include_x_axis=True,
        truncate_label=-1,
        truncate_legend=-1,
        **(usual | options),
    )


def _drawn(chart: Any, title: str, data: str) -> str:  # noqa: ANN401
    chart.uuid = sha256(f"{title} {data}".encode()).hexdigest()[:12]  # the same page for the same data
    chart.add_xml_filter(lambda root: _cleaned(root, title))
    drawn: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return drawn


def _cleaned(root: Element, title: str) -> Element:
    """Take out scripts and comments, and tell what a part is as browsers show it: by a `title` in it."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _name(child) == "script":
                parent.remove(child)
        _name_part(parent)
        if parent is not root:
            parent.attrib.pop("id", None)  # the script's, and the same in each chart of a page
    root.set("role", "img")
    root.set("aria-label", title)
    for child in root:
        if _name(child) == "title":
            root.remove(child)
            break
    return root


def _name_part(part: Element) -> None:
    """Put one title in the place of the descriptions that pygal writes for its script."""
    told = {str(it.get("class", "")).split(" ")[0]: it for it in part if _name(it) == "desc"}
    for it in told.values():
        part.remove(it)
    words = [str(told[name].text) for name in ("x_label", "value") if name in told]
    if words:
        title = Element("title")
        title.text = ": ".join(words)
        part.insert(0, title)


def _name(element: Element) -> str:
    return str(element.tag).removeprefix(_SVG)
