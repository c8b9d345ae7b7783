"""The file of the inbound sales teams, read at start."""

import tomllib
from pathlib import Path

from growth.domain.prospects.business_rules.configuring_teams import parse_sales_teams
from growth.domain.prospects.entities.sales_teams import BadSalesTeams, SalesTeams


def load_sales_teams(path: Path) -> SalesTeams:
    """Return the teams in this file. Raises `BadSalesTeams`, which names the file and all that is wrong in it."""
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # some editors begin a file with a byte order mark
    except OSError as error:
        raise BadSalesTeams(
            f"{path} cannot be read ({error.strerror}): set GROWTH_SALES_TEAMS_FILE to your file of sales teams."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadSalesTeams(f"{path}, line {line}: this is not UTF-8, save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BadSalesTeams(f"{path} is not TOML, mend this and start again: {error}") from None
    try:
        return parse_sales_teams(raw)
    except BadSalesTeams as error:
        raise BadSalesTeams(f"{path}: {error}", *error.faults) from None
