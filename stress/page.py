"""The report as one page that opens offline."""

from collections.abc import Sequence

from growth.pages import Block, Column, Figure, Figures, Section, Table, Words, curves, page
from stress.measures import ALL, BUCKET, Record, figures, timeline
from stress.report import Rows, Run, buckets_of, errors, how_to_erase, kinds_of, milliseconds, notes


def written(run: Run, record: Record) -> str:
    """Return the page as HTML."""
    sections = [
        Section("In short", [_figures(record), *map(Words, notes(run, record))]),
        Section("Kinds of requests", [_table(*kinds_of(record), last_is_sum=True)], _FROM_DUE),
        Section("Errors", [_table(*errors(record), texts=2)]),
        Section("Timeline", [*_curves(record), _table(*buckets_of(record), texts=0)]),
        Section("Erasing", [Words(line.strip()) for line in how_to_erase(run).splitlines()]),
    ]
    told = f"run {run.id}, seed {run.seed}: {record.seconds:.0f} s, up to {run.plan.rate:g} requests a second"
    return page(f"Load on {run.url}", sections, told)


_FROM_DUE = "Times run from when a request was due. Refused as due: it was bad on purpose, and refused as it has to be."


def _figures(record: Record) -> Figures:
    all_ = figures(ALL, record.samples, record.seconds)
    return Figures(
        [
            Figure("sent", f"{all_.sent:,}", f"{all_.per_second:.1f} a second"),
            Figure("unexpected errors", f"{all_.errors:,}", f"{all_.refused:,} refused as due"),
            Figure("p50", f"{milliseconds(all_.p50)} ms"),
            Figure("p99", f"{milliseconds(all_.p99)} ms", f"at most {milliseconds(all_.longest)} ms"),
        ]
    )


def _curves(record: Record) -> Sequence[Block]:
    found = timeline(record)
    ends = [min(it.start + BUCKET, record.seconds) for it in found]
    times = {
        "p50": [(end, it.p50) for end, it in zip(ends, found, strict=True)],
        "p99": [(end, it.p99) for end, it in zip(ends, found, strict=True)],
    }
    rates = {"sent": [(end, it.per_second) for end, it in zip(ends, found, strict=True)]}
    return [
        curves("Milliseconds until the answer", times, x_title="seconds", y_title="ms"),
        curves("Requests a second", rates, x_title="seconds"),
    ]


def _table(titles: Sequence[str], rows: Rows, *, texts: int = 1, last_is_sum: bool = False) -> Table:
    columns = [Column(title, number=place >= texts) for place, title in enumerate(titles)]
    return Table(columns, rows, empty="None.", last_is_sum=last_is_sum)
