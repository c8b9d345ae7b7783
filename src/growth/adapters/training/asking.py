"""What is asked of a training, and what can be wrong with it. Nothing here needs a library."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from growth.domain.campaigns.entities.learned_models import Kind
from growth.domain.kernel.errors import Invalid

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are behind, and of how many."""


class MissingLibraries(Invalid):
    """Training needs libraries that are not installed."""

    code = "missing-libraries"


class BadTraining(Invalid):
    """Nothing can be learned from this table."""

    code = "bad-training"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be learned. `time_ordered`: the rows stand in the order of time, or `time_column` puts them so."""

    target: str
    positive: str | None = None
    exclude: tuple[str, ...] = ()
    time_column: str | None = None
    time_ordered: bool = False
    kind: Kind | None = None
    seed: int = 1

    @property
    def in_time(self) -> bool:
        return self.time_ordered or self.time_column is not None


def require_libraries() -> None:
    """Raise `MissingLibraries` where the extra is not installed."""
    if not (find_spec("numpy") and find_spec("sklearn")):
        raise MissingLibraries("Training needs scikit-learn: pip install growth[ml]")
