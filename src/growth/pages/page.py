"""A page out of sections: words, figures, tables and charts. Whatever is handed in is text, and is escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from growth.pages.style import STYLE

# Nothing is loaded and nothing runs; the style stands in the page itself, and in its charts.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is seen first, as it is to be read; `note` says what it is measured by."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers side by side."""

    of: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are texts, as they are to be read. `last_is_sum`: the last row stands apart."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    empty: str = "Nothing."
    last_is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, made by `charts`: the only thing that stands in the page as it is."""

    title: str
    svg: str


Block = Words | Figures | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """`note`: one sentence under the heading that says what is to be seen."""

    title: str
    blocks: Sequence[Block]
    note: str = ""


def page(title: str, sections: Sequence[Section], subtitle: str = "") -> str:
    """Return the page as HTML, to be written to a file as UTF-8."""
    contents = "".join(
        f'<li><a href="#part-{number}">{escape(section.title)}</a></li>' for number, section in enumerate(sections, 1)
    )
    body = "\n".join(_section(section, number) for number, section in enumerate(sections, 1))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></header>
<nav aria-label="Contents"><ul>{contents}</ul></nav>
<main>
{body}
</main>
</body>
</html>
"""


def _section(section: Section, number: int) -> str:
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    blocks = "\n".join(map(_block, section.blocks))
    return f'<section id="part-{number}"><h2>{escape(section.title)}</h2>{note}\n{blocks}</section>'


def _block(block: Block) -> str:
    if isinstance(block, Words):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Figures):
        return f'<dl class="figures">{"".join(map(_figure, block.of))}</dl>'
    if isinstance(block, Chart):
        scrolls = f'<div class="wide" tabindex="0" role="group" aria-label="{escape(block.title)}">{block.svg}</div>'
        return f"<figure><figcaption>{escape(block.title)}</figcaption>{scrolls}</figure>"
    return _table(block) if block.rows else f'<p class="empty">{escape(block.empty)}</p>'


def _figure(figure: Figure) -> str:
    note = f'<dd class="note">{escape(figure.note)}</dd>' if figure.note else ""
    return f'<div><dt>{escape(figure.label)}</dt><dd class="value">{escape(figure.value)}</dd>{note}</div>'


def _table(table: Table) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        pairs = zip(table.columns, row, strict=True)
        return "".join(
            f'<{tag} class="number">{escape(cell)}</{tag}>' if column.number else f"<{tag}>{escape(cell)}</{tag}>"
            for column, cell in pairs
        )

    rows = [f"<tr>{cells(row, 'td')}</tr>" for row in table.rows]
    foot = f"<tfoot>{rows.pop()}</tfoot>" if table.last_is_sum else ""
    head = f"<thead><tr>{cells([column.title for column in table.columns], 'th')}</tr></thead>"
    return f'<div class="wide" tabindex="0"><table>{head}<tbody>{"".join(rows)}</tbody>{foot}</table></div>'
