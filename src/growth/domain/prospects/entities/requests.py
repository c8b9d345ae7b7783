"""Requests to sales, and the self-serve flows that many of them come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault, Invalid
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email
from growth.domain.kernel.prospect_events import PersonaType

RequestId = NewType("RequestId", UUID)
FlowId = NewType("FlowId", str)  # the frontend's


class RequestType(StrEnum):
    MEETING_REQUEST = "meeting_request"
    CALLBACK = "callback"
    EMAIL = "email"
    CHAT = "chat"
    ACCOUNT_CREATION_STUCK = "account_creation_stuck"
    QUOTE_REQUEST = "quote_request"
    EMAIL_CAPTURE = "email_capture"
    CONTRACT_COMPARISON = "contract_comparison"


@dataclass(frozen=True, slots=True)
class SalesRequest:
    """What somebody asked of sales. `details`: what the person wrote, as it came: message, names, preferred slot."""

    id: RequestId
    prospect_id: ProspectId
    request_type: RequestType
    country_code: Country
    persona_type: PersonaType | None
    self_serve_flow_id: str | None
    details: Mapping[str, object]
    requested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNews:
    """What somebody asks. Country and persona are those of the flow where one is given; `phone` as it was typed.

    `by_backend`: our own backend says so, and it may replace what is known; a browser may say it of anybody.
    """

    request_type: RequestType
    email: Email
    phone: str | None
    first_name: str | None
    last_name: str | None
    country_code: Country | None
    persona_type: PersonaType | None
    self_serve_flow_id: FlowId | None
    details: Mapping[str, object]
    marketing_parameters: Mapping[str, object] | None
    by_backend: bool = False


@dataclass(frozen=True, slots=True)
class SelfServeFlow:
    """One walk through the frontend's screens. `data`: what it wants to find again."""

    id: FlowId
    country_code: Country
    persona_type: PersonaType
    language: str
    prospect_id: ProspectId | None
    step: str | None
    data: Mapping[str, object]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNews:
    """Where a flow stands; a step, data or an address of None is not told and stays."""

    id: FlowId
    country_code: Country
    persona_type: PersonaType
    language: str
    step: str | None
    data: Mapping[str, object] | None
    email: Email | None


class FlowOfAnotherCountry(Invalid):
    """The self-serve flow is of another country than the request."""

    code = "flow-of-another-country"

    def __init__(self) -> None:
        text = "Send the country of the flow, or the request without the flow."
        super().__init__(text, Fault("/country_code", self.code, text))


class NotInThisCountry(Invalid):
    """There is no rule for this in the country."""

    code = "not-in-this-country"

    def __init__(self, what: str, country: Country) -> None:
        super().__init__(f"There is no {what} in {country}: send a request of another kind for this country.")
