"""What a lead is: its segment, its type, whether two requests are one lead, and what its score is made from."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from growth.domain.campaigns.entities.candidates import Contactable
from growth.domain.campaigns.entities.configuration import Configuration, SegmentRule
from growth.domain.campaigns.entities.leads import (
    Answers,
    Lead,
    LeadSource,
    LeadType,
    PropertyType,
    Segment,
    SellTimeframe,
)
from growth.domain.campaigns.entities.scoring import LeadSnapshot
from growth.domain.kernel.places import normalised_address

SAME_REQUEST = timedelta(days=30)


def covers(zones: Sequence[str], postal_code: str, insee_code: str | None) -> bool:
    """Tell whether a place is in one of the zones: prefixes of INSEE or postal codes."""
    prefixes = tuple(zones)
    return postal_code.startswith(prefixes) or (insee_code or "\0").startswith(prefixes)


def segment_of(
    is_owner: bool, sell_timeframe: SellTimeframe, buys_first: bool, table: Sequence[SegmentRule]
) -> Segment | None:
    """Return the segment: owners who sell have one, by the first row of the table that fits."""
    if not is_owner:
        return None
    for row in table:
        if row.buys_first == buys_first and (not row.timeframes or sell_timeframe in row.timeframes):
            return row.segment
    return None


def lead_type_of(answers: Answers | Lead, source: LeadSource, configuration: Configuration) -> LeadType:
    """Return the type: cheap, or in a media zone, is pre-qualified, whatever it came by."""
    price = answers.estimated_price_eur
    cheap = price is not None and price < configuration.pqsc_below_eur
    if cheap or covers(configuration.media_zones, answers.postal_code, answers.insee_code):
        return LeadType.PQSC
    return LeadType.DIRECT if source in {LeadSource.FORM, LeadSource.FSBO_CALLBACK} else LeadType.RDVVQ


def property_key(answers: Answers) -> str:
    """Return what tells this property from another: its address; without one, postal code, type and surface."""
    if answers.address and (address := normalised_address(answers.address)):
        return f"at {answers.country_code} {answers.postal_code} {address}"
    return f"in {answers.country_code} {answers.postal_code} {answers.property_type} {answers.surface_m2 or '?'}"


def same_lead(lead: Lead, key: str, at: datetime) -> bool:
    """Tell whether a request made at `at` for the property `key` belongs to this lead."""
    return lead.property_key == key and abs(at - lead.requested_at) <= SAME_REQUEST


def snapshot(who: Contactable, configuration: Configuration, at: datetime) -> LeadSnapshot:
    """Return what the score of a lead is computed from, as of `at`."""
    lead, prospect = who.lead, who.prospect
    return LeadSnapshot(
        is_owner=lead.is_owner,
        buys_first=lead.buys_first,
        sell_timeframe=lead.sell_timeframe,
        phone_valid=prospect.phone_valid if prospect.phone else None,
        estimated_price_eur=lead.estimated_price_eur,
        property_type=None if lead.property_type is PropertyType.OTHER else lead.property_type,
        in_media_zone=covers(configuration.media_zones, lead.postal_code, lead.insee_code),
        further_estimates=max(who.estimates - 1, 0),
        page_views=who.page_views,
        came_by=lead.came_by,  # type: ignore[arg-type]
        call_attempts=lead.call_attempts,
        whole_days=max((at - lead.requested_at).days, 0),
    )


def answered_again(lead: Lead, answers: Answers, at: datetime) -> Lead:
    """Return the lead after another request for the same property: the newest answers win, older ones only count."""
    counted = replace(lead, request_count=lead.request_count + 1, updated_at=max(lead.updated_at, at))
    if at < lead.requested_at:
        return counted
    return replace(counted, requested_at=at, **answers.by_name())


_LETTERS = re.compile(r"[^\w]+")


def wrapup_key(name: str) -> str:
    """Return a wrap-up's name as names are compared: letters and digits only, in lower case."""
    return _LETTERS.sub(" ", name).strip().casefold()
