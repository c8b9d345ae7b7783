"""Fills the fields of a lead from a row as a mapping says: the same row always gives the same."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.importing.csv_rows import parse_csv
from growth.domain.campaigns.business_rules.slots import instant_of
from growth.domain.campaigns.entities.importing import (
    BadLeadsFile,
    BadMapping,
    Cell,
    Choose,
    Constant,
    DayTime,
    Filling,
    LeadMapping,
    Lookup,
    Numbered,
    Record,
    Template,
)
from growth.domain.kernel.errors import Fault

Tables = Mapping[Lookup, Mapping[str, str]]
"""What a look-up finds, by the key."""

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_LONGEST_NUMBER = 30
_YEARS = range(1900, 2200)
_LETTERS: Mapping[str, Callable[[str], str]] = {
    "digits": lambda text: "".join(letter for letter in text if letter in "0123456789"),
    "lower": str.lower,
    "upper": str.upper,
}


class _Unfit(Exception):
    """What is in the row cannot be used as the mapping says: a code, and what to do."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text is wanted: the field, the row, and the row's id."""

    field: str
    row: Mapping[str, str]
    id: str

    def stable(self, below: int) -> int:
        """Return a whole number from 0 to before `below`, always the same for this id and field."""
        return int.from_bytes(sha256(f"{self.id}\n{self.field}".encode()).digest()) % below


def indexed(mapping: LeadMapping, files: Mapping[str, bytes]) -> Tables:
    """Return what each look-up of the mapping finds in the files it names. Raises `BadMapping`."""
    return {lookup: _index(lookup, files[lookup.file]) for lookup in mapping.lookups}


def _index(lookup: Lookup, content: bytes) -> Mapping[str, str]:
    try:
        table = parse_csv(content)
    except BadLeadsFile as error:
        raise BadMapping(f"{lookup.file}: {error}") from None
    if missing := [column for column in (lookup.key, lookup.column) if column not in table.columns]:
        raise BadMapping(f"{lookup.file} has no column {' and no column '.join(missing)}: correct the mapping.")
    found: dict[str, str] = {}
    for record in table.records:
        if record.faults:
            raise BadMapping(f"{lookup.file}, line {record.line}: {record.faults[0].message}")
        key = record.cells[lookup.key].strip()
        if found.setdefault(key, record.cells[lookup.column]) != record.cells[lookup.column]:
            raise BadMapping(f"{lookup.file}, line {record.line}: this {lookup.key} was there before.")
    return found


def filled(record: Record, mapping: LeadMapping, tables: Tables) -> tuple[dict[str, str], tuple[Fault, ...]]:
    """Return the texts of all mapped fields of one row, and what could not be filled."""
    texts, faults = {}, []
    for name, filling in mapping.fields.items():
        place = _Place(name, record.cells, record.cells[mapping.id].strip())
        try:
            texts[name] = _text(filling, place, tables)
        except _Unfit as unfit:
            faults.append(Fault(name, *unfit.args))
    return texts, tuple(faults)


def _text(filling: Filling, place: _Place, tables: Tables) -> str:
    text = _source(filling, place, tables).strip()
    if not text:
        return filling.default
    if filling.values is not None:
        if text not in filling.values:
            raise _Unfit("no-translation", f'Add "{text[:100]}" to the `values` of this field in the mapping.')
        text = filling.values[text]
    return _multiplied(text, filling.times) if filling.times is not None else text


def _multiplied(text: str, times: Decimal) -> str:
    if not _NUMBER.fullmatch(text):
        raise _Unfit("expected-number", "Write a number like 1250000 or 99.5: the mapping multiplies it.")
    return str(int((Decimal(text) * times).to_integral_value()))


def _source(filling: Filling, place: _Place, tables: Tables) -> str:
    match filling.source:
        case Constant(text):
            return text
        case Cell(column):
            return place.row[column]
        case Template() as template:
            return _template(template, place)
        case Lookup() as lookup:
            return _looked_up(lookup, place, tables[lookup])
        case Choose() | Numbered() | DayTime() as made_up:
            return _made_up(made_up, place)


def _made_up(source: Choose | Numbered | DayTime, place: _Place) -> str:
    match source:
        case Choose(weights):
            at = place.stable(sum(weight for _, weight in weights))
            ends = accumulate(weight for _, weight in weights)
            return next(word for (word, _), end in zip(weights, ends, strict=True) if at < end)
        case Numbered():
            return _numbered(source, place)
        case DayTime():
            return _day_time(source, place)


def _looked_up(lookup: Lookup, place: _Place, found: Mapping[str, str]) -> str:
    wanted = place.row[lookup.key].strip()
    if wanted and wanted not in found:
        raise _Unfit("not-found", f"There is no {lookup.key} like this in {lookup.file}.")
    return found.get(wanted, "")


def _template(template: Template, place: _Place) -> str:
    text = ""
    for piece in template.pieces:
        text += piece.text
        if piece.column:
            cell = place.row[piece.column].strip()
            if not cell:
                return ""
            text += _LETTERS[piece.letters](cell) if piece.letters else cell
    return text


def _numbered(numbered: Numbered, place: _Place) -> str:
    """Deal the numbers out to the blocks in turn, so that no two numbers in the column get the same."""
    digits = _LETTERS["digits"](place.row[numbered.column])
    room = len(numbered.blocks) * 10**numbered.digits
    if not digits:
        return ""
    if len(digits) > _LONGEST_NUMBER or int(digits) >= room:
        raise _Unfit("no-number-left", f"The blocks have room for numbers below {room:,}: add blocks.")
    rest, block = divmod(int(digits), len(numbered.blocks))
    return f"{numbered.blocks[block]}{rest:0{numbered.digits}}"


def _day_time(wanted: DayTime, place: _Place) -> str:
    cell = place.row[wanted.column].strip()
    if not cell:
        return ""
    try:
        day: date | None = date.fromisoformat(cell) + timedelta(days=wanted.shift_days)
    except (ValueError, OverflowError):
        day = None
    if day is None or day.year not in _YEARS:
        raise _Unfit("expected-date", "Write a date like 2026-11-21.")
    first, last = datetime.combine(day, wanted.first), datetime.combine(day, wanted.last)
    local = first + timedelta(seconds=place.stable(int((last - first).total_seconds())))
    return instant_of(local, ZoneInfo(wanted.timezone)).isoformat()
