"""The files that a simulated slot would hand over."""

import re
from datetime import UTC
from pathlib import Path

from growth.adapters.dialer_csv import files
from growth.adapters.dialer_csv.dialer import row
from growth.domain.campaigns.business_rules.calling import batched
from growth.domain.campaigns.business_rules.choosing import Chosen
from growth.domain.campaigns.business_rules.simulating import SimulatedRun
from growth.domain.campaigns.entities.dialing import Recipient
from growth.domain.campaigns.entities.law import LawSettings


def write_simulated(folder: Path, run: SimulatedRun, law: LawSettings) -> Path:
    """Write what the slot would hand over as one file, named after campaign and slot, and return where it is."""
    name = re.sub(r"\W+", "-", run.campaign.name).strip("-")
    path = folder / f"{name}_{run.slot.start.astimezone(UTC):%Y%m%dT%H%M%SZ}.csv"
    batches = batched(run.chosen, run.campaign, run.slot, run.at, law)
    files.write(path, (row(shared, _recipient(one)) for shared, members in batches for one in members))
    return path


def _recipient(one: Chosen) -> Recipient:
    lead, person = one.candidate.who.lead, one.candidate.who.prospect
    return Recipient(
        call_id=one.candidate.call.id,
        lead_id=lead.id,
        phone=person.phone or "",
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        segment=lead.segment,
        score=one.score.score,
        postal_code=lead.postal_code,
    )
