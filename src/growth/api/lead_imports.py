"""Leads from a CSV file."""

import asyncio
from collections.abc import Sequence
from typing import Any

from dishka.integrations.fastapi import FromDishka
from fastapi import Request

from growth.api.errors import Refused, problems
from growth.api.routing import Routes
from growth.api.schemas import Output
from growth.api.security import Role, allow
from growth.domain.campaigns.business_rules.importing import read_leads
from growth.domain.campaigns.entities.importing import BadLeadsFile
from growth.domain.campaigns.use_cases import ImportLeads

router = Routes(tags=["leads"])
_CSV = "text/csv"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "UTF-8, with a header of the fields of an estimate; at most 32 MiB.",
        "content": {_CSV: {"schema": {"type": "string"}}},
    }
}


class FaultOut(Output):
    pointer: str
    code: str
    message: str


class BadRowOut(Output):
    line: int
    faults: Sequence[FaultOut]


class ImportOut(Output):
    """`read` rows = `taken` + `repeated` (known already) + those in `bad`."""

    read: int
    taken: int
    repeated: int
    bad: Sequence[BadRowOut]
    notes: Sequence[str]
    dry_run: bool


@router.post("/v1/leads/import", dependencies=[allow(Role.OPS)], responses=problems(BadLeadsFile), openapi_extra=_BODY)
async def import_leads(request: Request, imports: FromDishka[ImportLeads], dry_run: bool = False) -> ImportOut:
    """Import the good rows of a CSV file, and report the bad ones by line with the reason."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _CSV:
        raise Refused(415, "unsupported-media-type", f"Send the file with `Content-Type: {_CSV}`.")
    leads = await asyncio.to_thread(read_leads, await request.body())
    report = await imports(leads, dry_run=dry_run)
    return ImportOut(
        read=report.read,
        taken=report.taken,
        repeated=report.repeated,
        bad=[BadRowOut.model_validate(bad) for bad in report.bad],
        notes=report.notes,
        dry_run=dry_run,
    )
