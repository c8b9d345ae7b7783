"""Runs judged again, and slots to come simulated. Neither changes anything."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from dishka import AsyncContainer
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.progress import track
from rich.table import Table

from growth.adapters.campaigns_file import load_campaigns
from growth.adapters.dialer_csv.simulated import write_simulated
from growth.adapters.whole_files import CannotWrite
from growth.api.replays import ReplayOut
from growth.cli.options import AsJson, instant, print_json
from growth.domain.campaigns.business_rules.simulating import SimulatedRun
from growth.domain.campaigns.entities.configuration import CampaignType, Configuration
from growth.domain.campaigns.entities.law import LawSettings
from growth.domain.campaigns.entities.replays import NothingKept, Replay
from growth.domain.campaigns.entities.runs import Decision, Outcome, RunId
from growth.domain.campaigns.ports.views import RunViews
from growth.domain.campaigns.use_cases import ReplayRun, SimulateCampaigns
from growth.domain.campaigns.use_cases.simulate_campaigns import Simulation
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.operating import MovableClock
from growth.local import with_container
from growth.printing import out

replays = typer.Typer()  # commands of the first level
_MONTH, _FEW = timedelta(days=31), 20
ConfigFile = Annotated[Path | None, typer.Option("--config", help="What if: another campaigns file.")]
Since = Annotated[str | None, typer.Option("--from", help="An ISO time with zone.", metavar="ISO")]
Until = Annotated[str | None, typer.Option("--to", help="An ISO time with zone.", metavar="ISO")]


@replays.command("replay")
def replay(
    run: Annotated[UUID | None, typer.Argument(help="Default: all of the last 31 days.")] = None,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge runs again from what they judged by; exit code 1 where that is not what was decided."""
    other = load_campaigns(config)[0] if config else None
    found: list[Replay] = []

    async def work(container: AsyncContainer) -> None:
        use_case = await container.get(ReplayRun)
        if run:
            found.append(await use_case(RunId(run), other))
            return
        now = await (await container.get(MovableClock)).now()
        begin, end = instant(since) or now - _MONTH, instant(until) or now
        if begin >= end:
            raise Invalid("--to has to be later than --from.")
        runs = await (await container.get(RunViews)).between(begin, end)
        for one in track(runs, "replaying", console=Console(stderr=True), transient=True):
            try:
                found.append(await use_case(one.id, other))
            except NothingKept:
                typer.echo(f"{one.campaign} of {one.slot_start:%F %H:%M} UTC is too old to be replayed.", err=True)

    with_container(work)
    _print(found, detailed=run is not None, as_json=as_json)
    raise typer.Exit(0 if all(it.equal for it in found) else 1)


def _print(found: Sequence[Replay], *, detailed: bool, as_json: bool) -> None:
    if as_json:
        told = [ReplayOut.of(it) for it in found]
        print_json(told[0] if detailed else told)
        return
    for line in _told(found, detailed=detailed):
        out.print(line, soft_wrap=True)


def _told(found: Sequence[Replay], *, detailed: bool) -> Iterator[Table | str]:
    if not found:
        yield "There is no run in this period that can be replayed: give an earlier --from."
        return
    yield _table(found)
    for one in found:
        some = [("differs", it) for it in one.differences]
        if detailed and one.what_if:
            some += [("comes in", it) for it in one.what_if.came_in] + [("goes out", it) for it in one.what_if.went_out]
            some += [("moves", it) for it in one.what_if.moved]
        for what, it in some[:_FEW]:
            yield f"{what}: lead {it.lead_id}, {_decided(it.before)} → {_decided(it.after)}"
        if len(some) > _FEW:
            yield f"… and {len(some) - _FEW:,} more: see --json."
    candidates, differ = sum(it.candidates for it in found), sum(len(it.differences) for it in found)
    same = "all as they were decided" if not differ else f"{differ:,} not as they were decided"
    yield f"{len(found):,} runs, {candidates:,} candidates: {same}."
    if any(it.what_if for it in found) and not detailed:
        yield "Who would come in, go out and move under the other file: growth replay RUN, or --json."


def _table(found: Sequence[Replay]) -> Table:
    imagined = any(it.what_if for it in found)
    table = Table("slot (UTC)", "campaign", "candidates", "differ", *(("in", "out", "moved") if imagined else ()))
    for it in found:
        changed = [it.what_if.came_in, it.what_if.went_out, it.what_if.moved] if it.what_if else []
        numbers = (it.candidates, len(it.differences), *map(len, changed))
        table.add_row(f"{it.slot_start.astimezone(UTC):%a %d %b %H:%M}", it.campaign, *(f"{n:,}" for n in numbers))
    return table


def _decided(decision: Decision | None) -> str:
    if decision is None:
        return "no candidate"
    if decision.outcome is Outcome.INJECTED:
        return f"place {decision.place}" + (f" with {decision.agent_id}" if decision.agent_id else "")
    return f"stopped by {decision.gate}"


@replays.command("simulate-campaign")
def simulate_campaign(
    *,
    type: Annotated[CampaignType | None, typer.Option(help="Default: all but CF.")] = None,
    start_date: Annotated[str | None, typer.Option(help="Default: the slot at hand.", metavar="ISO")] = None,
    until: Annotated[str | None, typer.Option(help="All slots up to then. Default: the first.", metavar="ISO")] = None,
    config: ConfigFile = None,
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path("campaigns"),
    as_json: AsJson = False,
) -> None:
    """Write the CSV files that slots would hand over, with the calls that are planned now."""
    other = load_campaigns(config)[0] if config else None
    asked = Simulation(type, instant(start_date), instant(until))

    async def work(container: AsyncContainer) -> None:
        now = await (await container.get(MovableClock)).now()
        ours = await container.get(Configuration)
        runs = await (await container.get(SimulateCampaigns))(asked, now, other)
        slots = _written(runs, folder, (other or ours).law)
        if as_json:
            print_json({"slots": slots})
            return
        table = Table("slot (UTC)", "campaign", "candidates", "injected", "stopped by", "file")
        for slot in slots:
            gates = ", ".join(f"{gate} {number:,}" for gate, number in slot["gates"].items())
            numbers = (f"{slot['candidates']:,}", f"{slot['injected']:,}")
            table.add_row(slot["slot_start"][:16], slot["campaign"], *numbers, gates, slot["file"])
        out.print(table)

    with_container(work)


def _written(runs: Iterable[SimulatedRun], folder: Path, law: LawSettings) -> list[dict[str, Any]]:
    """Write each run as its file, and return what is told of them. Raises `CannotWrite`."""
    try:
        return [_summary(run, write_simulated(folder, run, law)) for run in runs]
    except OSError as refused:
        raise CannotWrite(f"{folder} cannot be written to ({refused.strerror}): name a --folder of yours.") from None


def _summary(run: SimulatedRun, path: Path) -> dict[str, Any]:
    gates = Counter(str(one.stopped.gate) for one in run.refused)
    told: dict[str, Any] = to_jsonable_python(
        {
            "campaign": run.campaign.name,
            "slot_start": run.slot.start.astimezone(UTC),
            "slot_end": run.slot.end.astimezone(UTC),
            "candidates": len(run.chosen) + len(run.refused),
            "injected": len(run.chosen),
            "gates": dict(sorted(gates.items())),
            "file": str(path),
        }
    )
    return told
