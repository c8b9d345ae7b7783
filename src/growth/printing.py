"""What commands print with."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from rich import box
from rich.console import Console
from rich.table import Table

from growth.domain.campaigns.entities.runs import RunReport

_WIDTH_OF_FILES = 130  # of what is piped or written to a file, where no terminal says it
out = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def runs_table(runs: Sequence[RunReport], zone: tzinfo = UTC) -> Table:
    """Return runs as a table: one row per campaign and slot, and the sum."""
    names = ("candidates", "injected", "called", "reached", "appointments", "recycled", "dropped")
    table = Table(box=box.SIMPLE_HEAD, caption=f"times: {zone}", padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("slot", "campaign", "state"):
        table.add_column(title, no_wrap=True)
    for title in names:
        table.add_column(title, justify="right")
    table.add_column("gates", no_wrap=True)
    for run in runs:
        numbers = [f"{getattr(run, name):,}" for name in names]
        slot = f"{run.slot_start.astimezone(zone):%a %d %b %H:%M}"
        table.add_row(slot, run.campaign, run.state, *numbers, _gates(run.gates))
    table.add_section()
    sums = [f"{sum(getattr(run, name) for run in runs):,}" for name in names]
    table.add_row("all", "", "", *sums, _gates(sum((Counter(run.gates) for run in runs), Counter())))
    return table


def _gates(gates: Mapping[str, int]) -> str:
    return "\n".join(f"{gate} {number:,}" for gate, number in sorted(gates.items()))
