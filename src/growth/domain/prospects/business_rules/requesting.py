"""What a request to sales becomes: its event, and what the mailing vendor hears."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import Contract
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.person import Prospect, parse_phone, registered
from growth.domain.kernel.prospect_events import OURSELVES, EventName
from growth.domain.prospects.business_rules.countries import COUNTRIES
from growth.domain.prospects.business_rules.event_rules import RULES
from growth.domain.prospects.business_rules.quoting import link_into
from growth.domain.prospects.entities.decisions import TrackedEvent
from growth.domain.prospects.entities.events import EventNews
from growth.domain.prospects.entities.requests import (
    FlowOfAnotherCountry,
    RequestId,
    RequestNews,
    RequestType,
    SalesRequest,
    SelfServeFlow,
)

EVENT_OF: Final[Mapping[RequestType, EventName]] = {
    RequestType.MEETING_REQUEST: EventName.MEETING_REQUEST,
    RequestType.CALLBACK: EventName.MEETING_REQUEST,
    RequestType.EMAIL: EventName.MEETING_REQUEST,
    RequestType.CHAT: EventName.MEETING_REQUEST,
    RequestType.CONTRACT_COMPARISON: EventName.MEETING_REQUEST,
    RequestType.ACCOUNT_CREATION_STUCK: EventName.MEETING_REQUEST,
    RequestType.QUOTE_REQUEST: EventName.FLOW_QUOTE_REQUEST,
    RequestType.EMAIL_CAPTURE: EventName.FLOW_CAPTURE_SCREEN,
}
REQUEST_POST: Final = "slack.request"
CONTRACT_POST: Final = "slack.won"


def in_flow(news: RequestNews, flow: SelfServeFlow) -> RequestNews:
    """Return the request with the flow's country and persona, and its language where none is told.

    Raises `FlowOfAnotherCountry` when the request says another one.
    """
    if news.country_code not in (None, flow.country_code):
        raise FlowOfAnotherCountry
    return replace(
        news,
        country_code=flow.country_code,
        persona_type=flow.persona_type,
        details={"language": flow.language, **news.details},
    )


def event_of(news: RequestNews, id: RequestId) -> EventNews:
    """Return the request as an event of the person: it has the properties that its kind has."""
    name = EVENT_OF[news.request_type]
    known = {"request_type": news.request_type.value, **news.details}
    rule = RULES[name]
    return EventNews(
        event_name=name,
        email=news.email,
        caller=OURSELVES,
        country_code=news.country_code,
        persona_type=news.persona_type,
        marketing_parameters=news.marketing_parameters,
        properties={key: known[key] for key in known.keys() & (rule.required.keys() | rule.optional.keys())},
        message_id=f"request:{id}",
    )


def after_request(stored: Prospect, news: RequestNews) -> Prospect:
    """Return the person after asking: what our backend tells replaces what is stored, as a registration does.

    What anybody else tells only fills empty places.
    """
    phone = parse_phone(news.phone, news.country_code or stored.country_code)
    person = registered(stored, phone, news.first_name, news.last_name)
    if news.by_backend:
        return replace(person, country_code=news.country_code or stored.country_code)
    return replace(
        person,
        phone=stored.phone or person.phone,
        phone_valid=stored.phone_valid if stored.phone else person.phone_valid,
        first_name=stored.first_name or person.first_name,
        last_name=stored.last_name or person.last_name,
        country_code=stored.country_code or news.country_code,
    )


def kept(news: RequestNews, id: RequestId, who: ProspectId, at: datetime) -> SalesRequest:
    """Return the request as it is kept; its country is known, for its event has one."""
    return SalesRequest(
        id=id,
        prospect_id=who,
        request_type=news.request_type,
        country_code=cast("Country", news.country_code),
        persona_type=news.persona_type,
        self_serve_flow_id=news.self_serve_flow_id,
        details=news.details,
        requested_at=at,
    )


def request_to_post(request: SalesRequest, id: MessageId) -> Message:
    """Return the message that has the crew told of a request; it waits for no other vendor."""
    payload = {"request_id": str(request.id), "country": request.country_code.value}
    return Message(id=id, vendor="slack", kind=REQUEST_POST, subject=f"request:{request.id}", payload=payload)


def contract_to_post(contract: Contract, id: MessageId) -> Message:
    """Return the message that has the crew told of a signed contract."""
    payload = {"contract_ref": contract.ref, "country": contract.country_code.value}
    return Message(id=id, vendor="slack", kind=CONTRACT_POST, subject=f"contract:{contract.ref}", payload=payload)


def tracked(request: SalesRequest, site: str) -> TrackedEvent | None:
    """Return what the mailing vendor hears of a request, None for nothing. Raises `NotInThisCountry`."""
    rules, link = COUNTRIES[request.country_code], link_into(site, request.self_serve_flow_id)
    match request.request_type:
        case RequestType.EMAIL_CAPTURE:
            return rules.email_captured(request, link)
        case RequestType.QUOTE_REQUEST:
            return rules.quote_requested(request, link).event
    return None
