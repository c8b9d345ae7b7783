"""`python -m benchmarks`: measure, print tables, keep the figures as JSON.

The exit code tells about errors (wrong answers, rows that do not add up), not about speed: a figure is information.
"""

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks import (
    choose,
    estimates,
    events,
    handover,
    imports,
    judging,
    models,
    payments,
    profiles,
    rescoring,
    rest,
    routes,
    timelines,
    webhooks,
)
from benchmarks.frame import RESULTS, Cluster, Plan, Result
from growth.adapters.db.embedded import embedded

TARGETS: Mapping[str, Callable[[Cluster, Plan], Result]] = {
    "estimates": estimates.run,
    "events": events.run,
    "timelines": timelines.run,
    "choose": choose.run,
    "payments": payments.run,
    "profiles": profiles.run,
    "routes": routes.run,
    "import": imports.run,
    "rest": rest.run,
    "webhooks": webhooks.run,
    "models": models.run,
    "rescoring": rescoring.run,
    "judging": judging.run,
    "handover": handover.run,
}
_WORDS = {True: "reached", False: "MISSED", None: ""}
out = Console(width=None if sys.stdout.isatty() else 160, soft_wrap=True)


def main() -> int:
    """Run the chosen targets, each on databases of its own in one durable cluster."""
    chosen, plan = _chosen(sys.argv[1:])
    out.print(f"{os.cpu_count()} cores, {plan.rounds} rounds, seed {plan.seed}; load now {os.getloadavg()[0]:.1f}")
    results = []
    with TemporaryDirectory(prefix="growth-bench-") as folder, embedded(Path(folder) / "pg") as url:
        cluster = Cluster(Path(folder) / "pg", url)
        for name in chosen:
            started = time.monotonic()
            results.append(TARGETS[name](cluster, plan))
            _print(results[-1], time.monotonic() - started)
    out.print(_verdict(results))
    out.print(f"All figures: {_keep(results, plan)}")
    errors = [f"{result.target}: {error}" for result in results for error in result.errors]
    for error in errors:
        out.print(f"ERROR {error}", style="red", markup=False)
    return 1 if errors else 0


def _chosen(arguments: Sequence[str]) -> tuple[list[str], Plan]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each, only to see that it works")
    parser.add_argument("--only", action="append", choices=list(TARGETS), help="this target; may be given again")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each that are kept (default 5)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the order within a round")
    given = parser.parse_args(arguments)
    plan = Plan(1 if given.quick else given.rounds, 1.0 if given.quick else 4.0, given.seed, given.quick)
    return given.only or list(TARGETS), plan


def _print(result: Result, seconds: float) -> None:
    names = list(result.rows[0]) if result.rows else []
    thrown = f", {result.rounds_thrown_away} thrown away" if result.rounds_thrown_away else ""
    table = Table(*names, title=f"{result.target} ({seconds:.0f} s{thrown})", title_justify="left")
    for row in result.rows:
        table.add_row(*(_text(row[name]) for name in names))
    out.print(table)


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _verdict(results: Sequence[Result]) -> Table:
    table = Table("target", "what", "bar", "measured", "", title="Bars", title_justify="left")
    for result in results:
        for bar in result.bars:
            table.add_row(result.target, bar.name, bar.promised, bar.measured, _WORDS[bar.reached])
    return table


def _keep(results: Sequence[Result], plan: Plan) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    kept = {"at": now.isoformat(), "machine": machine, "plan": asdict(plan), "results": [asdict(r) for r in results]}
    file = RESULTS / f"{now:%Y%m%dT%H%M%S}.json"
    file.write_text(json.dumps(kept, indent=1))
    return file


if __name__ == "__main__":
    sys.exit(main())
