"""What was measured, and what it comes to. Times run from when a request was due, not from when it could be sent."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

BUCKET = 5  # seconds of the timeline
ALL = "all"


@dataclass(frozen=True, slots=True)
class Sample:
    """One request that was due. `at`: seconds since the start. `ms` None: it never got an answer to be timed.

    `error`: what went wrong. `refused`: it was bad on purpose, and refused as it has to be.
    """

    name: str
    at: float
    ms: float | None
    error: str | None = None
    refused: bool = False


@dataclass(slots=True)
class Record:
    """A run so far. `cut`: what was under way when it was interrupted. `late_ms`: how late the client itself was."""

    samples: list[Sample] = field(default_factory=list)
    sent: int = 0
    cut: int = 0
    late_ms: float = 0.0
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of request; milliseconds, 0 where nothing was timed."""

    name: str
    sent: int
    per_second: float
    answered: int
    refused: int
    errors: int
    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """`start`: seconds since the beginning. Requests count where they were due."""

    start: int
    sent: int
    per_second: float
    p50: float
    p99: float
    errors: int


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share does not exceed; 0 of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def figures(name: str, samples: Sequence[Sample], seconds: float) -> Figures:
    times = _times(samples)
    errors, refused = sum(it.error is not None for it in samples), sum(it.refused for it in samples)
    return Figures(
        name=name,
        sent=len(samples),
        per_second=len(samples) / seconds if seconds else 0.0,
        answered=len(samples) - errors - refused,
        refused=refused,
        errors=errors,
        p50=percentile(times, 0.5),
        p90=percentile(times, 0.9),
        p99=percentile(times, 0.99),
        longest=times[-1] if times else 0.0,
    )


def by_name(record: Record) -> list[Figures]:
    """Return the figures of each kind of request in the order of their names, those of all at the end."""
    names = sorted({it.name for it in record.samples})
    parts = [figures(name, [it for it in record.samples if it.name == name], record.seconds) for name in names]
    return [*parts, figures(ALL, record.samples, record.seconds)]


def errors_of(samples: Iterable[Sample]) -> list[tuple[str, str, int]]:
    """Return name, error and number of each kind of error, the most frequent first."""
    counted = Counter((it.name, it.error) for it in samples if it.error is not None)
    return [(name, error, number) for (name, error), number in counted.most_common()]


def timeline(record: Record, width: int = BUCKET) -> list[Bucket]:
    """Return the buckets from the start on, empty ones too."""
    places: list[list[Sample]] = [[] for _ in range(math.ceil(record.seconds / width))]
    for sample in record.samples:
        places[min(int(sample.at // width), len(places) - 1)].append(sample)
    return [_bucket(place * width, samples, record.seconds, width) for place, samples in enumerate(places)]


def _bucket(start: int, samples: Sequence[Sample], seconds: float, width: int) -> Bucket:
    times = _times(samples)
    return Bucket(
        start=start,
        sent=len(samples),
        per_second=len(samples) / min(width, seconds - start),
        p50=percentile(times, 0.5),
        p99=percentile(times, 0.99),
        errors=sum(it.error is not None for it in samples),
    )


def _times(samples: Iterable[Sample]) -> list[float]:
    return sorted(it.ms for it in samples if it.ms is not None)
