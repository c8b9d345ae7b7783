"""When members of sales teams are away."""

from collections.abc import Collection, Sequence
from typing import Protocol

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.entities.sales_teams import Absence


class Absences(Protocol):
    async def replace(self, country: Country, admin_id: AdminId, absences: Sequence[Absence]) -> None:
        """Have just these absences of a member; who replaces them at the same time waits."""
        ...


class AbsenceViews(Protocol):
    async def of_team(self, country: Country) -> Sequence[Absence]:
        """Return the absences of the country's members, past ones too, in the order of their starts."""
        ...


class AwayMode(Protocol):
    async def __call__(self, country: Country) -> Collection[AdminId]:
        """Return who has told at the helpdesk that he is away, as known a minute ago; nobody where it is not known."""
        ...
