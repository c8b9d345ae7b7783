"""Inbound sales teams: who is there, and who is away."""

from collections.abc import Sequence
from typing import Annotated, Self

from dishka.integrations.fastapi import FromDishka
from fastapi import Path
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output
from growth.api.security import Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.entities.sales_teams import Absence, BadAbsence, MemberView, TeamView, UnknownMember
from growth.domain.prospects.steps.looking import Looking
from growth.domain.prospects.use_cases import ReplaceAbsences

router = Routes(tags=["sales teams"])
_MOST_ABSENCES = 200


class AbsenceIn(Input):
    from_: Instant = Field(alias="from")
    until: Instant = Field(description="Later than `from`; the member is back at this time.")


class AbsencesIn(Input):
    absences: Annotated[list[AbsenceIn], Field(max_length=_MOST_ABSENCES)]


class AbsenceOut(Output):
    starts_at: Instant = Field(serialization_alias="from")
    ends_at: Instant = Field(serialization_alias="until")


class MemberOut(Output):
    admin_id: str = Field(description="The member's id as an admin of Intercom.")
    email: str
    name: str
    hours: Sequence[str] = Field(description="Of each week, by the clock of the team's time zone.")
    absences: Sequence[AbsenceOut]
    available: bool = Field(description="At work now, not away, and not excluded by the settings.")

    @classmethod
    def of(cls, view: MemberView) -> Self:
        return cls(
            admin_id=view.member.admin_id,
            email=view.member.email,
            name=view.member.name,
            hours=[str(hours) for hours in view.member.hours],
            absences=[AbsenceOut.model_validate(absence) for absence in view.absences],
            available=view.available,
        )


class CrewLeadOut(Output):
    id: str
    email: str
    pro_email: str | None
    company_email: str | None
    full_name: str


class TeamOut(Output):
    country_code: Country
    timezone: str
    crew_name: str
    crew_slack_channel: str
    won_contracts_slack_channel: str
    crew_lead: CrewLeadOut
    intercom_team_ids: Sequence[str]
    members: Sequence[MemberOut]
    reachable: Sequence[str] = Field(description="Whom to write to now: who is available, else the country's backup.")

    @classmethod
    def of(cls, view: TeamView) -> Self:
        own = cls.model_fields.keys() - {"crew_lead", "members", "reachable"}
        return cls(
            **{name: getattr(view.team, name) for name in own},
            crew_lead=CrewLeadOut.model_validate(view.team.crew_lead),
            members=[MemberOut.of(member) for member in view.members],
            reachable=view.reachable,
        )


@router.get("/v1/inbound-sales-teams/{country_code}", dependencies=[allow(Role.SERVICE, Role.OPS)])
async def read_sales_team(country_code: Country, look: FromDishka[Looking]) -> TeamOut:
    """Return a country's sales team, and who of it is there now."""
    return TeamOut.of(await look(country_code))


@router.put(
    "/v1/inbound-sales-teams/{country_code}/members/{admin_id}",
    dependencies=[allow(Role.OPS)],
    responses=problems(UnknownMember, BadAbsence),
)
async def replace_absences(
    country_code: Country,
    admin_id: Annotated[str, Path(min_length=1, max_length=200)],
    body: AbsencesIn,
    replace: FromDishka[ReplaceAbsences],
    look: FromDishka[Looking],
) -> MemberOut:
    """Tell when a member is away; all that was told before is replaced. What overlaps becomes one."""
    whose = AdminId(admin_id)
    await replace(country_code, whose, [Absence(country_code, whose, it.from_, it.until) for it in body.absences])
    return next(MemberOut.of(it) for it in (await look(country_code)).members if it.member.admin_id == admin_id)
