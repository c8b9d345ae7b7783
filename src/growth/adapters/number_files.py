"""Files of telephone numbers on disk, read line by line: they may have millions."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from growth.domain.campaigns.entities.do_not_call import BadNumbersFile, NumberLine

_SEPARATORS: Final = ",;\t"
_LONGEST: Final = 64  # characters of a number, however it is spelled


@dataclass(frozen=True, slots=True)
class NumbersFile:
    """An open file, to be read by one at a time; `size` and `done` are its bytes, all and those that were read."""

    text: TextIO
    column: str | None
    size: int
    content: BinaryIO

    def lines(self) -> Iterator[NumberLine]:
        """Read it from its beginning. Raises `BadNumbersFile`, once it is read."""
        self.text.seek(0)
        return _plain(self.text) if self.column is None else _of_column(self.text, self.column)

    @property
    def done(self) -> int:
        return min(self.content.tell(), self.size)


@contextmanager
def numbers_in(path: Path, column: str | None) -> Iterator[NumbersFile]:
    """Open a file that has a number in each line, or in a column of a CSV file. Raises `BadNumbersFile`."""
    try:
        content = path.open("rb")
    except OSError as refused:
        raise BadNumbersFile(f"{path} cannot be read ({refused.strerror}): correct the path.") from None
    with content, io.TextIOWrapper(content, "utf-8-sig", errors="replace", newline="") as text:
        yield NumbersFile(text, column, path.stat().st_size, content)


def _plain(text: TextIO) -> Iterator[NumberLine]:
    """Yield what lines have in them; a first line without any digit is a heading."""
    for number, line in enumerate(text, 1):
        words = line.strip().strip('"')
        if words and (number > 1 or any(character.isdigit() for character in words)):
            yield NumberLine(number, words[:_LONGEST])


def _of_column(text: TextIO, column: str) -> Iterator[NumberLine]:
    heading = text.readline()
    separator = max(_SEPARATORS, key=heading.count)
    names = [name.strip().casefold() for name in next(csv.reader([heading], delimiter=separator), [])]
    if column.strip().casefold() not in names:
        raise BadNumbersFile(f"The first line of the file names no column {column!r}: name one that is there.")
    place = names.index(column.strip().casefold())
    rows = csv.reader(text, delimiter=separator)
    try:
        for row in rows:
            if any(row):
                yield NumberLine(rows.line_num + 1, row[place][:_LONGEST] if place < len(row) else "")
    except csv.Error:
        raise BadNumbersFile(f"Line {rows.line_num + 1} of the file is not CSV: mend it there.") from None
