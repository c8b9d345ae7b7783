"""Reads CSV files of paths. The first thing that is wrong is told in one sentence."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, Final

from growth.domain.prospects.entities.channel_paths import BadPathsFile, ChannelPath

LARGEST: Final = 1e15
_SEPARATOR: Final = ">"
_DELIMITERS: Final = ",;\t"
_NUMBER: Final = re.compile(r"\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
# Our names of the columns first, then those of the R package ChannelAttribution and of others.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("path", "paths", "channel_path", "journey"),
    "conversions": ("conversions", "total_conversions", "conversion", "conv"),
    "value": ("value", "total_conversion_value", "conversion_value", "total_value", "revenue"),
    "nulls": ("nulls", "total_null", "total_nulls", "null"),
}
_DEFAULTS: Final[Mapping[str, float]] = {"conversions": 1.0, "value": 0.0, "nulls": 0.0}
_HEADER: Final = "the first line must name the columns: path, and conversions, value, nulls as far as there are any"


def parse_paths(content: bytes) -> list[ChannelPath]:
    """Return the paths of a CSV file in UTF-8, its cells separated by commas, semicolons or tabs.

    A column that is missing has 1 for `conversions`, 0 for `value` and `nulls`. Columns with other names are not read.
    Raises `BadPathsFile`.
    """
    text = _decoded(content)
    delimiter = max(_DELIMITERS, key=lambda each: len(_columns(_header(text, each))))
    header = _header(text, delimiter)
    columns = _columns(header)
    if "path" not in columns.values():
        raise BadPathsFile(f"There is no column path: {_HEADER}.")
    if twice := [name for name in _NAMES if [*columns.values()].count(name) > 1]:
        raise BadPathsFile(f"Two columns hold the {twice[0]}: take one of them out.")
    paths = [
        _path(line, {columns[at]: cell for at, cell in enumerate(cells) if at in columns})
        for line, cells in _rows(text, delimiter, len(header))
    ]
    if not any(path.conversions for path in paths):
        raise BadPathsFile("No path has a conversion, so there is nothing to share: add those that converted.")
    return paths


def _decoded(content: bytes) -> str:
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise BadPathsFile("The file is UTF-16: save it as UTF-8 (in Excel: CSV UTF-8).")
    if b"\0" in content:
        raise BadPathsFile("This is no text: give a CSV file in UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadPathsFile(f"Line {line} is not UTF-8: save the file as UTF-8.") from None
    if not text.strip():
        raise BadPathsFile(f"The file is empty: {_HEADER}.")
    return text


def _reader(text: str, delimiter: str) -> Any:  # noqa: ANN401 - the class has no public name
    return csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(_reader(text, delimiter), [])
    except csv.Error:  # quotes and another delimiter
        return []


def _columns(header: list[str]) -> dict[int, str]:
    """Return by place what the columns hold."""
    named = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
    plain = [re.sub(r"[\s.-]+", "_", cell.strip().lower()) for cell in header]
    return {at: named[cell] for at, cell in enumerate(plain) if cell in named}


def _rows(text: str, delimiter: str, width: int) -> Iterator[tuple[int, list[str]]]:
    reader = _reader(text, delimiter)
    next(reader)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadPathsFile(f"Line {line} is not CSV ({error}): put cells with quotes in quotes.") from None
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            raise BadPathsFile(f"Line {line} has {len(cells)} cells and the first line {width}: make them equal.")
        yield line, cells


def _path(line: int, cells: Mapping[str, str]) -> ChannelPath:
    channels = tuple(channel.strip() for channel in cells["path"].split(_SEPARATOR))
    if not all(channels):
        raise BadPathsFile(f"Line {line}: a channel of the path has no name: write one like Email > Direct.")
    numbers = {name: _number(line, name, cells[name]) if name in cells else _DEFAULTS[name] for name in _DEFAULTS}
    return ChannelPath(channels, **numbers)


def _number(line: int, name: str, cell: str) -> float:
    text = cell.strip()
    if not _NUMBER.fullmatch(text) or (number := float(text)) > LARGEST:
        raise BadPathsFile(f"Line {line}: {name} has to be a number from 0 to {LARGEST:.0e}, like 12 or 12.5.")
    return number
