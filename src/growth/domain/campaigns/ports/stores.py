"""The stores a campaigns transaction may touch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from growth.domain.campaigns.entities.calls import Attempt, Call, CallId, CallResult, HandedOver
from growth.domain.campaigns.entities.candidates import Candidate, Contactable
from growth.domain.campaigns.entities.configuration import CampaignName
from growth.domain.campaigns.entities.dialing import Recipient
from growth.domain.campaigns.entities.leads import Lead, LeadId, LeadScore, Received, SubmissionId
from growth.domain.campaigns.entities.replays import Filling
from growth.domain.campaigns.entities.runs import Batch, BatchId, Decision, Run, RunId, RunReport
from growth.domain.campaigns.ports.consents import Consents, DoNotCall
from growth.domain.campaigns.ports.models import Models
from growth.domain.kernel.arrivals import Tombstones
from growth.domain.kernel.begin import Timed
from growth.domain.kernel.facts import Facts
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.inbox import Inbox
from growth.domain.kernel.messages import Outbox
from growth.domain.kernel.person import Email, Prospect
from growth.domain.kernel.prospect_events import ProspectEvent
from growth.domain.kernel.ticks import Ticks


class People(Protocol):
    async def lock_known(self, emails: Collection[Email]) -> Mapping[Email, Prospect]:
        """Lock and return the prospects with these addresses, first or other, by the asked address."""
        ...

    async def lock_or_add(self, people: Sequence[Prospect]) -> Mapping[Email, Prospect]:
        """Lock the prospects with these addresses, adding those not known, and return them as they are stored."""
        ...

    async def lock(self, id: ProspectId) -> Prospect | None: ...

    async def lock_called(self, calls: Collection[CallId]) -> None:
        """Lock the prospects of these calls: results and new submissions of a person wait for each other."""
        ...

    async def save(self, people: Sequence[Prospect]) -> None: ...


class Events(Protocol):
    async def add(self, events: Sequence[ProspectEvent]) -> None: ...

    async def record_nothing(self) -> None:
        """Have the commit take as long as if there had been something to write."""
        ...


class Leads(Protocol):
    async def known_submissions(self, ids: Collection[SubmissionId]) -> set[SubmissionId]: ...

    async def add_submissions(self, received: Sequence[Received]) -> None: ...

    async def of_people(self, ids: Collection[ProspectId]) -> list[Lead]: ...

    async def get(self, id: LeadId) -> Lead | None: ...

    async def put(self, leads: Sequence[Lead]) -> None: ...

    async def put_scores(self, scores: Sequence[LeadScore]) -> None:
        """Keep the explanations, and the scores beside the leads."""
        ...

    async def contactables(self, ids: Collection[LeadId], at: datetime) -> list[Contactable]:
        """Return the leads with their people and recent activity as of `at`."""
        ...

    async def forgotten(self, attempts_below: int, after: LeadId | None, limit: int) -> list[LeadId]:
        """Lock and return leads, by id, that may be called, are not busy, in no wallet and have no open call."""
        ...

    async def lock_of_numbers(self, numbers: Collection[str]) -> list[LeadId]:
        """Lock the people with these numbers, and return their leads."""
        ...


class Calls(Protocol):
    async def lock(self, ids: Collection[CallId]) -> list[Call]: ...

    async def lock_open(self, leads: Collection[LeadId]) -> list[Call]:
        """Lock and return the planned and injected calls of the leads."""
        ...

    async def lock_handed_over(self, leads: Collection[LeadId], now: datetime) -> list[HandedOver]:
        """Lock and return the calls of the leads that the dialer has, in slots that have not ended."""
        ...

    async def lock_homeless(self, campaigns: Collection[CampaignName]) -> list[Call]:
        """Lock and return the calls planned in campaigns other than these."""
        ...

    async def lock_of_run(self, run: RunId) -> list[Call]: ...

    async def lock_planned(self, campaign: CampaignName, until: datetime) -> list[Call]:
        """Lock and return the calls planned for slots of the campaign that start at or before `until`."""
        ...

    async def lock_candidates(
        self, campaign: CampaignName, slot_start: datetime, now: datetime, due: datetime
    ) -> list[Candidate]:
        """Lock and return the calls planned for the slot, and for slots that ended by `now`.

        Not those of callbacks that are wanted at `due` or later.
        """
        ...

    async def put(self, calls: Sequence[Call]) -> None: ...

    async def taken(self, campaigns: Collection[CampaignName], slot_start: datetime) -> Mapping[str, int]:
        """Return how many calls of the slot are injected, by agent id ("" for none)."""
        ...

    async def recipients(self, batch: BatchId) -> list[Recipient]: ...

    async def add_attempts(self, attempts: Sequence[Attempt]) -> None: ...

    async def add_results(self, results: Sequence[CallResult]) -> None: ...


class Runs(Protocol):
    async def lock_choosing(self) -> None:
        """Wait until nobody else chooses: rooms of slots and calls per person are counted by one at a time."""
        ...

    async def lock_or_add(self, run: Run) -> Run:
        """Lock and return the one run of that campaign and slot, adding this one when there is none."""
        ...

    async def lock(self, id: RunId) -> Run | None: ...

    async def lock_open(self, campaign: CampaignName) -> list[Run]:
        """Lock and return the campaign's runs that are not closed, oldest slot first."""
        ...

    async def save(self, run: Run) -> None: ...

    async def put_decisions(self, decisions: Sequence[Decision]) -> None:
        """Keep the newest decision of each lead in a run; that it was injected stays."""
        ...

    async def add_filling(self, filling: Filling) -> None:
        """Keep what a start of a run judged by."""
        ...

    async def report(self, id: RunId) -> RunReport:
        """Return the accounting of a run, as it stands in this transaction."""
        ...

    async def add_batches(self, batches: Sequence[Batch]) -> None: ...

    async def lock_batch(self, id: BatchId) -> Batch | None: ...

    async def lock_batches(self, run: RunId) -> list[Batch]: ...

    async def save_batch(self, batch: Batch) -> None: ...

    async def watermark(self, dialer_campaign_id: int) -> datetime | None:
        """Return up to when the changes of that campaign's contacts were read."""
        ...

    async def watch(self, dialer_campaign_id: int, since: datetime) -> None:
        """Have the campaign's contacts read from now on, where they are not yet."""
        ...

    async def set_watermark(self, dialer_campaign_id: int, at: datetime) -> None: ...


class CampaignsTx(Timed, Protocol):
    @property
    def people(self) -> People: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def events(self) -> Events: ...
    @property
    def leads(self) -> Leads: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def do_not_call(self) -> DoNotCall: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def models(self) -> Models: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ticks(self) -> Ticks: ...
