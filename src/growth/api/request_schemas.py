"""Bodies of requests to sales and of self-serve flows."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from growth.api.marketing import Marketed
from growth.api.schemas import EmailIn, Input, Output
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import parse_email
from growth.domain.kernel.prospect_events import PersonaType
from growth.domain.prospects.entities.requests import FlowId, FlowNews, RequestNews, RequestType

_FLOW_ID = "^[A-Za-z0-9_-]{1,64}$"
_MOST_DATA = 16 * 1024
_MOST_KEYS = 200

Phone = Annotated[str, Field(max_length=64, description="As it was typed.")]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Language = Annotated[
    str, StringConstraints(pattern="^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$"), Field(description="Like fr or nl-BE.")
]
FlowIdIn = Annotated[str, StringConstraints(pattern=_FLOW_ID)]
Employees = Annotated[int, Field(ge=0, le=10_000_000)]


def _small(data: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(json.dumps(data, ensure_ascii=False).encode()) > _MOST_DATA:
        raise ValueError(f"Send at most {_MOST_DATA} bytes of it.")
    return data


Data = Annotated[
    Mapping[str, Any], AfterValidator(_small), Field(max_length=_MOST_KEYS, description="At most 16 KiB of JSON.")
]


class FlowIn(Input):
    """A `step`, `data` or `email` that is left out stays as it was; the address links the flow to its person."""

    country_code: Country
    persona_type: PersonaType
    language: Language
    step: Short | None = None
    data: Data | None = None
    email: EmailIn | None = None

    def news(self, id: str) -> FlowNews:
        """Return what is told. Raises `BadEmail`."""
        return FlowNews(
            id=FlowId(id),
            country_code=self.country_code,
            persona_type=self.persona_type,
            language=self.language,
            step=self.step,
            data=self.data,
            email=None if self.email is None else parse_email(self.email),
        )


class RequestIn(Marketed):
    """A request of the contact-sales form. With a flow, its persona counts, and its country has to be this one."""

    email: EmailIn
    request_type: RequestType
    phone: Phone | None = None
    country_code: Country
    persona_type: PersonaType | None = None
    self_serve_flow_id: FlowIdIn | None = None
    message: Message | None = None
    company_name: Short | None = None
    number_of_employees: Employees | None = None
    preferred_slot: Short | None = None
    first_name: Short | None = None
    last_name: Short | None = None

    def news(self, *, by_backend: bool) -> RequestNews:
        """Return what is asked. Raises `BadEmail`."""
        return RequestNews(
            request_type=self.request_type,
            email=parse_email(self.email),
            phone=self.phone,
            first_name=self.first_name,
            last_name=self.last_name,
            country_code=self.country_code,
            persona_type=self.persona_type,
            self_serve_flow_id=_flow(self.self_serve_flow_id),
            details=_details(self, "message", "company_name", "number_of_employees", "preferred_slot"),
            marketing_parameters=self.marketing(),
            by_backend=by_backend,
        )


class EmailCaptureIn(Marketed):
    """An address that was left in a flow; country and persona are the flow's."""

    self_serve_flow_id: FlowIdIn
    email: EmailIn
    language: Language | None = Field(default=None, description="Else the flow's.")

    def news(self, *, by_backend: bool) -> RequestNews:
        """Return what is asked. Raises `BadEmail`."""
        return RequestNews(
            request_type=RequestType.EMAIL_CAPTURE,
            email=parse_email(self.email),
            phone=None,
            first_name=None,
            last_name=None,
            country_code=None,
            persona_type=None,
            self_serve_flow_id=_flow(self.self_serve_flow_id),
            details=_details(self, "language"),
            marketing_parameters=self.marketing(),
            by_backend=by_backend,
        )


class QuoteRequestIn(Marketed):
    """A wish for a quote, at the end of a flow; country and persona are the flow's."""

    self_serve_flow_id: FlowIdIn
    email: EmailIn
    language: Language
    phone_number: Phone | None = None
    firstname: Short | None = None
    lastname: Short | None = None
    company_name: Short | None = None
    number_of_employees: Employees | None = None
    qualification: Data = Field(default_factory=dict)

    def news(self, *, by_backend: bool) -> RequestNews:
        """Return what is asked. Raises `BadEmail`."""
        return RequestNews(
            request_type=RequestType.QUOTE_REQUEST,
            email=parse_email(self.email),
            phone=self.phone_number,
            first_name=self.firstname,
            last_name=self.lastname,
            country_code=None,
            persona_type=None,
            self_serve_flow_id=_flow(self.self_serve_flow_id),
            details=_details(self, "language", "company_name", "number_of_employees", "qualification"),
            marketing_parameters=self.marketing(),
            by_backend=by_backend,
        )


class SubmissionOut(Output):
    submission_id: UUID


def _flow(raw: str | None) -> FlowId | None:
    return None if raw is None else FlowId(raw)


def _details(body: Input, *names: str) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(body, name)) is not None}
