"""Judge a run again: whether it was decided by its rules, and what others would have decided."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.campaigns.business_rules.replaying import (
    Kept,
    comparable,
    differences,
    imagined,
    judged_again,
    last_of_each,
    what_if,
)
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.models_in_use import UnknownModel
from growth.domain.campaigns.entities.replays import Filling, NothingKept, Replay
from growth.domain.campaigns.entities.runs import RunId, UnknownRun
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.campaigns.ports.models import ModelViews
from growth.domain.campaigns.ports.replays import Judged
from growth.domain.campaigns.ports.views import RunViews


@dataclass(frozen=True, slots=True)
class ReplayRun:
    """Replay a run by what it kept; with another configuration, tell also what that would have changed.

    It changes nothing. Raises `UnknownRun`, `NothingKept`, and `NoSlot` where the other configuration does not have
    the campaign in that slot.
    """

    views: RunViews
    judged: Judged
    models: ModelViews

    async def __call__(self, id: RunId, other: Configuration | None = None) -> Replay:
        run = await self.views.get(id)
        if run is None:
            raise UnknownRun("There is no such run: list them by `growth replay --json` or GET /v1/campaign-runs.")
        fillings, decided = await self.judged.decided(id)
        if decided and not fillings:
            raise NothingKept
        slot, kept = Slot(run.slot_start, run.slot_end), await self._kept(fillings)
        again = await asyncio.to_thread(judged_again, fillings, run.campaign, slot, kept)
        recorded, replayed, unknown = comparable(decided, again, fillings)
        changed = None
        if other is not None:
            imagine = await asyncio.to_thread(imagined, fillings, again, run.campaign, slot, other=other, kept=kept)
            changed = what_if(last_of_each(again), last_of_each(imagine), other.version)
        return Replay(
            run_id=id,
            campaign=run.campaign,
            slot_start=run.slot_start,
            slot_end=run.slot_end,
            configuration_versions=sorted(kept.configurations),
            rule_set_versions=sorted({configuration.rules.version for configuration in kept.configurations.values()}),
            model_versions=sorted(kept.models),
            law_versions=sorted({filling.law_version for filling in fillings}),
            candidates=len(decided),
            not_kept=unknown,
            differences=differences(recorded, replayed),
            what_if=changed,
        )

    async def _kept(self, fillings: Sequence[Filling]) -> Kept:
        versions = {filling.configuration_version for filling in fillings}
        models = {filling.live_model for filling in fillings if filling.live_model}
        return Kept(
            {version: await self.judged.configuration(version) for version in versions},
            {version: await self._model(version) for version in models},
        )

    async def _model(self, version: str) -> LearnedModel:
        kept = await self.models.get(version)
        if kept is None:
            raise UnknownModel
        return kept.model
