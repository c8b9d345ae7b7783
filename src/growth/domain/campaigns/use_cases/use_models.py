"""Learned models come into use: first in the shadow, then live for a share of the leads, if they are better."""

from dataclasses import dataclass, replace

from growth.domain.campaigns.business_rules.learning.lead_rows import foreign_columns
from growth.domain.campaigns.business_rules.learning.ranking import LEAST_CALLS, LEAST_WON, compared
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.models_in_use import (
    Comparison,
    ForeignModel,
    KeptModel,
    ModelState,
    NotBetter,
    UnknownModel,
)
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.begin import Begin


@dataclass(frozen=True, slots=True)
class AddModel:
    """Put a model in the shadow, in the place of the one that is there. Raises `ForeignModel`.

    One that is live already stays as it is.
    """

    begin: Begin[CampaignsTx]

    async def __call__(self, model: LearnedModel) -> KeptModel:
        if foreign := foreign_columns(model):
            listed = ", ".join(foreign)[:500]
            raise ForeignModel(f"Leads have no such columns: {listed}. Train it on what `growth export-calls` writes.")
        async with self.begin() as tx:
            known, now = await tx.models.lock(model.version), await tx.now()
            if known and known.state is not ModelState.RETIRED:
                return known
            await tx.models.retire(ModelState.SHADOW, now)
            kept = KeptModel(model, ModelState.SHADOW, 0, known.added_at if known else now, now)
            await tx.models.put(kept)
        return kept


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """Compare the model in the shadow with what scores now, on the calls made since. Raises `UnknownModel`."""

    views: ModelViews

    async def __call__(self, version: str) -> Comparison:
        if await self.views.get(version) is None:
            raise UnknownModel
        found = await self.views.outcomes(version)
        current = next((m.model.version for m in await self.views.list() if m.state is ModelState.LIVE), None)
        seen = [it for it in found if it.model_version == current]
        return compared([it.shadow for it in seen], [it.score for it in seen], [it.won for it in seen])


@dataclass(frozen=True, slots=True)
class PromoteModel:
    """Make a model live for a share of the leads, in the place of the one that is.

    It has to be better than what scores now, by `shown` or by the calls made while it was in the shadow; a `reason`
    promotes it all the same, and is kept. Another share of a live model needs neither. Raises `UnknownModel`,
    `NotBetter`.
    """

    begin: Begin[CampaignsTx]
    judge: JudgeModel

    async def __call__(
        self, version: str, percent: int, *, shown: Comparison | None = None, reason: str | None = None
    ) -> KeptModel:
        judged = shown or await self.judge(version)
        async with self.begin() as tx:
            known, now = await tx.models.lock(version), await tx.now()
            if known is None:
                raise UnknownModel
            if known.state is ModelState.LIVE:
                after = replace(known, percent=percent, changed_at=now)
            else:
                if not (judged.better or reason):
                    raise NotBetter(_why(judged))
                await tx.models.retire(ModelState.LIVE, now)
                forced = None if judged.better else reason
                after = replace(known, state=ModelState.LIVE, percent=percent, changed_at=now, reason=forced)
            await tx.models.put(after)
        return after


def _why(judged: Comparison) -> str:
    if not judged.enough:
        known = f"{judged.calls} calls with {judged.won} appointments are known"
        return (
            f"Nobody can say whether it is better: {known}, and at least {LEAST_CALLS} with {LEAST_WON} are needed. "
            "Leave it in the shadow for longer, judge it on a file, or give a reason."
        )
    return (
        f"It is not better beyond chance: its AUC is {judged.auc:.3f} on {judged.calls} calls, that of what scores now "
        f"{judged.auc_now:.3f}; the difference lies between {judged.low:+.3f} and {judged.high:+.3f}. Leave it in the "
        "shadow for longer, train another, or give a reason."
    )


@dataclass(frozen=True, slots=True)
class RetireModel:
    """Take a model out of use: the rules score its leads from then on. Raises `UnknownModel`."""

    begin: Begin[CampaignsTx]

    async def __call__(self, version: str) -> KeptModel:
        async with self.begin() as tx:
            known, now = await tx.models.lock(version), await tx.now()
            if known is None:
                raise UnknownModel
            if known.state is ModelState.RETIRED:
                return known
            retired = replace(known, state=ModelState.RETIRED, percent=0, changed_at=now)
            await tx.models.put(retired)
        return retired
