"""The file of the inbound sales teams, read at start."""

from pathlib import Path

from growth.adapters.toml_files import parsed, text_of
from growth.domain.prospects.business_rules.configuring_teams import parse_sales_teams
from growth.domain.prospects.entities.sales_teams import BadSalesTeams, SalesTeams


def load_sales_teams(path: Path) -> SalesTeams:
    """Return the teams in this file. Raises `BadSalesTeams`, which names the file and all that is wrong in it."""
    source = text_of(path, BadSalesTeams, "set GROWTH_SALES_TEAMS_FILE to your file of sales teams")
    return parsed(source, str(path), BadSalesTeams, parse_sales_teams)
