"""How scoring holds: what is measured once a day, for the metrics."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Measure(StrEnum):
    INPUT = "input"  # population stability index of a column: below 0.1 nothing has changed, above 0.25 much has
    CALIBRATION = "calibration"  # of a model: appointments that came, by those that it expected; 1 is right


@dataclass(frozen=True, slots=True)
class Drift:
    """`of`: the column, or the model's version."""

    measure: Measure
    of: str
    value: float
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a live model expected of the calls that it scored, and what came."""

    model_version: str
    calls: int
    expected: float
    won: int
