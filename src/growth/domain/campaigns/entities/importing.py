"""An import of leads: the file's rows, how a mapping fills the fields of a lead, and the report of it all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Literal

from growth.domain.campaigns.entities.leads import Submission
from growth.domain.kernel.errors import Fault, Invalid


class BadLeadsFile(Invalid):
    """The file of leads cannot be read."""

    code = "bad-leads-file"


class BadMapping(Invalid):
    """The mapping file of an import cannot be used."""

    code = "bad-import-mapping"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a CSV file by column name; `line` is where it begins, the file's first being 1."""

    line: int
    cells: Mapping[str, str]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class CsvFile:
    columns: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A row that can be taken, or why it cannot: just one of `submission` and `faults` is there."""

    line: int
    submission: Submission | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadsFile:
    """All rows of a file, good and bad; `notes` are about the file as a whole."""

    rows: tuple[LeadRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    line: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`read` rows = `taken` + `repeated` (there already, nothing changed) + those in `bad`."""

    read: int
    taken: int
    repeated: int
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    column: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A fixed text, then what is in a column."""

    text: str
    column: str | None
    letters: Literal["digits", "lower", "upper"] | None


@dataclass(frozen=True, slots=True)
class Template:
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """`key` is the column that both files share, `column` the one wanted of the other file."""

    file: str
    key: str
    column: str


@dataclass(frozen=True, slots=True)
class Choose:
    weights: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number of its own for each number in `column`: one of the blocks, then so many `digits`."""

    blocks: tuple[str, ...]
    digits: int
    column: str


@dataclass(frozen=True, slots=True)
class DayTime:
    """The day in a column, moved by `shift_days`, at a time of day from `first` to before `last`."""

    column: str
    first: time
    last: time
    timezone: str
    shift_days: int


Source = Constant | Cell | Template | Lookup | Choose | Numbered | DayTime


@dataclass(frozen=True, slots=True)
class Filling:
    """How one field is filled: from its source, translated, multiplied; `default` where the source has nothing."""

    source: Source
    values: Mapping[str, str] | None
    times: Decimal | None
    default: str


@dataclass(frozen=True, slots=True)
class LeadMapping:
    """How each field of a lead is filled; what is made up is always the same for one value of the column `id`."""

    id: str
    fields: Mapping[str, Filling]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that a file must have."""
        named = [self.id]
        for filling in self.fields.values():
            match filling.source:
                case Cell(column) | Numbered(column=column) | DayTime(column=column) | Lookup(key=column):
                    named.append(column)
                case Template(pieces):
                    named += [piece.column for piece in pieces if piece.column]
                case _:
                    pass
        return tuple(dict.fromkeys(named))

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        return tuple(f.source for f in self.fields.values() if isinstance(f.source, Lookup))
