"""Reads tables of plain values, as a TOML file gives them, and notes every wrong place, not just one."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import available_timezones

from growth.domain.kernel.errors import Fault

_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a configuration: a wrong value goes to `faults`, and a stand-in is returned for it.

    `at` is where it stands, like "campaigns[2]", or "" for the whole. A key with a `default` may be absent.
    """

    raw: Mapping[str, object]
    at: str
    faults: list[Fault]

    def pointer(self, key: str) -> str:
        return f"{self.at}.{key}" if self.at else key

    def wrong(self, key: str, code: str, message: str) -> None:
        """Note what is wrong with a key, once: what follows from the first fault is no second one."""
        if all(fault.pointer != self.pointer(key) for fault in self.faults):
            self.faults.append(Fault(self.pointer(key), code, message))

    def sound(self) -> bool:
        """Tell whether nothing wrong was found in here, as far as it was read."""
        return not any(fault.pointer.startswith(self.pointer("")) for fault in self.faults)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw.get(key, default)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()
        self.wrong(key, "expected-text", "Write a text here.")
        return ""

    def one_of(self, key: str, known: Collection[str], default: str | None = None) -> str:
        value = self.raw.get(key, default)
        if isinstance(value, str) and value in known:
            return value
        self.wrong(key, "unexpected-value", f"Write one of: {', '.join(sorted(known))}.{did_you_mean(value, known)}")
        return ""

    def time_zone(self, key: str, default: str | None = None) -> str:
        name = self.text(key, default)
        if name and name not in _time_zones():
            near = did_you_mean(name, _time_zones())
            self.wrong(key, "unknown-time-zone", f'Write the name of a time zone, like "Europe/Paris".{near}')
        return name

    def whole(self, key: str, least: int = 0, most: int = _MOST, default: int | None = None) -> int:
        value = self.raw.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(key, "expected-whole-number", f"Write a whole number from {least} to {most}.")
        return least

    def yes_or_no(self, key: str) -> bool:
        value = self.raw.get(key)
        if isinstance(value, bool):
            return value
        self.wrong(key, "expected-true-or-false", "Write true or false here.")
        return False

    def day(self, key: str) -> date:
        value = self.raw.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.wrong(key, "expected-date", "Write a date here without quotes, like 2026-12-24.")
        return date.min

    def texts(self, key: str) -> list[tuple[str, str]]:
        """Return the texts of a list, each with its own key, like `slots[1]`; an absent list is empty."""
        value = self.raw.get(key, ())
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.wrong(key, "expected-list", 'Write a list of texts here, like ["one", "two"].')
            return []
        texts = []
        for index, entry in enumerate(value):
            if isinstance(entry, str) and entry.strip() and entry.isprintable():
                texts.append((f"{key}[{index}]", entry.strip()))
            else:
                self.wrong(f"{key}[{index}]", "expected-text", "Write a text in quotes here.")
        return texts

    def table(self, key: str) -> "Table":
        value = self.raw.get(key)
        if isinstance(value, Mapping) and value:
            return Table(value, self.pointer(key), self.faults)
        self.wrong(key, "expected-table", "Write a table here, with one entry at least.")
        return Table({}, self.pointer(key), self.faults)

    def tables(self, key: str) -> list["Table"]:
        value = self.raw.get(key)
        if isinstance(value, Sequence) and value and all(isinstance(entry, Mapping) for entry in value):
            return [Table(entry, self.pointer(f"{key}[{index}]"), self.faults) for index, entry in enumerate(value)]
        self.wrong(key, "expected-tables", "Write a list of tables here, with one at least.")
        return []

    def nothing_else(self, *known: str) -> None:
        for key in self.raw:
            if key not in known:
                message = f"There is no such key here: use {', '.join(known)}.{did_you_mean(key, known)}"
                self.wrong(key, "unknown-key", message)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads some hundred folders and files


def distinct(tables: Iterable[Table], key: str, message: str) -> None:
    """Note where a table has the same value as one before it; `message` says what to do."""
    seen: list[object] = []
    for table in tables:
        value = table.raw.get(key)
        value = value.strip() if isinstance(value, str) else value
        if value is not None and value in seen:
            table.wrong(key, "duplicate", message)
        seen.append(value)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return a sentence that names the known word nearest to this one, or nothing when none is near."""
    by_lower = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_lower, n=1) if isinstance(word, str) else []
    return f' Did you mean "{by_lower[near[0]]}"?' if near else ""
