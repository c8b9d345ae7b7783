"""The files: one for each injection, and an empty one as the signal to stop. They appear whole or not at all."""

import csv
import fcntl
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

COLUMNS: Final = (
    *("call_id", "lead_id", "batch_id", "run_id", "phone", "first_name", "last_name", "email", "postal_code"),
    *("segment", "score", "priority", "earliest", "latest", "agent"),
)
_ASIDE: Final = ".aside"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, object]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a CSV file in one piece: who watches the folder never sees a part of it. A cell is no formula."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    _put(path, text.getvalue())


def read(path: Path) -> Sequence[Mapping[str, str]]:
    """Return the rows of a file, none where it is not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return ()


def take_out(folder: Path, unwanted: Callable[[Mapping[str, str]], bool]) -> None:
    """Take rows out of all files that nobody has fetched. One process at a time may do so: see `alone`.

    A file is put aside while it is written again, so that whoever fetches it has it as it was or as it is. What a
    process that was killed has put aside is finished by the next.
    """
    for path in folder.glob("*.csv"):
        if any(map(unwanted, read(path))):
            with suppress(FileNotFoundError):  # fetched meanwhile
                path.rename(path.with_name(f".{path.name}{_ASIDE}"))
    for aside in folder.glob(f".*{_ASIDE}"):
        left = [row for row in read(aside) if not unwanted(row)]
        if left:
            write(aside, left)
            aside.rename(aside.with_name(aside.name[1:].removesuffix(_ASIDE)))
        else:
            aside.unlink()  # a file without rows is the signal to stop


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for other processes that hold this path, and hold it until the block ends, or the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def note(path: Path, lines: Iterable[object]) -> None:
    """Write lines of our own, in one piece, too."""
    _put(path, "".join(f"{line}\n" for line in lines))


def noted(path: Path) -> Sequence[str] | None:
    """Return such lines, None where there are none."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


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
