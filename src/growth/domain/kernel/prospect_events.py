"""What happened to a prospect. Every later question ("where did she come from?") is answered from these rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId

OURSELVES: Final = "growth"
"""The caller of events that are not sent by anybody but follow from something within."""


class EventName(StrEnum):
    FLOW_ACCOUNT_CREATION = "flow_account_creation"
    FLOW_CAPTURE_SCREEN = "flow_capture_screen"
    FLOW_QUOTE_REQUEST = "flow_quote_request"
    FLOW_CONTRACT_SIGNED = "flow_contract_signed"
    FLOW_ATTRIBUTION_SURVEY = "flow_attribution_survey"
    MEETING_REQUEST = "meeting_request"
    MEETING_REQUEST_ATTRIBUTION_SURVEY = "meeting_request_attribution_survey"
    WEBSITE_CAPTURE_FORM = "website_capture_form"
    PAGE_VIEW = "page_view"
    NURTURING_MAIL_SENT = "nurturing_mail_sent"
    NURTURING_MAIL_READ = "nurturing_mail_read"
    NURTURING_MAIL_CLICKED = "nurturing_mail_clicked"
    SALES_INBOUND_CALL_HUNG_UP = "sales_inbound_call_hung_up"
    SALES_INBOUND_MAIL_SENT = "sales_inbound_mail_sent"
    SALES_INBOUND_CHAT_SENT = "sales_inbound_chat_sent"
    SALES_INBOUND_MAIL_REPLIED = "sales_inbound_mail_replied"
    SALES_INBOUND_CHAT_REPLIED = "sales_inbound_chat_replied"


class PersonaType(StrEnum):
    """Who somebody is to the business; the values are the frontend's."""

    BELGIUM_SMC = "BelgiumSMC"
    CIVIL_SERVANT = "CivilServant"
    COMPANY = "Company"
    FRANCE_TNS = "FranceTNS"
    INDIVIDUAL = "Individual"
    RETIREE = "Retiree"
    SPAIN_AUTONOMO = "SpainAutonomo"


@dataclass(frozen=True, slots=True)
class ProspectEvent:
    """One thing that happened. `occurred_at` is told by the caller, `received_at` is the server's.

    `(caller, message_id)` is its identity for ever: the caller sent it under this id.
    """

    id: UUID
    prospect_id: ProspectId
    event_name: EventName
    country_code: Country | None
    persona_type: PersonaType | None
    marketing_parameters: Mapping[str, object] | None
    properties: Mapping[str, object]
    occurred_at: datetime
    received_at: datetime
    caller: str
    message_id: str
