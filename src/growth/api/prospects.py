"""Prospects: registering people, and looking them up."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Query, Response
from pydantic import Field, StringConstraints

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import EmailIn, Input, Instant, Output
from growth.api.security import Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.prospects.entities.people import AddressTaken, Person, Registration, UnknownFlow, UnknownProspect
from growth.domain.prospects.ports.views import ProspectViews
from growth.domain.prospects.use_cases import RegisterProspect

router = Routes(tags=["prospects"])
_READERS = [allow(Role.SERVICE, Role.OPS)]
_KNOWN = problems(UnknownProspect)
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_MOST_ADDRESSES = 20


class SurveyIn(Input):
    """The answer to "how did you hear about us?"."""

    response: Word
    free_text: Annotated[str | None, Field(max_length=10_000)] = None


class RegistrationIn(Input):
    """What is left out keeps its value; a valid new phone and a new survey answer replace the old ones."""

    email: EmailIn
    phone: Annotated[str | None, Field(max_length=64)] = None
    secondary_emails: Annotated[Sequence[EmailIn], Field(max_length=_MOST_ADDRESSES)] = ()
    company_id: Word | None = Field(default=None, description="SIREN in FR, BCE/KBO in BE, CIF in ES.")
    user_id: Word | None = None
    country_code: Country | None = None
    attribution_survey_response: SurveyIn | None = None
    self_serve_flow_id: Annotated[str | None, Field(pattern="^[A-Za-z0-9_-]{1,64}$")] = None

    def registration(self) -> Registration:
        """Return the domain's form of it. Raises `BadEmail`."""
        survey = self.attribution_survey_response
        return Registration(
            email=parse_email(self.email),
            phone=self.phone,
            secondary_emails=[parse_email(email) for email in self.secondary_emails],
            company_id=self.company_id,
            user_id=UserId(self.user_id) if self.user_id else None,
            country_code=self.country_code,
            attribution_survey_response=survey.model_dump(exclude_none=True) if survey else None,
            self_serve_flow_id=self.self_serve_flow_id,
        )


class ProspectOut(Output):
    """`phone` is E.164 where `phone_valid`, else what was typed, cleaned."""

    id: UUID
    email: str
    secondary_emails: Sequence[str]
    phone: str | None
    phone_valid: bool
    first_name: str | None
    last_name: str | None
    country_code: Country | None
    company_id: str | None
    user_id: str | None
    has_opted_in_to_commercial_emails: bool
    attribution_survey_response: Mapping[str, str] | None
    pending_task: bool
    owner_agent_id: str | None
    created_at: Instant

    @classmethod
    def of(cls, person: Person) -> Self:
        names = cls.model_fields.keys() - {"secondary_emails"}
        values = {name: getattr(person.prospect, name) for name in names}
        return cls(**values, secondary_emails=person.secondary_emails)


@router.post(
    "/v1/prospects",
    status_code=201,
    dependencies=[allow(Role.SERVICE)],
    responses=problems(BadEmail, UnknownFlow, AddressTaken) | {200: {"model": ProspectOut}},
)
async def register_prospect(
    body: RegistrationIn, response: Response, register: FromDishka[RegisterProspect]
) -> ProspectOut:
    """Register a person, or register her again."""
    person, new = await register(body.registration())
    response.status_code = 201 if new else 200
    return ProspectOut.of(person)


@router.get("/v1/prospects", dependencies=_READERS, responses=problems(BadEmail, UnknownProspect))
async def find_prospect(email: Annotated[EmailIn, Query()], views: FromDishka[ProspectViews]) -> ProspectOut:
    """Return the prospect with this address, be it the first or another one."""
    return _known(await views.of_email(parse_email(email)))


@router.get("/v1/prospects/{prospect_id:uuid}", dependencies=_READERS, responses=_KNOWN)
async def read_prospect(prospect_id: UUID, views: FromDishka[ProspectViews]) -> ProspectOut:
    """Return a prospect."""
    return _known(await views.get(ProspectId(prospect_id)))


def _known(person: Person | None) -> ProspectOut:
    if person is None:
        raise UnknownProspect
    return ProspectOut.of(person)
