"""Who works on the demo's day, and when its leads arrive: the example files, put on one calendar."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from growth.domain.campaigns.entities.importing import LeadRow
from growth.domain.campaigns.entities.leads import Submission

DAY = date(2026, 6, 16)
ZONE = ZoneInfo("Europe/Paris")
DAYS = 20  # the last of them is the demo's
FAST_LANE = "Coupe-fil"
SECONDS_PER_CALL = 225.0
LINES = 6  # for the campaigns that are not assigned to agents
# A little more than an agent, and the common lines, can call in three hours, so that some calls come back.
_CAPACITY, _PVB_MAXIMUM, _PQSC_MAXIMUM = 50, 400, 300

# Each department has the towns that stand for what it sells in the files; who is not named here works everywhere.
_ZONES: Mapping[str, Sequence[str]] = {
    "Luxury & Branded Residences": ("75", "78", "92", "13"),
    "Off-Plan Sales": ("31", "33", "34", "44", "59"),
    "Secondary Market": ("01", "38", "42", "69"),
}
_EVERYWHERE = ("everywhere",)
_CAMPAIGNS = """
[pqsc]
below_eur = 200_000
media_zones = ["59"]

[[campaigns]]
name = "PVI"
type = "PVI"
country = "FR"
slots = [{all_day}]
maximum = 2_400
groups = {groups}
dialer_campaign_id = 701
hold_out_percent = 5

[[campaigns]]
name = "{fast_lane}"
type = "CF"
follows = "PVI"
dialer_campaign_id = 702
priority = 2

[[campaigns]]
name = "PVB"
type = "PVB"
country = "FR"
slots = [{afternoon}]
maximum = {pvb_maximum}
dialer_campaign_id = 703
minimum_gap = "24h"

[[campaigns]]
name = "PQSC"
type = "PQSC"
country = "FR"
slots = [{morning_and_evening}]
maximum = {pqsc_maximum}
dialer_campaign_id = 704
attempt_cap = 5
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls a slot takes: of each agent, and of the campaigns that are not assigned to agents."""

    capacity: int = _CAPACITY
    pvb: int = _PVB_MAXIMUM
    pqsc: int = _PQSC_MAXIMUM


OF_A_DAY = Limits()


def campaigns_text(agents_file: Path, limits: Limits = OF_A_DAY) -> str:
    """Return a campaigns file in which the agents of the agents file work, each department as a group."""
    with agents_file.open(encoding="utf-8-sig", newline="") as file:
        agents = sorted(csv.DictReader(file), key=lambda row: (row["Agent_Department"], row["Agent_ID"]))
    names = Counter(agent["Agent_Name"] for agent in agents)
    for agent in agents:
        if names[agent["Agent_Name"]] > 1:  # a campaigns file tells people of one name apart
            agent["Agent_Name"] += f" ({agent['Agent_ID']})"
    departments = {name: list(them) for name, them in groupby(agents, lambda row: row["Agent_Department"])}
    groups = "".join(_group(name, them, limits.capacity) for name, them in departments.items())
    return groups + _CAMPAIGNS.format(
        groups=json.dumps(list(departments)),
        fast_lane=FAST_LANE,
        pvb_maximum=limits.pvb,
        pqsc_maximum=limits.pqsc,
        all_day=_slots("10:00-13:00", "14:00-17:00", "17:00-20:00"),
        afternoon=_slots("14:00-17:00"),
        morning_and_evening=_slots("10:00-13:00", "17:00-20:00"),
    )


def _group(department: str, agents: Sequence[Mapping[str, str]], capacity: int) -> str:
    zones = json.dumps(_ZONES.get(department, _EVERYWHERE))
    return f"[[groups]]\nname = {json.dumps(department)}\nzones = {zones}\n" + "".join(
        f"[[groups.agents]]\nid = {json.dumps(agent['Agent_ID'])}\nname = {json.dumps(agent['Agent_Name'])}\n"
        f"dialer_user_id = {_number(agent['Agent_ID'])}\ncapacity = {capacity}\n"
        for agent in agents
    )


def _number(agent_id: str) -> int:
    return int(agent_id.rpartition("-")[2])


def _slots(*times: str) -> str:
    return ", ".join(f'"{day} {each}"' for day in ("mon", "tue", "wed", "thu", "fri") for each in times)


def arrivals(rows: Sequence[LeadRow]) -> Iterator[tuple[date, list[Submission]]]:
    """Spread the good rows, in the order of their dates, evenly over the days up to the demo's, which is the last.

    The file has about six rows a day for more than two years; so they come faster here, at the times of day that they
    have. Each is asked for, and consented to, when it arrives.
    """
    found = sorted((row.submission for row in rows if row.submission), key=_dated)
    for back in reversed(range(DAYS)):
        day = DAY - timedelta(days=back)
        some = found[len(found) * (DAYS - 1 - back) // DAYS : len(found) * (DAYS - back) // DAYS]
        times = sorted(_dated(each).astimezone(ZONE).time() for each in some)
        moments = (datetime.combine(day, time, ZONE) for time in times)
        yield day, [_arriving(each, at) for each, at in zip(some, moments, strict=True)]


def _dated(submission: Submission) -> datetime:
    if submission.requested_at is None:
        raise ValueError("the mapping of the example leads gives each its time")
    return submission.requested_at


def _arriving(submission: Submission, at: datetime) -> Submission:
    consent = submission.consent and {**submission.consent, "given_at": at.isoformat()}
    return replace(submission, requested_at=at, consent=consent)
