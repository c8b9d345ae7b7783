"""Reads CSV: commas or semicolons, UTF-8. What is wrong with one row never hides the others."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Any

from growth.domain.campaigns.entities.importing import BadLeadsFile, CsvFile, Record
from growth.domain.kernel.errors import Fault

MOST_LINES, MOST_COLUMNS = 50_000, 200
_BOM = b"\xef\xbb\xbf"


def parse_csv(content: bytes) -> CsvFile:
    """Return the rows by column name; blank rows are left out, and a column without a name is.

    Raises `BadLeadsFile`: too long, no UTF-8, no header, too many columns, or a column twice.
    """
    if max(content.count(b"\n"), content.count(b"\r")) > MOST_LINES:
        raise BadLeadsFile(f"The file has more than {MOST_LINES:,} lines: split it.")
    text = _decoded(content)
    columns, delimiter = max(((_header(text, each), each) for each in ",;"), key=lambda found: len(found[0]))
    if not any(columns):
        raise BadLeadsFile("The first line must name the columns, with commas or semicolons between them.")
    if len(columns) > MOST_COLUMNS:
        raise BadLeadsFile(f"The first line names {len(columns):,} columns: keep at most {MOST_COLUMNS}.")
    if twice := [name for name, count in Counter(columns).items() if name and count > 1]:
        listed = ", ".join(f'"{name}"' for name in twice)
        raise BadLeadsFile(f"The first line names a column twice: {listed}. Rename or remove one of the two.")
    return CsvFile(tuple(name for name in columns if name), tuple(_records(text, delimiter, columns)))


def _decoded(content: bytes) -> str:
    bom = len(_BOM) if content.startswith(_BOM) else 0
    try:
        return content[bom:].decode()
    except UnicodeDecodeError as error:
        at = bom + error.start
        line = content.count(b"\n", 0, at) + 1
        raise BadLeadsFile(f"Line {line}, byte {at + 1} is not UTF-8: save the file as UTF-8.") from None


def _reader(text: str, delimiter: str) -> Any:  # noqa: ANN401 - the class has no public name
    return csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(_reader(text, delimiter), [])]
    except csv.Error:  # quotes and another delimiter
        return []


def _records(text: str, delimiter: str, columns: list[str]) -> Iterator[Record]:
    reader = _reader(text, delimiter)
    next(reader)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, {}, (_unreadable(error),))
            continue
        if any(cell.strip() for cell in cells):
            yield _record(line, cells, columns)


def _unreadable(error: csv.Error) -> Fault:
    message = f"This is not CSV ({error}): put cells with quotes in quotes, and double the quotes in them."
    if "end of data" in str(error):
        message = "A quote opened here is never closed, so the rest of the file is one cell: close it."
    return Fault("", "not-csv", message)


def _record(line: int, cells: list[str], columns: list[str]) -> Record:
    if len(cells) != len(columns):
        message = f"This row has {len(cells)} cells and the first line {len(columns)} columns: make them equal."
        return Record(line, {}, (Fault("", "wrong-number-of-cells", message),))
    return Record(line, {name: cell for name, cell in zip(columns, cells, strict=True) if name})
