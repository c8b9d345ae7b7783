"""May this person be called at all, at that time? The rules of law among the gates, with their sources.

This is not legal advice. Hours and attempts are judged here; consent and do-not-call lists have their places in `Gate`.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.campaigns.business_rules.call_hours import call_hours_on, may_call_at, next_allowed
from growth.domain.campaigns.business_rules.gates import ATTEMPT_WINDOWS, free_of_attempts_at
from growth.domain.campaigns.entities.candidates import Contactable, Permission
from growth.domain.campaigns.entities.runs import Gate


def can_call(who: Contactable, at: datetime) -> Permission:
    """Judge the facts known now by the rules in force at `at`; `next_allowed_at` is judged rule by rule."""
    lead = who.lead
    if not may_call_at(lead.country_code, lead.timezone, lead.postal_code, at):
        source = call_hours_on(lead.country_code, at.astimezone(ZoneInfo(lead.timezone)).date()).legal_source
        again = next_allowed(lead.country_code, lead.timezone, lead.postal_code, at)
        return Permission(allowed=False, rule=Gate.HOURS, legal_source=source, next_allowed_at=again)
    free = free_of_attempts_at(who)
    if free is not None and at < free:
        source = ATTEMPT_WINDOWS[lead.country_code].legal_source
        again = next_allowed(lead.country_code, lead.timezone, lead.postal_code, free)
        return Permission(allowed=False, rule=Gate.ATTEMPT_CAP, legal_source=source, next_allowed_at=again)
    return Permission(allowed=True, rule=None, legal_source=None, next_allowed_at=at)
