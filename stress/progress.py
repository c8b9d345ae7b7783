"""How far a run is, on standard error: one line that changes at a terminal, else a line every few seconds."""

import asyncio
import sys

from stress.measures import BUCKET, Record, figures
from stress.report import Run, milliseconds

_EVERY = 0.5  # seconds, at a terminal


async def show(run: Run, record: Record) -> None:
    """Show it until cancelled."""
    terminal = sys.stderr.isatty()
    print(f"run {run.id} on {run.url}: everybody is {run.tag}-NUMBER@example.org", file=sys.stderr)
    try:
        while True:
            await asyncio.sleep(_EVERY if terminal else BUCKET)
            print(_line(run, record), end="\x1b[K\r" if terminal else "\n", file=sys.stderr, flush=True)
    finally:
        if terminal:
            print("\x1b[K", end="", file=sys.stderr, flush=True)


def _line(run: Run, record: Record) -> str:
    """Return one line: what was sent, and how the last seconds were answered."""
    recent = [it for it in record.samples[-5_000:] if it.at >= record.seconds - BUCKET]
    last, errors = figures("", recent, BUCKET), sum(it.error is not None for it in record.samples)
    return (
        f"{record.seconds:4.0f} of {run.plan.seconds:.0f} s  sent {record.sent:,}  "
        f"under way {record.sent - len(record.samples)}  errors {errors}  "
        f"last {BUCKET} s: p50 {milliseconds(last.p50)} ms, p99 {milliseconds(last.p99)} ms"
    )
