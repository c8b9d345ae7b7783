"""Reads agents groups: their zones and the agents in them. One agent may be in several groups."""

import re
from datetime import date

from growth.domain.campaigns.entities.configuration import Agent, AgentsGroup
from growth.domain.kernel.toml_tables import Table, did_you_mean, distinct

EVERYWHERE = "everywhere"
LARGEST_NUMBER = 2**31 - 1  # of the columns and of the dialer
_MOST_LEADS = 1000
_PREFIX = re.compile("[0-9]{1,5}|2[AB][0-9]{0,3}")


def read_groups(root: Table) -> tuple[AgentsGroup, ...]:
    """Return the agents groups in the order of the file; none when the file has none."""
    if "groups" not in root.raw:
        return ()
    tables = root.tables("groups")
    agents: list[tuple[Table, Agent]] = []
    groups = tuple(_group(table, agents) for table in tables)
    distinct(tables, "name", "Another group has this name: give each a name of its own.")
    _one_person_each([(table, agent) for table, agent in agents if table.sound()])
    return groups


def _group(table: Table, agents: list[tuple[Table, Agent]]) -> AgentsGroup:
    table.nothing_else("name", "zones", "agents")
    entries = table.tables("agents")
    here = [(entry, _agent(entry)) for entry in entries]
    agents += here
    distinct(entries, "id", "This agent is in the group already: leave one of the two out.")
    return AgentsGroup(table.text("name"), _zones(table), tuple(agent for _, agent in here))


def _zones(table: Table) -> tuple[str, ...]:
    if table.raw.get("zones") == [EVERYWHERE]:
        return ("",)
    zones = [zone(table, key, text) for key, text in table.texts("zones")]
    if not zones:
        message = f'Write where the group works: ["69", "01"], or ["{EVERYWHERE}"].'
        table.wrong("zones", "expected-zones", message)
    return tuple(zones)


def zone(table: Table, key: str, text: str) -> str:
    """Return the beginning of an INSEE or postal code: up to five digits, or 2A and 2B for Corsica."""
    if text == EVERYWHERE:
        table.wrong(key, "bad-zone", f'Only the zones of a group may be "{EVERYWHERE}", and then nothing else.')
    elif not _PREFIX.fullmatch(text):
        message = 'Write the beginning of a postal or INSEE code: one to five digits like "69", "2A" or "2B".'
        table.wrong(key, "bad-zone", message + did_you_mean(text, ("2A", "2B", EVERYWHERE)))
    return text


def _agent(table: Table) -> Agent:
    table.nothing_else("id", "name", "dialer_user_id", "capacity", "absences")
    absences = table.tables("absences") if table.raw.get("absences") else []
    return Agent(
        id=table.text("id"),
        name=table.text("name"),
        dialer_user_id=table.whole("dialer_user_id", 1, LARGEST_NUMBER),
        capacity=table.whole("capacity", 1, _MOST_LEADS),
        absences=tuple(_absence(absence) for absence in absences),
    )


def _absence(table: Table) -> tuple[date, date]:
    table.nothing_else("from", "to")
    first, last = table.day("from"), table.day("to")
    if first > last:
        table.wrong("to", "ends-before-it-starts", "Write the last day here: not before the first, `from`.")
    return first, last


def _one_person_each(agents: list[tuple[Table, Agent]]) -> None:
    """Who has the same id is the same person; others share neither name nor dialer user."""
    by_id: dict[str, tuple[Table, Agent]] = {}
    by_name: dict[str, str] = {}
    by_user: dict[int, str] = {}
    for table, agent in agents:
        first_table, first = by_id.setdefault(agent.id, (table, agent))
        if agent != first:
            message = f"The agent at {first_table.at} has this id and other data: copy them, or take a new id."
            table.wrong("id", "two-agents", message)
            continue
        if by_name.setdefault(agent.name, agent.id) != agent.id:
            message = f"Agent {by_name[agent.name]} has this name: tell the two apart, or use one id."
            table.wrong("name", "duplicate", message)
        if by_user.setdefault(agent.dialer_user_id, agent.id) != agent.id:
            message = f"Agent {by_user[agent.dialer_user_id]} is this dialer user: give each his own."
            table.wrong("dialer_user_id", "duplicate", message)
