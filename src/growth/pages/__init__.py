"""Pages that are one file: they open offline, load nothing, run no script, and read well on a phone and on paper."""

from growth.pages.charts import bars, curves
from growth.pages.page import Block, Chart, Column, Figure, Figures, Section, Table, Words, page

__all__ = ["Block", "Chart", "Column", "Figure", "Figures", "Section", "Table", "Words", "bars", "curves", "page"]
