"""Learned models that were brought in, and what is known of how well they score."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.drifts import Drift, Expectation
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.models_in_use import KeptModel, ModelsInUse, ModelState, Outcome


class Models(Protocol):
    async def in_use(self) -> ModelsInUse: ...

    async def lock(self, version: str) -> KeptModel | None:
        """Lock all models, and return this one."""
        ...

    async def put(self, model: KeptModel) -> None: ...

    async def retire(self, state: ModelState, at: datetime) -> None:
        """Retire whichever model is in this state."""
        ...

    async def put_shadow(self, model: str, scores: Sequence[tuple[CallId, float]]) -> None:
        """Keep what the model in the shadow says of calls that are handed over."""
        ...

    async def outcomes(self, shadow: str) -> Sequence[Outcome]:
        """Return the calls made since, with the scores that counted and those of the model in the shadow."""
        ...


class ModelViews(Protocol):
    async def list(self) -> Sequence[KeptModel]:
        """Return the 200 that were changed last."""
        ...

    async def get(self, version: str) -> KeptModel | None: ...

    async def in_use(self) -> ModelsInUse: ...

    async def outcomes(self, shadow: str) -> Sequence[Outcome]: ...


class Drifts(Protocol):
    """What is measured of scoring once a day."""

    async def replace(self, found: Sequence[Drift]) -> None: ...

    async def list(self) -> Sequence[Drift]: ...

    async def expectations(self, since: datetime) -> Sequence[Expectation]:
        """Return for each model that was live what it expected of the calls decided since, and what came."""
        ...


class ReadModel(Protocol):
    def __call__(self, content: bytes) -> LearnedModel:
        """Return the model that a file's bytes are. Raises `BadModelFile`."""
        ...
