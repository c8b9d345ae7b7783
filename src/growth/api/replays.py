"""Runs judged again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from growth.api.campaigns import DecisionOut
from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output
from growth.api.security import Role, allow
from growth.domain.campaigns.entities.configuration import BadConfiguration
from growth.domain.campaigns.entities.models_in_use import UnknownModel
from growth.domain.campaigns.entities.replays import Difference, NothingKept, Replay, UnknownConfiguration, WhatIf
from growth.domain.campaigns.entities.runs import Decision, Gate, NoSlot, RunId, UnknownRun
from growth.domain.campaigns.ports.replays import Judged
from growth.domain.campaigns.use_cases import ReplayRun

router = Routes(tags=["campaigns"])
_LONGEST_FILE = 200_000


class ReplayIn(Input):
    configuration: Annotated[str, Field(min_length=1, max_length=_LONGEST_FILE)] | None = Field(
        default=None, description="What if: the text of a campaigns file, or the version of one that was in use."
    )


class DifferenceOut(Output):
    lead_id: UUID
    before: DecisionOut | None
    after: DecisionOut | None

    @classmethod
    def of(cls, it: Difference) -> Self:
        return cls(lead_id=it.lead_id, before=_decision(it.before), after=_decision(it.after))


def _decision(decision: Decision | None) -> DecisionOut | None:
    return DecisionOut.of(decision) if decision else None


class WhatIfOut(Output):
    """`moved`: called by both, at another place or by another agent."""

    configuration_version: str
    injected: int
    gates: Mapping[Gate, int]
    came_in: Sequence[DifferenceOut]
    went_out: Sequence[DifferenceOut]
    moved: Sequence[DifferenceOut]

    @classmethod
    def of(cls, it: WhatIf) -> Self:
        return cls(
            configuration_version=it.configuration_version,
            injected=it.injected,
            gates={Gate(gate): number for gate, number in it.gates.items()},
            came_in=[DifferenceOut.of(each) for each in it.came_in],
            went_out=[DifferenceOut.of(each) for each in it.went_out],
            moved=[DifferenceOut.of(each) for each in it.moved],
        )


class ReplayOut(Output):
    """`equal`: the same was decided again. Else `differences` says where: `before` it was so, `after` is the replay."""

    run_id: UUID
    campaign: str
    slot_start: Instant
    slot_end: Instant
    configuration_versions: Sequence[str]
    rule_set_versions: Sequence[str]
    model_versions: Sequence[str]
    law_versions: Sequence[str]
    candidates: int
    not_kept: int = Field(description="Decisions of a process of an older version, which kept nothing to judge by.")
    equal: bool
    differences: Sequence[DifferenceOut]
    what_if: WhatIfOut | None

    @classmethod
    def of(cls, it: Replay) -> Self:
        same = cls.model_fields.keys() - {"differences", "what_if"}
        return cls(
            **{name: getattr(it, name) for name in same},
            differences=[DifferenceOut.of(each) for each in it.differences],
            what_if=WhatIfOut.of(it.what_if) if it.what_if else None,
        )


@router.post(
    "/v1/campaign-runs/{run_id:uuid}/replay",
    dependencies=[allow(Role.OPS)],
    responses=problems(UnknownRun, NothingKept, NoSlot, BadConfiguration, UnknownConfiguration, UnknownModel),
)
async def replay_run(
    run_id: UUID, replay: FromDishka[ReplayRun], judged: FromDishka[Judged], body: ReplayIn | None = None
) -> ReplayOut:
    """Judge a run again from what it judged by, and tell what another configuration would have decided.

    Nothing changes.
    """
    told = body.configuration if body else None
    other = await judged.configuration_told(told) if told else None
    return ReplayOut.of(await replay(RunId(run_id), other))
