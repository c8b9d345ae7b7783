"""Looking a sales team up, as it is at this moment; outside of any transaction."""

from dataclasses import dataclass

from growth.domain.kernel.country import Country
from growth.domain.kernel.operating import MovableClock
from growth.domain.prospects.business_rules.availability import seen
from growth.domain.prospects.business_rules.setting_values import backup, excluded
from growth.domain.prospects.entities.sales_teams import SalesTeams, TeamView
from growth.domain.prospects.ports.operator_settings import OperatorSettingViews
from growth.domain.prospects.ports.sales_teams import AbsenceViews, AwayMode


@dataclass(frozen=True, slots=True)
class Looking:
    """The step, with what it needs."""

    teams: SalesTeams
    absences: AbsenceViews
    settings: OperatorSettingViews
    clock: MovableClock
    away: AwayMode

    async def __call__(self, country: Country) -> TeamView:
        """Return the country's team with who is there now."""
        values = {setting.name: setting.value for setting in await self.settings.all()}
        absences = await self.absences.of_team(country)
        now = await self.clock.now()
        team, elsewhere = self.teams.of[country], await self.away(country)
        return seen(team, absences, excluded(values), backup(values, country), now, elsewhere=elsewhere)
