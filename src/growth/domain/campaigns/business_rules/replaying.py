"""A run judged again: a pure function of what it judged by, under its own configuration or another.

Raises `NoSlot` where a configuration does not have the campaign, or not in that slot.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from growth.domain.campaigns.business_rules.choosing import Room, choose
from growth.domain.campaigns.business_rules.deciding import decisions
from growth.domain.campaigns.business_rules.planning import named, weekly
from growth.domain.campaigns.business_rules.remembering import candidate_of
from growth.domain.campaigns.business_rules.slots import next_slot
from growth.domain.campaigns.entities.configuration import CampaignName, Configuration
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.learned_models import LearnedModel
from growth.domain.campaigns.entities.models_in_use import LiveModel, ModelsInUse
from growth.domain.campaigns.entities.replays import Difference, Facts, Filling, WhatIf
from growth.domain.campaigns.entities.runs import Decision, NoSlot, Outcome
from growth.domain.campaigns.entities.slots import Slot


@dataclass(frozen=True, slots=True)
class Kept:
    """What the fillings of a run name: configurations and learned models, by their versions."""

    configurations: Mapping[str, Configuration]
    models: Mapping[str, LearnedModel]

    def of(self, filling: Filling) -> Configuration:
        return self.with_model(self.configurations[filling.configuration_version], filling)

    def with_model(self, configuration: Configuration, filling: Filling) -> Configuration:
        """Return a configuration with the model that the filling scored with."""
        live = LiveModel(self.models[filling.live_model], filling.live_percent) if filling.live_model else None
        return replace(configuration, models=ModelsInUse(live))


Decided = Sequence[Sequence[Decision]]
"""The decisions of each filling of a run."""


def judged_again(fillings: Sequence[Filling], campaign: CampaignName, slot: Slot, kept: Kept) -> Decided:
    """Return what each filling decides under the configuration, and with the learned model, that it names."""
    return [
        _judged(filling, campaign, Room(slot, sum(filling.taken.values()), filling.taken), kept.of(filling))
        for filling in fillings
    ]


def imagined(
    fillings: Sequence[Filling],
    decided: Decided,
    campaign: CampaignName,
    slot: Slot,
    *,
    other: Configuration,
    kept: Kept,
) -> Decided:
    """Return what each filling would have decided under another configuration.

    Whom an earlier one of them has called is no candidate of a later one, and takes room; what other campaigns took
    of the slot's room stays as it was.
    """
    called, theirs, found = list[Decision](), Counter[str](), list[Sequence[Decision]]()
    slot = _same_slot(campaign, slot, other)
    for filling, before in zip(fillings, decided, strict=True):
        taken = Counter(filling.taken)
        taken.subtract(theirs)
        taken.update(_agent(one) for one in called)
        left = replace(filling, facts=_others(filling.facts, called))
        some = _judged(left, campaign, Room(slot, sum(taken.values()), taken), kept.with_model(other, filling))
        found.append(some)
        called += [one for one in some if _called(one)]
        theirs.update(_agent(one) for one in before if _called(one))
    return found


def _judged(filling: Filling, campaign: CampaignName, room: Room, configuration: Configuration) -> list[Decision]:
    by = named(campaign, configuration)
    candidates = [candidate_of(facts, campaign, room.slot) for facts in filling.facts]
    judged = list(choose(candidates, by, configuration, room, filling.judged_at))
    return decisions(judged, filling.run_id, by, room.taken, filling.filled_at)


def _same_slot(campaign: CampaignName, slot: Slot, configuration: Configuration) -> Slot:
    by = named(campaign, configuration)
    found = next_slot(weekly(by, configuration), by.timezone, slot.start)
    if found is None or found.start != slot.start:
        raise NoSlot(f"Configuration {configuration.version} has no slot of {campaign!r} then: simulate it instead.")
    return found


def _others(facts: Sequence[Facts], called: Sequence[Decision]) -> list[Facts]:
    gone = {one.lead_id for one in called}
    return [each for each in facts if each.lead_id not in gone]


def _agent(decision: Decision) -> str:
    return decision.agent_id or ""


def last_of_each(decided: Decided) -> dict[LeadId, Decision]:
    """Return what is kept of a run: the newest decision of each lead; that it was injected stays."""
    kept: dict[LeadId, Decision] = {}
    for one in (decision for some in decided for decision in some):
        before = kept.get(one.lead_id)
        if before is None or before.outcome is not Outcome.INJECTED:
            kept[one.lead_id] = one
    return kept


def comparable(
    recorded: Sequence[Decision], again: Decided, fillings: Sequence[Filling]
) -> tuple[dict[LeadId, Decision], dict[LeadId, Decision], int]:
    """Return what was decided and what is decided again, by lead, and how many decisions cannot be compared.

    Those were taken by a process that kept nothing, as an older version of the service does.
    """
    kept_at = {filling.filled_at for filling in fillings}
    unknown = {one.lead_id for one in recorded if one.decided_at not in kept_at}
    before = {one.lead_id: one for one in recorded if one.lead_id not in unknown}
    after = {lead: one for lead, one in last_of_each(again).items() if lead not in unknown}
    return before, after, len(unknown)


def differences(before: Mapping[LeadId, Decision], after: Mapping[LeadId, Decision]) -> list[Difference]:
    """Return where the decisions differ, by lead id."""
    both = sorted(before.keys() | after.keys())
    return [Difference(id_, before.get(id_), after.get(id_)) for id_ in both if before.get(id_) != after.get(id_)]


def what_if(before: Mapping[LeadId, Decision], after: Mapping[LeadId, Decision], version: str) -> WhatIf:
    """Return what would have been different with the configuration of that version."""
    changed = differences(before, after)
    return WhatIf(
        configuration_version=version,
        injected=sum(map(_called, after.values())),
        gates=Counter(str(one.gate) for one in after.values() if one.gate),
        came_in=[it for it in changed if _called(it.after) and not _called(it.before)],
        went_out=[it for it in changed if _called(it.before) and not _called(it.after)],
        moved=[
            it for it in changed if _called(it.before) and _called(it.after) and _where(it.before) != _where(it.after)
        ],
    )


def _called(decision: Decision | None) -> bool:
    return decision is not None and decision.outcome is Outcome.INJECTED


def _where(decision: Decision | None) -> tuple[object, ...]:
    return (decision.place, decision.agent_id) if decision else ()
