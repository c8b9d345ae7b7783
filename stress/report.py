"""What a run comes to: tables for a person, JSON for a program, and how to remove what was written."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.table import Table

from stress.measures import ALL, BUCKET, Record, by_name, errors_of, timeline
from stress.schedule import Plan

_MOST_ROWS = 40  # of the timeline as a table
_LATE = 50  # milliseconds from which on the client's own lateness is worth a line
_COLUMNS = ("sent", "per s", "answered", "refused as due", "errors", "p50 ms", "p90 ms", "p99 ms", "max ms")


@dataclass(frozen=True, slots=True)
class Run:
    """`id` tags all that was written. `people`: their numbers go from 1 to this. `left_out`: kinds, and why."""

    id: str
    url: str
    plan: Plan
    seed: int
    people: int
    left_out: Sequence[str]

    @property
    def tag(self) -> str:
        return f"stress-{self.id}"


Rows = Sequence[Sequence[str]]


def kinds_of(record: Record) -> tuple[Sequence[str], Rows]:
    """Return titles and rows of the figures of each kind, those of all as the last row."""
    rows = [
        (
            it.name,
            f"{it.sent:,}",
            f"{it.per_second:.1f}",
            f"{it.answered:,}",
            f"{it.refused:,}",
            f"{it.errors:,}",
            *(milliseconds(value) for value in (it.p50, it.p90, it.p99, it.longest)),
        )
        for it in by_name(record)
    ]
    return ("kind", *_COLUMNS), rows


def errors(record: Record) -> tuple[Sequence[str], Rows]:
    return ("kind", "error", "number"), [(name, error, f"{number:,}") for name, error, number in found(record)]


def buckets_of(record: Record) -> tuple[Sequence[str], Rows]:
    """Return the timeline, in so wide buckets that it can be read."""
    width = BUCKET * max(1, math.ceil(record.seconds / BUCKET / _MOST_ROWS))
    rows = [
        (
            f"{it.start}",
            f"{it.sent:,}",
            f"{it.per_second:.1f}",
            milliseconds(it.p50),
            milliseconds(it.p99),
            f"{it.errors:,}",
        )
        for it in timeline(record, width)
    ]
    return ("from s", "sent", "per s", "p50 ms", "p99 ms", "errors"), rows


def found(record: Record) -> list[tuple[str, str, int]]:
    return errors_of(record.samples)


def milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def table(title: str, titles: Sequence[str], rows: Rows, texts: int = 1) -> Table:
    """Return a table whose first so many columns are texts, the others numbers."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for place, name in enumerate(titles):
        shown.add_column(name, justify="left" if place < texts else "right", no_wrap=place < 1)
    for row in rows:
        if row[0] == ALL:
            shown.add_section()
        shown.add_row(*row)
    return shown


def notes(run: Run, record: Record) -> list[str]:
    """Return what the tables do not say."""
    lines = [f"Left out: {why}" for why in run.left_out]
    if record.interrupted:
        lines.append(
            f"Interrupted after {record.seconds:.0f} s; {record.cut} requests were under way and do not count."
        )
    if record.late_ms > _LATE:
        lines.append(
            f"The client itself was late by up to {milliseconds(record.late_ms)} ms, which is in the times: give it a "
            "processor of its own."
        )
    return lines


def how_to_erase(run: Run) -> str:
    """Return shell commands that erase everybody of the run, and what stays."""
    fields = "-H \"Authorization: Bearer $ADMIN\" -H 'Content-Type: application/json'"
    body = f'"{{\\"email\\":\\"{run.tag}-$n@example.org\\",\\"dry_run\\":false}}"'
    return f"""Everybody of this run is {run.tag}-NUMBER@example.org. To erase them all, with an admin key in $ADMIN:
  for n in $(seq {run.people}); do
    curl -sS -o /dev/null -X POST {run.url}/v1/erasures {fields} -d {body}
    curl -sS -X DELETE {run.url}/v1/referral-profiles/{run.tag}-$n -H "Authorization: Bearer $ADMIN"
  done
Users, contracts, payments and stored webhooks stay, without a real person in them: their ids hold {run.tag}."""


def as_json(run: Run, record: Record) -> dict[str, Any]:
    *kinds, all_ = (asdict(it) for it in by_name(record))
    return {
        "run": run.id,
        "url": run.url,
        "seed": run.seed,
        "plan": asdict(run.plan),
        "seconds": record.seconds,
        "interrupted": record.interrupted,
        "cut": record.cut,
        "client_late_ms": record.late_ms,
        "people": run.people,
        "left_out": list(run.left_out),
        "kinds": kinds,
        "all": all_,
        "errors": [{"kind": name, "error": error, "number": number} for name, error, number in found(record)],
        "timeline": [asdict(it) for it in timeline(record)],
    }
