"""Requests to sales."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.prospect_events import PersonaType

RequestId = NewType("RequestId", UUID)


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
