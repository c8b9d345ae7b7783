"""Reads a mapping: the small language in which somebody says how the fields of a lead are filled from a file."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal
from typing import cast

from growth.domain.campaigns.business_rules.importing.fields import FIELDS, REQUIRED
from growth.domain.campaigns.entities.importing import (
    BadMapping,
    Cell,
    Choose,
    Constant,
    DayTime,
    Filling,
    LeadMapping,
    Lookup,
    Numbered,
    Piece,
    Source,
    Template,
)
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.toml_tables import Table

_PLACE = re.compile(r"\{([^{}:]+)(?::(digits|lower|upper))?\}")
_FILE = re.compile(r"[^./\\][^/\\]*")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_BLOCK = re.compile(r"\+?\d{1,14}", re.ASCII)
_MOST_WEIGHT, _MOST_DIGITS, _MOST_DAYS, _MOST_TIMES = 1_000_000, 12, 100_000, 1_000_000


def parse_mapping(raw: Mapping[str, object]) -> LeadMapping:
    """Return the mapping that a TOML file's content stands for.

    Raises `BadMapping` with every fault at once, each at a key like `fields.phone.number.blocks[0]`.
    """
    faults: list[Fault] = []
    root = Table(raw, "", faults)
    id_, fields = root.text("id"), root.table("fields")
    root.nothing_else("id", "fields")
    fields.nothing_else(*FIELDS)
    for name in REQUIRED:
        if name not in fields.raw:
            fields.wrong(name, "missing", "Say how this field is filled: every lead needs it.")
    mapping = LeadMapping(id_, {name: _filling(fields, name) for name in fields.raw})
    if faults:
        listed = "".join(f"\n  {fault.pointer}: {fault.message}" for fault in faults)
        raise BadMapping(f"Correct this in the mapping ({len(faults)} in all):{listed}", *faults)
    return mapping


def _filling(fields: Table, name: str) -> Filling:
    if isinstance(fields.raw[name], str):
        return Filling(Constant(fields.text(name)), None, None, "")
    table = fields.table(name)
    kinds = [kind for kind in _KINDS if kind in table.raw]
    table.nothing_else(*_KINDS, "values", "times", "default")
    if len(kinds) != 1:
        message = f"Say where the field comes from, by just one of: {', '.join(_KINDS)}."
        fields.wrong(name, "expected-one-source", message)
        return Filling(Constant(""), None, None, "")
    return Filling(
        source=_KINDS[kinds[0]](table),
        values=_values(table) if "values" in table.raw else None,
        times=_times(table) if "times" in table.raw else None,
        default=table.text("default") if "default" in table.raw else "",
    )


def _values(table: Table) -> Mapping[str, str]:
    values = table.table("values")
    return {key: values.text(key) for key in values.raw}


def _times(table: Table) -> Decimal:
    value = table.raw["times"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 < cast("float", value) <= _MOST_TIMES:
        return Decimal(str(value))
    table.wrong("times", "expected-number", f"Write a number above 0, up to {_MOST_TIMES}, like 0.25.")
    return Decimal(1)


def _template(table: Table) -> Template:
    text = table.text("template")
    if re.search(r"[{}]", _PLACE.sub("", text)):
        message = "Write a column as {Column}, {Column:digits}, {Column:lower} or {Column:upper}."
        table.wrong("template", "bad-template", message)
    pieces, end = [], 0
    for place in _PLACE.finditer(text):
        letters = cast("None", place[2])  # one of the three, by the pattern
        pieces.append(Piece(text[end : place.start()], place[1].strip(), letters))
        end = place.end()
    return Template((*pieces, Piece(text[end:], None, None)))


def _lookup(table: Table) -> Lookup:
    inner = table.table("lookup")
    inner.nothing_else("file", "key", "column")
    file = inner.text("file")
    if file and not _FILE.fullmatch(file):
        message = "Write just the name of a file that is beside the mapping file."
        inner.wrong("file", "not-beside", message)
    return Lookup(file, inner.text("key"), inner.text("column"))


def _choose(table: Table) -> Choose:
    inner = table.table("choose")
    weights = tuple((word, inner.whole(word, 0, _MOST_WEIGHT)) for word in inner.raw)
    if inner.raw and not sum(weight for _, weight in weights):
        table.wrong("choose", "no-weight", "Give one of them a weight above 0.")
    return Choose(weights)


def _number(table: Table) -> Numbered:
    inner = table.table("number")
    inner.nothing_else("blocks", "digits", "from")
    blocks = inner.texts("blocks")
    for key, block in blocks:
        if not _BLOCK.fullmatch(block):
            inner.wrong(key, "bad-block", 'Write the digits that the numbers begin with, like "019900".')
    texts = tuple(block for _, block in blocks)
    if not texts or len(set(texts)) < len(texts):
        inner.wrong("blocks", "expected-blocks", "List one block or more, each once.")
    return Numbered(texts, inner.whole("digits", 1, _MOST_DIGITS), inner.text("from"))


def _day_time(table: Table) -> DayTime:
    inner = table.table("time_of_day")
    inner.nothing_else("day", "from", "to", "timezone", "shift_days")
    first, last = _clock(inner, "from"), _clock(inner, "to")
    if first >= last and inner.sound():
        inner.wrong("to", "ends-before-it-starts", "Write a later time here than in `from`.")
    zone, shift = inner.time_zone("timezone"), inner.whole("shift_days", -_MOST_DAYS, _MOST_DAYS, 0)
    return DayTime(inner.text("day"), first, last, zone, shift)


def _clock(table: Table, key: str) -> time:
    value = str(table.raw.get(key))
    if _TIME.fullmatch(value):
        return time.fromisoformat(value)
    table.wrong(key, "expected-time-of-day", 'Write a time of day in quotes, like "09:30".')
    return time()


_KINDS: Mapping[str, Callable[[Table], Source]] = {
    "column": lambda table: Cell(table.text("column")),
    "template": _template,
    "lookup": _lookup,
    "choose": _choose,
    "number": _number,
    "time_of_day": _day_time,
}
