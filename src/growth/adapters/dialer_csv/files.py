"""The files: one for each injection, and an empty one as the signal to stop. They appear whole or not at all."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

COLUMNS: Final = (
    *("call_id", "lead_id", "batch_id", "run_id", "phone", "first_name", "last_name", "email", "postal_code"),
    *("segment", "score", "priority", "earliest", "latest", "agent"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_HIDDEN: Final = "."

Row = Mapping[str, object]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a file in one piece: who watches the folder never sees a part of it. A cell is no formula."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{_HIDDEN}{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


def read(path: Path) -> Sequence[Mapping[str, str]]:
    """Return the rows of a file, none where it is not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return ()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _sync(folder: Path) -> None:
    # The name of a file is on the disk when its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
