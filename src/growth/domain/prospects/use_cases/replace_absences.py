"""A member of a sales team is away, or is no more."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.prospects.business_rules.availability import joined
from growth.domain.prospects.entities.sales_teams import Absence, SalesTeams, UnknownMember
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class ReplaceAbsences:
    """Have just these absences of the member. Raises `UnknownMember`, `BadAbsence`."""

    begin: Begin[ProspectsTx]
    teams: SalesTeams

    async def __call__(self, country: Country, admin_id: AdminId, absences: Sequence[Absence]) -> None:
        if all(member.admin_id != admin_id for member in self.teams.of[country].members):
            raise UnknownMember
        wanted = joined(absences)
        async with self.begin() as tx:
            await tx.absences.replace(country, admin_id, wanted)
