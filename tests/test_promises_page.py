"""What docs/promises.md cites exists: every test, every module; and no promise stands there twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_ROW = re.compile(r"^\| ([A-Z]+\d+) \| (.+?) \| `([^`]+)` \| (.+) \| (.+) \|$", re.MULTILINE)


def missing(page: str) -> Iterator[str]:
    """Yield what a row cites and nobody finds, and the rows that cite no test for every day."""
    for id_, _, module, daily, full in _ROW.findall(page):
        if not (ROOT / "src" / "growth" / module).is_file():
            yield f"{id_}: {module}"
        if not _TEST.search(daily):
            yield f"{id_}: no test"
        for file, name in _TEST.findall(f"{daily} {full}"):
            path = ROOT / "tests" / file
            if not (
                path.is_file() and re.search(rf"^(async )?def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE)
            ):
                yield f"{id_}: {file}::{name}"


def test_whatever_the_page_cites_exists() -> None:
    assert list(missing(PAGE)) == []


def test_every_line_of_the_tables_is_a_promise_of_its_own() -> None:
    ids = [row[0] for row in _ROW.findall(PAGE)]
    lines = [line for line in PAGE.splitlines() if re.match(r"\| ?[A-Z]", line)]
    assert len(ids) == len(set(ids)) == len(lines) > 60


def test_full_size_is_shown_by_torture_and_every_day_by_the_others() -> None:
    for id_, _, _, daily, full in _ROW.findall(PAGE):
        assert not any(file.startswith("torture/") for file, _ in _TEST.findall(daily)), id_
        assert all(file.startswith("torture/") for file, _ in _TEST.findall(full)), id_


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "| X1 | It is so. | `schedule.py` | `test_promises_page.py::test_nobody` | — |",
            "test_promises_page.py::test_n",
        ),
        ("| X1 | It is so. | `schedule.py` | `test_gone.py::test_it` | — |", "test_gone.py::test_it"),
        ("| X1 | It is so. | `gone.py` | `test_promises_page.py::test_what_is_missing_is_named` | — |", "gone.py"),
        ("| X1 | It is so. | `schedule.py` | — | — |", "no test"),
    ],
)
def test_what_is_missing_is_named(row: str, fault: str) -> None:
    (found,) = missing(row)
    assert found.startswith(f"X1: {fault}")
