"""Reads the sales teams from plain values and checks them as a whole."""

from collections.abc import Mapping, Sequence

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.person import BadEmail, Email, parse_email
from growth.domain.kernel.toml_tables import Table, distinct
from growth.domain.prospects.entities.sales_teams import (
    WEEKDAYS,
    BadSalesTeams,
    CrewLead,
    Member,
    SalesTeam,
    SalesTeams,
    WorkingHours,
    parse_working_hours,
)

_TEAM = (
    "country_code",
    "timezone",
    "crew_name",
    "crew_slack_channel",
    "won_contracts_slack_channel",
    "crew_lead",
    "intercom_team_ids",
    "members",
)
_LEAD = ("id", "email", "pro_email", "company_email", "full_name")
_MEMBER = ("admin_id", "email", "name", "hours")


def parse_sales_teams(raw: Mapping[str, object]) -> SalesTeams:
    """Return the teams that a TOML file's content stands for: one for each country.

    Raises `BadSalesTeams` with every fault at once, each at a pointer like `teams[1].members[0].hours[2]`.
    """
    faults: list[Fault] = []
    root = Table(raw, "", faults)
    root.nothing_else("teams")
    tables = root.tables("teams")
    distinct(tables, "country_code", "There is a team of this country already: write one for each.")
    teams = {team.country_code: team for team in map(_team, tables)}
    _every_country(root, tables)
    if faults:
        listed = "".join(f"\n  {fault.pointer}: {fault.message}" for fault in faults)
        raise BadSalesTeams(f"Correct this and start again ({len(faults)} in all):{listed}", *faults)
    return SalesTeams(teams)


def _every_country(root: Table, tables: Sequence[Table]) -> None:
    written = [table.raw.get("country_code") for table in tables]
    missing = [country for country in Country if country not in written]
    if missing and tables and all(code in tuple(Country) for code in written):
        message = f"Add a team for {', '.join(missing)}: requests come from every country."
        root.wrong("teams", "country-without-team", message)


def _team(table: Table) -> SalesTeam:
    table.nothing_else(*_TEAM)
    members = table.tables("members")
    distinct(members, "admin_id", "Another member has this id: every admin of Intercom has one of his own.")
    return SalesTeam(
        country_code=Country(table.one_of("country_code", tuple(Country)) or Country.FR),
        timezone=table.time_zone("timezone"),
        crew_name=table.text("crew_name"),
        crew_slack_channel=_channel(table, "crew_slack_channel"),
        won_contracts_slack_channel=_channel(table, "won_contracts_slack_channel"),
        crew_lead=_lead(table.table("crew_lead")),
        intercom_team_ids=tuple(text for _, text in table.texts("intercom_team_ids")),
        members=tuple(map(_member, members)),
    )


def _lead(table: Table) -> CrewLead:
    table.nothing_else(*_LEAD)
    return CrewLead(
        id=table.text("id"),
        email=_email(table, "email"),
        pro_email=_email(table, "pro_email") if "pro_email" in table.raw else None,
        company_email=_email(table, "company_email") if "company_email" in table.raw else None,
        full_name=table.text("full_name"),
    )


def _member(table: Table) -> Member:
    table.nothing_else(*_MEMBER)
    return Member(
        admin_id=AdminId(table.text("admin_id")),
        email=_email(table, "email"),
        name=table.text("name"),
        hours=tuple(_hours(table, key, text) for key, text in table.texts("hours")),
    )


def _hours(table: Table, key: str, text: str) -> WorkingHours:
    hours = parse_working_hours(text)
    if hours is None:
        days = ", ".join(WEEKDAYS)
        message = f"Write a day ({days}) and two times, the earlier one first, like 'mon 09:00-18:00'."
        table.wrong(key, "bad-hours", message)
    return hours or WorkingHours(0, 0, 1)


def _channel(table: Table, key: str) -> str:
    """Return the name of a channel without the `#` that people write before it."""
    return table.text(key).removeprefix("#")


def _email(table: Table, key: str) -> Email:
    try:
        return parse_email(table.text(key))
    except BadEmail:
        table.wrong(key, "bad-email", "Write an email address like name@example.org.")
        return Email("")
