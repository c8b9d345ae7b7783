"""Who of a sales team can take something now. `at`: an aware instant."""

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.person import Email
from growth.domain.prospects.entities.sales_teams import Absence, BadAbsence, Member, MemberView, SalesTeam, TeamView


def available(
    team: SalesTeam,
    absences: Collection[Absence],
    excluded: Collection[Email],
    at: datetime,
    elsewhere: Collection[AdminId] = (),
) -> list[Member]:
    """Return the members who work at that instant, are not away and not excluded, in the order of the team.

    `elsewhere`: who has told so at Intercom.
    """
    away = {absence.admin_id for absence in absences if absence.starts_at <= at < absence.ends_at} | {*elsewhere}
    zone = ZoneInfo(team.timezone)
    return [
        member
        for member in team.members
        if works(member, zone, at) and member.admin_id not in away and member.email not in excluded
    ]


def works(member: Member, zone: ZoneInfo, at: datetime) -> bool:
    """Tell whether the wall clock shows a time within the member's hours.

    An instant has one wall-clock time, also when the clocks change: an hour shown twice is worked twice.
    """
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(hours.weekday == local.weekday() and hours.start <= minute < hours.end for hours in member.hours)


def seen(
    team: SalesTeam,
    absences: Sequence[Absence],
    excluded: Collection[Email],
    backup: Sequence[Email],
    at: datetime,
    *,
    elsewhere: Collection[AdminId] = (),
) -> TeamView:
    """Return the team as it is now, with those to turn to: who is excluded is no backup either."""
    there = available(team, absences, excluded, at, elsewhere)
    members = tuple(
        MemberView(
            member,
            tuple(absence for absence in absences if absence.admin_id == member.admin_id),
            available=member in there,
        )
        for member in team.members
    )
    reachable = [member.email for member in there] or [email for email in backup if email not in excluded]
    return TeamView(team, members, tuple(reachable))


def joined(absences: Sequence[Absence]) -> list[Absence]:
    """Return a member's absences in order, those that overlap or touch as one.

    Raises `BadAbsence` with the place of each that does not end after it starts.
    """
    if empty := [place for place, absence in enumerate(absences) if absence.starts_at >= absence.ends_at]:
        raise BadAbsence(*empty)
    ordered = sorted(absences, key=lambda absence: absence.starts_at)
    found: list[Absence] = []
    for absence in ordered:
        if found and absence.starts_at <= found[-1].ends_at:
            last = found.pop()
            absence = Absence(  # noqa: PLW2901 - the longer one stands in its place
                last.country_code, last.admin_id, last.starts_at, max(last.ends_at, absence.ends_at)
            )
        found.append(absence)
    return found
