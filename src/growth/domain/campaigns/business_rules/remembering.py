"""What is kept of a candidate so that it can be judged again, and the candidate that it makes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.law.packs import pack_on
from growth.domain.campaigns.entities.calls import Call, CallState
from growth.domain.campaigns.entities.candidates import Candidate, Contactable
from growth.domain.campaigns.entities.configuration import Campaign, CampaignName
from growth.domain.campaigns.entities.consents import Consent, ConsentId, Period, Standing
from growth.domain.campaigns.entities.law import CALL_CHANNEL, CALL_PURPOSE
from growth.domain.campaigns.entities.leads import Lead, LeadSource, LeadType
from growth.domain.campaigns.entities.models_in_use import ModelsInUse
from growth.domain.campaigns.entities.replays import Facts, Filling
from growth.domain.campaigns.entities.scoring import Tenths
from growth.domain.campaigns.entities.slots import Slot
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email, Prospect

_NOBODY = UUID(int=0)
# What has the same name among the facts.
_OF_LEAD = (
    *("prospect_id", "status", "country_code", "is_owner", "sell_timeframe", "buys_first", "property_type"),
    *("postal_code", "insee_code", "estimated_price_eur", "timezone", "came_by", "call_attempts"),
    *("requested_at", "created_at"),
)
_OF_PERSON = ("phone_valid", "pending_task", "owner_agent_id")
_OF_ACTIVITY = ("estimates", "page_views", "in_dialer")
_UNKNOWN = ""  # of what is not kept, and nothing is judged by


def law_in_force(campaign: Campaign, at: datetime) -> str:
    """Return the version of the law pack by which the campaign's leads are judged."""
    return pack_on(campaign.country, at.astimezone(ZoneInfo(campaign.timezone)).date()).version


def judged_with(filling: Filling, models: ModelsInUse) -> Filling:
    """Return the filling with the live model that it scored with."""
    live = models.live
    return replace(filling, live_model=live.model.version, live_percent=live.percent) if live else filling


def facts_of(candidates: Sequence[Candidate]) -> list[Facts]:
    """Return what is kept of the candidates: telephone numbers only as which of them are the same."""
    phones = [c.who.prospect.phone for c in candidates]
    numbers = {phone: number for number, phone in enumerate(dict.fromkeys(filter(None, phones)))}
    return [_facts(c, numbers[phone] if phone else None) for c, phone in zip(candidates, phones, strict=True)]


def _facts(candidate: Candidate, number: int | None) -> Facts:
    call, who = candidate.call, candidate.who
    lead, person, standing = who.lead, who.prospect, who.standing
    return Facts(
        **{name: getattr(lead, name) for name in _OF_LEAD},
        **{name: getattr(person, name) for name in _OF_PERSON},
        **{name: getattr(who, name) for name in _OF_ACTIVITY},
        call_id=call.id,
        callback_at=call.callback_at,
        lead_id=lead.id,
        agreed_at=lead.callback_at,
        number=number,
        attempts=tuple(who.attempts),
        consents=tuple((it.given_at, it.expires_at, it.withdrawn_at) for it in standing.consents if _to_calls(it)),
        asked_at=standing.requested_at,
        contracts=tuple((it.since, it.until) for it in standing.contracts),
        refused_at=standing.refused_at,
        do_not_call=standing.do_not_call,
    )


def _to_calls(consent: Consent) -> bool:
    return (consent.purpose, consent.channel) == (CALL_PURPOSE, CALL_CHANNEL)


def candidate_of(facts: Facts, campaign: CampaignName, slot: Slot) -> Candidate:
    """Return the candidate to judge again; what is not kept is empty in it."""
    call = Call(
        id=facts.call_id,
        lead_id=facts.lead_id,
        prospect_id=facts.prospect_id,
        campaign=campaign,
        slot_start=slot.start,
        slot_end=slot.end,
        state=CallState.PLANNED,
        callback_at=facts.callback_at,
        planned_at=facts.created_at,
    )
    who = Contactable(
        lead=_lead(facts),
        prospect=_person(facts),
        attempts=facts.attempts,
        estimates=facts.estimates,
        page_views=facts.page_views,
        in_dialer=facts.in_dialer,
        standing=_standing(facts),
    )
    return Candidate(call, who)


def _lead(facts: Facts) -> Lead:
    return Lead(
        id=facts.lead_id,
        prospect_id=facts.prospect_id,
        lead_type=LeadType.RDVVQ,
        source=LeadSource.ESTIMATE,
        country_code=facts.country_code,
        is_owner=facts.is_owner,
        sell_timeframe=facts.sell_timeframe,
        buys_first=facts.buys_first,
        callback_at=facts.agreed_at,
        property_type=facts.property_type,
        address=None,
        postal_code=facts.postal_code,
        insee_code=facts.insee_code,
        surface_m2=None,
        estimated_price_eur=facts.estimated_price_eur,
        property_key=_UNKNOWN,
        timezone=facts.timezone,
        came_by=facts.came_by,
        segment=None,
        score=Tenths(0),
        status=facts.status,
        call_attempts=facts.call_attempts,
        last_attempt_at=None,
        request_count=1,
        requested_at=facts.requested_at,
        created_at=facts.created_at,
        updated_at=facts.created_at,
    )


def _person(facts: Facts) -> Prospect:
    return Prospect(
        id=facts.prospect_id,
        email=Email(_UNKNOWN),
        phone=None if facts.number is None else str(facts.number),
        phone_valid=facts.phone_valid,
        first_name=None,
        last_name=None,
        country_code=facts.country_code,
        pending_task=facts.pending_task,
        owner_agent_id=facts.owner_agent_id,
        created_at=facts.created_at,
    )


def _standing(facts: Facts) -> Standing:
    return Standing(
        consents=tuple(_consent(*times) for times in facts.consents),
        requested_at=facts.asked_at,
        contracts=tuple(Period(since, until) for since, until in facts.contracts),
        refused_at=facts.refused_at,
        do_not_call=facts.do_not_call,
    )


def _consent(given_at: datetime, expires_at: datetime | None, withdrawn_at: datetime | None) -> Consent:
    return Consent(
        id=ConsentId(_NOBODY),
        prospect_id=ProspectId(_NOBODY),
        purpose=CALL_PURPOSE,
        channel=CALL_CHANNEL,
        wording_version=_UNKNOWN,
        evidence={},
        given_at=given_at,
        expires_at=expires_at,
        withdrawn_at=withdrawn_at,
    )
