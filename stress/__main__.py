"""`python -m stress`: put a realistic load on a server, and print what it did to it.

The exit code is 1 when something was answered that should not be, or, with --p99, too late; 2 when nothing was sent;
130 when somebody interrupted it.
"""

import asyncio
import json
import secrets
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from random import Random

import uvloop
from rich.console import Console

from benchmarks.line import Line
from stress import progress, report
from stress.load import Load
from stress.measures import ALL, Record, figures
from stress.options import Options, read_options
from stress.people import People
from stress.report import Run
from stress.schedule import arrivals
from stress.target import MayBeProduction, NotThere, Target, check_key, look_at
from stress.traffic import Secrets, Traffic
from stress.webhooks import PARTNER_PATH, STRIPE_PATH

_NOT_RUN, _INTERRUPTED = 2, 130
out = Console(width=None if sys.stdout.isatty() else 130, soft_wrap=True)


def main() -> int:
    """Run, print, and return the exit code."""
    options = read_options(sys.argv[1:])
    record = Record()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            run = runner.run(_run(options, record))
    except (MayBeProduction, NotThere) as refusal:
        print(refusal, file=sys.stderr)
        return _NOT_RUN
    except KeyboardInterrupt:
        return _INTERRUPTED
    _show(options, run, record)
    if options.html:
        from stress.page import written  # noqa: PLC0415 - what draws is slow to import

        options.html.write_text(written(run, record), encoding="utf-8")
    return _code(options, record)


async def _run(options: Options, record: Record) -> Run:
    line = Line(options.url, connections=options.connections)
    target = await look_at(options.url, line, yes_real_data=options.yes_real_data)
    try:
        await check_key(line, options.key)
    except (OSError, EOFError, ValueError) as error:
        raise NotThere(f"{options.url} does not answer as Growth does: look at GET {options.url}/readyz.") from error
    usable, left_out = _usable(options, target)
    if options.mix.parts.keys() == {"webhooks"} and usable == Secrets():
        raise NotThere(f"Nothing is left to send: {'; '.join(left_out)}.")
    chance, id_ = Random(options.seed), secrets.token_hex(3)
    people = People(id_, chance)
    traffic = Traffic(people, options.key, options.mix, usable, chance)
    load = Load(line, traffic, record, options.patience)
    run = Run(id_, options.url, options.plan, options.seed, 0, left_out)
    putting = asyncio.create_task(load.run(arrivals(options.plan, chance), options.plan.seconds))
    for cause in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(cause, putting.cancel)
    showing = asyncio.create_task(progress.show(run, record))
    try:
        await putting
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
    return replace(run, people=people.newest)


def _usable(options: Options, target: Target) -> tuple[Secrets, list[str]]:
    """Return what can be signed and is heard by the server, and why the rest is left out."""
    given, left_out = options.secrets, []
    if not options.mix.parts.get("webhooks"):
        return Secrets(), []
    name = given.partner[0] if given.partner else "NAME"
    if not given.stripe:
        left_out.append("webhooks of Stripe, there is no --stripe-secret")
    elif not target.has(STRIPE_PATH, STRIPE_PATH):
        left_out.append(f"webhooks of Stripe, the server has no {STRIPE_PATH}: it was started without their secret")
    if not given.partner:
        left_out.append("webhooks of a partner, there is no --partner")
    elif not target.has(PARTNER_PATH.format(name), PARTNER_PATH.format("{name}")):
        left_out.append(f"webhooks of a partner, the server has no {PARTNER_PATH.format(name)}")
    said = " ".join(left_out)
    return Secrets(
        None if "of Stripe" in said else given.stripe, None if "a partner" in said else given.partner
    ), left_out


def _show(options: Options, run: Run, record: Record) -> None:
    if options.as_json:
        print(json.dumps(report.as_json(run, record), indent=1))
        return
    title = f"{run.url}, run {run.id}, seed {run.seed}: {record.seconds:.0f} s, up to {options.plan.rate:g} a second"
    out.print(report.table(title, *report.kinds_of(record)))
    titles, rows = report.errors(record)
    if rows:
        out.print(report.table("Errors", titles, rows, texts=2))
    out.print(report.table("Timeline", *report.buckets_of(record), texts=0))
    for note in [*report.notes(run, record), report.how_to_erase(run)]:
        out.print(note, markup=False, highlight=False)


def _code(options: Options, record: Record) -> int:
    all_ = figures(ALL, record.samples, record.seconds)
    slow = options.p99 is not None and all_.p99 > options.p99
    if slow:
        print(f"p99 is {all_.p99:.0f} ms, above {options.p99:g} ms.", file=sys.stderr)
    if record.interrupted:
        return _INTERRUPTED
    return 1 if slow or all_.errors else 0


if __name__ == "__main__":
    sys.exit(main())
