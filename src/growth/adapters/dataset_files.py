"""Tables on disk as CSV, from wherever they come: separator and encoding are found out."""

import csv
import hashlib
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

from growth.domain.kernel.errors import Invalid

LARGEST_FILE: Final = 500_000_000
_MOST_COLUMNS: Final = 2_000
_SEPARATORS: Final = ",;\t|"
_TRIED_LINES: Final = 20
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class BadDataset(Invalid):
    """The file is no table that can be used."""

    code = "bad-dataset"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table by columns, its cells as they stand in the file; `sha256` is of the file's bytes."""

    name: str
    columns: Mapping[str, Sequence[str]]
    rows: int
    sha256: str
    separator: str
    encoding: str

    def column(self, name: str) -> Sequence[str]:
        """Return a column's cells. Raises `BadDataset`."""
        if name not in self.columns:
            listed = ", ".join(list(self.columns)[:30])
            raise BadDataset(f"{self.name} has no column {name[:100]!r}: name one of {listed[:500]}.")
        return self.columns[name]

    def part(self, rows: Sequence[int]) -> "Dataset":
        """Return these rows of the table, in this order, under the hash of the whole file."""
        columns = {name: [cells[at] for at in rows] for name, cells in self.columns.items()}
        return replace(self, columns=columns, rows=len(rows))


def read_dataset(path: Path) -> Dataset:
    """Return the table in a CSV file. Short rows are filled with empty cells. Raises `BadDataset`."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadDataset(f"{path} has more than {LARGEST_FILE // 1_000_000} MB: split it.")
        content = path.read_bytes()
    except OSError as refused:
        raise BadDataset(f"{path} cannot be read ({refused.strerror}): correct the path.") from None
    try:
        return _parsed(path.name, content)
    except _Unreadable as why:
        raise BadDataset(f"{path} {why}") from None


class _Unreadable(Exception):
    """Why, as the end of a sentence that begins with the file's name."""


def _parsed(name: str, content: bytes) -> Dataset:
    text, encoding = _decoded(content)
    separator = _separator(text)
    rows = _rows(text, separator)
    header = [cell.strip() for cell in next(rows)[1]]
    _check(header)
    cells = [_fitted(line, row, len(header)) for line, row in rows if row]
    columns = dict(zip(header, zip(*cells, strict=True), strict=True)) if cells else dict.fromkeys(header, ())
    columns.pop("", None)
    return Dataset(name, columns, len(cells), hashlib.sha256(content).hexdigest(), separator, encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    if not content.strip():
        raise _Unreadable("is empty: give a CSV file whose first line names the columns.")
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif _CONTROLS.search(content):
        raise _Unreadable("is no text but binary: give a CSV file.")
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise _Unreadable("cannot be decoded: save it as UTF-8.")


def _separator(text: str) -> str:
    """Return what divides the first line most often, into as many cells as the lines after it."""

    def fits(separator: str) -> tuple[int, int]:
        lines: list[list[str]] = []
        with suppress(csv.Error):  # told later, with its line
            for row in islice(_reader(text, separator), _TRIED_LINES):
                lines.extend([row] if row else [])
        width = len(lines[0]) if lines else 0
        alike = sum(len(line) == width for line in lines)
        return (alike if width > 1 else 0, width)

    return max(_SEPARATORS, key=fits)


def _reader(text: str, separator: str) -> Any:  # noqa: ANN401 - the class has no public name
    return csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = _reader(text, separator)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "limit" in str(error):
                longest = f"{csv.field_size_limit():,}"
                raise _Unreadable(f"has a cell of over {longest} characters in line {line}: cut it.") from None
            raise _Unreadable(f"is not CSV in line {line} ({error}): put cells with quotes in quotes.") from None


def _check(header: Sequence[str]) -> None:
    if not any(header):
        raise _Unreadable("names no columns: its first line has to.")
    if len(header) > _MOST_COLUMNS:
        raise _Unreadable(f"names {len(header):,} columns: keep at most {_MOST_COLUMNS:,}.")
    if twice := [name for name, count in Counter(header).items() if name and count > 1]:
        raise _Unreadable(f"names the column {twice[0][:100]!r} twice: rename or remove one.")


def _fitted(line: int, row: list[str], width: int) -> list[str]:
    if len(row) > width:
        raise _Unreadable(f"has {len(row)} cells in line {line} and {width} columns: make them equal.")
    return row if len(row) == width else row + [""] * (width - len(row))
