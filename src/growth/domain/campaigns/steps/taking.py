"""Taking requests in: submissions become prospects, events, leads, scores and planned calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from growth.domain.campaigns.business_rules.consenting import given, told_with, unfit
from growth.domain.campaigns.business_rules.qualifying import (
    answered_again,
    lead_type_of,
    property_key,
    same_lead,
    segment_of,
)
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.consents import BadConsent, Consent, ConsentId
from growth.domain.campaigns.entities.leads import (
    Lead,
    LeadId,
    LeadSource,
    LeadStatus,
    LeadType,
    Received,
    Submission,
    SubmissionId,
)
from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.planning import plan_missing, rescore
from growth.domain.kernel.arrivals import Arrival, arrival_of, meet
from growth.domain.kernel.ids import NewId, ProspectId
from growth.domain.kernel.marketing import came_by
from growth.domain.kernel.person import Email, Prospect, newcomer, parse_phone, registered
from growth.domain.kernel.places import timezone_of
from growth.domain.kernel.prospect_events import OURSELVES, EventName, ProspectEvent


@dataclass(frozen=True, slots=True)
class Taken:
    """How many were new; which would bring somebody back who was erased; and whose consent cannot be true."""

    new: int
    refused: frozenset[SubmissionId]
    unfit: Mapping[SubmissionId, BadConsent]


@dataclass(frozen=True, slots=True)
class Taking:
    """The step, with what it needs beside its transaction."""

    configuration: Configuration
    new_id: NewId

    async def take(self, tx: CampaignsTx, submissions: Sequence[Submission]) -> Taken:
        """Take them in order, as a set: the same people and properties may come several times.

        A submission whose id is known already changes nothing; one that would bring an erased person back is refused,
        as is one with a consent that cannot be true.
        """
        now = await tx.now()
        known = await tx.leads.known_submissions([s.id for s in submissions])
        fresh = list({s.id: s for s in submissions if s.id not in known}.values())
        wrong = unfit(fresh, now)
        fresh = [s for s in fresh if s.id not in wrong]
        if not fresh:
            return Taken(0, frozenset(), wrong)
        people, refused, mended = await self._people(tx, fresh, now)
        # Asked again behind the lock on the people: the same submission may have been taken meanwhile.
        known = await tx.leads.known_submissions([s.id for s in fresh])
        fresh = [s for s in fresh if s.id not in known and s.id not in refused]
        await self._take(tx, fresh, people, mended, now)
        return Taken(len(fresh), refused, wrong)

    async def _take(
        self,
        tx: CampaignsTx,
        fresh: Sequence[Submission],
        people: Mapping[Email, Prospect],
        mended: set[ProspectId],
        now: datetime,
    ) -> None:
        leads = {lead.id: lead for lead in await tx.leads.of_people([p.id for p in people.values()])}
        await tx.calls.lock_open(list(leads))  # people, calls, leads: everybody locks in this order
        received, touched = [], set()
        for lead in [it for it in leads.values() if it.prospect_id in mended and it.status is LeadStatus.WRONG_NUMBER]:
            leads[lead.id] = replace(lead, status=LeadStatus.NOT_QUALIFIED, updated_at=now)
            touched.add(lead.id)
        for submission in fresh:
            lead = self._lead(submission, people[submission.email].id, leads.values(), now)
            leads[lead.id] = lead
            touched.add(lead.id)
            received.append(_received(submission, lead, now))
        await tx.leads.put([leads[id_] for id_ in touched])
        await tx.leads.add_submissions(received)
        await tx.events.add([self._event(s, people[s.email].id, now) for s in fresh])
        await tx.consents.add([it for s in fresh if (it := self._consent(s, people[s.email].id, now))])
        contactables = await tx.leads.contactables(list(leads), now)
        await rescore(tx, contactables, self.configuration, now)
        await plan_missing(tx, contactables, self.configuration, now, self.new_id)

    async def _people(
        self, tx: CampaignsTx, submissions: Sequence[Submission], now: datetime
    ) -> tuple[Mapping[Email, Prospect], frozenset[SubmissionId], set[ProspectId]]:
        """Return the people as they are now, whose submission is refused, and who gave another valid number."""
        new = {s.email: self._person(s, now) for s in submissions}
        met = await meet(tx, [(new[s.email], _arrival(s, new[s.email], now)) for s in submissions], now)
        stored, before = dict(met.people), met.people
        refused = frozenset(s.id for number, s in enumerate(submissions) if number in met.barred)
        for s in submissions:
            if s.id in refused:
                continue
            phone = parse_phone(s.phone, s.answers.country_code)
            stored[s.email] = registered(stored[s.email], phone, s.first_name, s.last_name)
        await tx.people.save([person for email, person in stored.items() if person != before[email]])
        mended = {p.id for email, p in stored.items() if p.phone_valid and p.phone != before[email].phone}
        return stored, refused, mended

    def _person(self, submission: Submission, now: datetime) -> Prospect:
        return newcomer(ProspectId(self.new_id()), submission.email, submission.answers.country_code, now)

    def _lead(self, s: Submission, prospect_id: ProspectId, leads: Iterable[Lead], now: datetime) -> Lead:
        at, key = s.requested_at or now, property_key(s.answers)
        same = [x for x in leads if x.prospect_id == prospect_id and same_lead(x, key, at)]
        if same:
            newest = max(same, key=lambda lead: lead.requested_at)
            return self._qualified(replace(answered_again(newest, s.answers, at), updated_at=now), newest.source)
        return self._qualified(self._new(s, prospect_id, key, at, now), s.source)

    def _qualified(self, lead: Lead, source: LeadSource) -> Lead:
        return replace(
            lead,
            lead_type=lead_type_of(lead, source, self.configuration),
            segment=segment_of(lead.is_owner, lead.sell_timeframe, lead.buys_first, self.configuration.segments),
            timezone=timezone_of(lead.country_code, lead.postal_code),
        )

    def _new(self, s: Submission, prospect_id: ProspectId, key: str, at: datetime, now: datetime) -> Lead:
        return Lead(
            **s.answers.by_name(),
            id=LeadId(self.new_id()),
            prospect_id=prospect_id,
            lead_type=LeadType.DIRECT,  # what it is, and its segment, follow from its answers
            source=s.source,
            property_key=key,
            timezone="",
            came_by=came_by(s.marketing_parameters),
            segment=None,
            score=Tenths(0),
            status=LeadStatus.NEW,
            call_attempts=0,
            last_attempt_at=None,
            request_count=1,
            requested_at=at,
            created_at=now,
            updated_at=now,
        )

    def _consent(self, s: Submission, prospect_id: ProspectId, now: datetime) -> Consent | None:
        told = told_with(s)
        return given(told, ConsentId(self.new_id()), prospect_id, now) if told else None

    def _event(self, s: Submission, prospect_id: ProspectId, now: datetime) -> ProspectEvent:
        return ProspectEvent(
            id=self.new_id(),
            prospect_id=prospect_id,
            event_name=EventName.WEBSITE_CAPTURE_FORM,
            country_code=s.answers.country_code,
            persona_type=None,
            marketing_parameters=s.marketing_parameters,
            properties={"form_name": s.source.value} | _told_consent(s, now),
            occurred_at=s.requested_at or now,
            received_at=now,
            caller=OURSELVES,
            message_id=str(s.id),
        )


def _arrival(submission: Submission, person: Prospect, now: datetime) -> Arrival:
    """Return how somebody comes by a submission: by her own act, but where a file tells of her."""
    acted_at = None if submission.source is LeadSource.IMPORT else submission.requested_at or now
    return arrival_of(person, submission.phone, acted_at)


def _received(submission: Submission, lead: Lead, now: datetime) -> Received:
    return Received(
        id=submission.id,
        lead_id=lead.id,
        prospect_id=lead.prospect_id,
        source=submission.source,
        requested_at=submission.requested_at or now,
        received_at=now,
    )


def _told_consent(submission: Submission, now: datetime) -> dict[str, object]:
    """Return the consent as the event keeps it: given now, unless somebody trusted told when."""
    consent = submission.consent
    return {"consent": {**consent, "given_at": consent.get("given_at") or now.isoformat()}} if consent else {}
