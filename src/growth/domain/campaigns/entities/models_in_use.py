"""Learned models and what each is used for: one in the shadow, one live for a share of the leads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.kernel.errors import Conflict, NotFound


class ModelState(StrEnum):
    SHADOW = "shadow"  # scores beside the ones that count
    LIVE = "live"  # counts, for its share of the leads
    RETIRED = "retired"


class UnknownModel(NotFound):
    """There is no model of this version."""

    code = "unknown-model"

    def __init__(self) -> None:
        super().__init__("There is no such model: list them by `growth models list` or GET /v1/scoring-models.")


class NotBetter(Conflict):
    """The model was not shown to be better than what scores now."""

    code = "model-not-better"


class ForeignModel(Conflict):
    """The model reads columns that leads do not have."""

    code = "model-of-other-columns"


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that was brought in. `percent`: of the leads, drawn by their ids, while it is live.

    `reason`: why it was promoted without having been shown to be better.
    """

    model: LearnedModel
    state: ModelState
    percent: int
    added_at: datetime
    changed_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LiveModel:
    model: LearnedModel
    percent: int


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    live: LiveModel | None = None
    shadow: LearnedModel | None = None


RULES_ALONE: Final = ModelsInUse()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call that was made, how it was scored, and whether it came to an appointment.

    `model_version` None: `score` (tenths) is of the rules. `shadow`: by the model in the shadow then.
    """

    score: int
    model_version: str | None
    shadow: float
    won: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """How well two ways of scoring put successes first, on calls that neither was made from: AUC, and its difference.

    `difference` with its 95 % interval. `enough`: whether there are as many calls as a judgement needs.
    """

    calls: int
    won: int
    auc: float
    auc_now: float
    difference: float
    low: float
    high: float
    enough: bool

    @property
    def better(self) -> bool:
        """Return whether the model is better beyond chance."""
        return self.enough and self.low > 0
