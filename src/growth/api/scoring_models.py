"""Learned models of scoring: brought in, judged in the shadow, promoted, retired."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from dishka.integrations.fastapi import FromDishka
from fastapi import Path, Request
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output, Page
from growth.api.security import Role, allow
from growth.domain.campaigns.entities.learned_models import BadModelFile
from growth.domain.campaigns.entities.models_in_use import (
    Comparison,
    ForeignModel,
    KeptModel,
    ModelState,
    NotBetter,
    UnknownModel,
)
from growth.domain.campaigns.ports.models import ModelViews, ReadModel
from growth.domain.campaigns.use_cases import AddModel, JudgeModel, PromoteModel, RetireModel

router = Routes(tags=["scoring"])
_Version = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
_OPS = [allow(Role.OPS)]


class ModelOut(Output):
    """`percent`: of the leads that it scores. `reason`: why it was promoted without being shown to be better."""

    version: str
    kind: str
    state: ModelState
    percent: int
    columns: Sequence[str]
    about: Mapping[str, Any]
    added_at: Instant
    changed_at: Instant
    reason: str | None

    @classmethod
    def of(cls, kept: KeptModel) -> Self:
        model = kept.model
        return cls(
            version=model.version,
            kind=model.kind,
            state=kept.state,
            percent=kept.percent,
            columns=[column.name for column in model.columns],
            about=model.about,
            added_at=kept.added_at,
            changed_at=kept.changed_at,
            reason=kept.reason,
        )


class ComparisonOut(Output):
    """AUC of the model and of what scores now on the same calls; `low` to `high`: 95 % of the difference."""

    calls: int
    won: int
    auc: float
    auc_now: float
    difference: float
    low: float
    high: float
    enough: bool
    better: bool

    @classmethod
    def of(cls, it: Comparison) -> Self:
        return cls(**{name: getattr(it, name) for name in cls.model_fields})


class PromotionIn(Input):
    percent: int = Field(ge=1, le=100, description="The share of the leads that it scores, drawn by their ids.")
    reason: str | None = Field(
        default=None, min_length=3, max_length=500, description="Promote it though it was not shown to be better."
    )


@router.get("/v1/scoring-models", dependencies=_OPS)
async def list_models(views: FromDishka[ModelViews]) -> Page[ModelOut]:
    """List the models that were brought in, the last changed first."""
    return Page(items=[ModelOut.of(it) for it in await views.list()], next_cursor=None)


@router.post(
    "/v1/scoring-models",
    dependencies=_OPS,
    responses=problems(BadModelFile, ForeignModel),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file that `growth export-model` wrote.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def add_model(request: Request, read: FromDishka[ReadModel], add: FromDishka[AddModel]) -> ModelOut:
    """Bring a model in: it scores in the shadow, beside what counts, in the place of the one that does so now."""
    return ModelOut.of(await add(read(await request.body())))


@router.get("/v1/scoring-models/{version}/comparison", dependencies=_OPS, responses=problems(UnknownModel))
async def compare_model(version: _Version, judge: FromDishka[JudgeModel]) -> ComparisonOut:
    """Compare a model with what scores now, on the calls made while it was in the shadow."""
    return ComparisonOut.of(await judge(version))


@router.post("/v1/scoring-models/{version}/promote", dependencies=_OPS, responses=problems(UnknownModel, NotBetter))
async def promote_model(version: _Version, body: PromotionIn, promote: FromDishka[PromoteModel]) -> ModelOut:
    """Let a model score a share of the leads, if it is better than what scores now, or for a reason."""
    return ModelOut.of(await promote(version, body.percent, reason=body.reason))


@router.post("/v1/scoring-models/{version}/retire", dependencies=_OPS, responses=problems(UnknownModel))
async def retire_model(version: _Version, retire: FromDishka[RetireModel]) -> ModelOut:
    """Take a model out of use; the rules score its leads from then on."""
    return ModelOut.of(await retire(version))
