"""Inbound sales teams: one per country, with its channels, its lead and its members."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault, Invalid, NotFound
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.person import Email

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = "([01][0-9]|2[0-3]):([0-5][0-9])"
_WRITTEN = re.compile(f"({'|'.join(WEEKDAYS)}) {_CLOCK}-(?:{_CLOCK}|24:00)")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """`[start, end)` of one weekday (0 = Monday), in minutes since midnight, as the clock on the wall shows them."""

    weekday: int
    start: int
    end: int

    def __str__(self) -> str:
        """Write it as `parse_working_hours` reads it."""
        start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.start, self.end))
        return f"{WEEKDAYS[self.weekday]} {start}-{end}"


def parse_working_hours(text: str) -> WorkingHours | None:
    """Read `mon 09:00-18:00`; a day may end at 24:00. None: it is not written like this, or ends before it starts."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return None
    day, *clock = written.groups()
    start = int(clock[0]) * 60 + int(clock[1])
    end = int(clock[2]) * 60 + int(clock[3]) if clock[2] else _DAY
    return WorkingHours(WEEKDAYS.index(day), start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team, known by the id that he has as an admin of Intercom."""

    admin_id: AdminId
    email: Email
    name: str
    hours: tuple[WorkingHours, ...]


@dataclass(frozen=True, slots=True)
class CrewLead:
    """A user of the main application who answers for the team."""

    id: str
    email: Email
    pro_email: Email | None
    company_email: Email | None
    full_name: str


@dataclass(frozen=True, slots=True)
class SalesTeam:
    country_code: Country
    timezone: str  # in which the hours of the members are written
    crew_name: str
    crew_slack_channel: str
    won_contracts_slack_channel: str
    crew_lead: CrewLead
    intercom_team_ids: tuple[str, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SalesTeams:
    """One for every country."""

    of: Mapping[Country, SalesTeam]


@dataclass(frozen=True, slots=True)
class Absence:
    """A member is away in `[starts_at, ends_at)`."""

    country_code: Country
    admin_id: AdminId
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as he is now. `available`: at work, not away, and not excluded by the settings."""

    member: Member
    absences: tuple[Absence, ...]
    available: bool


@dataclass(frozen=True, slots=True)
class TeamView:
    """`reachable`: whom to turn to now, the available members or else the country's backup."""

    team: SalesTeam
    members: tuple[MemberView, ...]
    reachable: tuple[Email, ...]


class UnknownMember(NotFound):
    """There is no such member in the country's sales team."""

    code = "unknown-team-member"

    def __init__(self) -> None:
        super().__init__("Look the team up for its members' ids; members stand in the file of the sales teams.")


class BadAbsence(Invalid):
    """An absence does not end after it starts."""

    code = "bad-absence"

    def __init__(self, *places: int) -> None:
        text = "Write an `until` that is later than `from`."
        super().__init__(text, *(Fault(f"/absences/{place}/until", self.code, text) for place in places))


class BadSalesTeams(Invalid):
    """The file of the sales teams cannot be used."""

    code = "bad-sales-teams"
