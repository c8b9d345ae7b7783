"""Do-not-call lists: numbers that nobody may call. Of a number only its keyed hash is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class CallList:
    """One list of one country. `source`: who tells us of its numbers, an API key's id or the command line."""

    name: str
    country_code: Country
    source: str


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number as it stands in a line of a file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ListReport:
    """What became of a file: `read` lines = `listed` anew + `known` before + `bad`; `removed`: not in the file.

    `bad_lines`: the first of them.
    """

    read: int = 0
    listed: int = 0
    known: int = 0
    bad: int = 0
    removed: int = 0
    bad_lines: Sequence[int] = ()


class BadNumbersFile(Invalid):
    """The file of numbers cannot be used."""

    code = "bad-numbers-file"
