"""Which events are touches, and what a person's touches say together.

A touch is an event that tells of a coming: each capture (a form, a step of a flow) is one, `Direct` where it says
nothing; any other event is one where its stored marketing parameters say how the person came. So a page within a visit
is none (its parameters are not stored again, or its referrer is our own site), and neither is what happens without a
visit: a signature, a mail sent, a reply.
"""

from collections.abc import Collection, Sequence
from typing import Final

from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.business_rules.attribution.channels import LONGEST, arrival_of, channel_of, host_of
from growth.domain.prospects.business_rules.attribution.sharing import shares_of
from growth.domain.prospects.entities.attribution import (
    Arrival,
    Attribution,
    Channel,
    Touch,
    TouchEvent,
    TrafficSources,
)

CAPTURES: Final = frozenset(
    {
        EventName.FLOW_ACCOUNT_CREATION,
        EventName.FLOW_CAPTURE_SCREEN,
        EventName.FLOW_QUOTE_REQUEST,
        EventName.MEETING_REQUEST,
        EventName.WEBSITE_CAPTURE_FORM,
    }
)
_UTMS = ("source", "medium", "campaign")


def attributed(events: Sequence[TouchEvent], sources: TrafficSources, own_hosts: Collection[str]) -> Attribution:
    """Return a person's touches and shares. `events` are in order, the oldest first."""
    touches = [touch for event in events if (touch := _touch(event, sources, own_hosts))]
    non_direct = [touch for touch in touches if touch.channel is not Channel.DIRECT]
    return Attribution(
        touches=touches,
        first_touch=touches[0] if touches else None,
        last_touch=touches[-1] if touches else None,
        last_non_direct_touch=non_direct[-1] if non_direct else None,
        shares=shares_of(touches),
    )


def _touch(event: TouchEvent, sources: TrafficSources, own_hosts: Collection[str]) -> Touch | None:
    parameters = event.marketing_parameters or {}
    arrival = arrival_of(parameters, sources, own_hosts, event.referrer)
    if event.event_name not in CAPTURES and not _came(event, arrival):
        return None
    utms = parameters.get("utms")
    told = utms if isinstance(utms, dict) else {}
    source, medium, campaign = (_text(told.get(name)) for name in _UTMS)
    host = next(iter(arrival.referrer), None)
    return Touch(event.occurred_at, channel_of(arrival), source or host, medium, campaign, event.id)


def _came(event: TouchEvent, arrival: Arrival) -> bool:
    """Whether what is no capture is a coming: it says how, or that a page was opened from nowhere."""
    parameters = event.marketing_parameters
    if parameters is None:
        return False
    from_nowhere = not host_of(parameters.get("landing_referrer_url")) and not host_of(event.referrer)
    return arrival != Arrival() or (from_nowhere and bool(host_of(parameters.get("landing_page_url"))))


def _text(value: object) -> str | None:
    return (value[:LONGEST].strip() or None) if isinstance(value, str) else None
