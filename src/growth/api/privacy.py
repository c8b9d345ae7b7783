"""Erasures: somebody is forgotten, here and at every vendor."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import EmailIn, Input, Instant, Output
from growth.api.security import CallerOf, Role, allow
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.privacy.entities import ErasureId, ErasureReport, ErasureState, UnknownErasure, VendorState
from growth.domain.privacy.ports import ErasureViews
from growth.domain.privacy.use_cases import ErasePerson

router = Routes(tags=["privacy"])


class ErasureIn(Input):
    email: EmailIn
    dry_run: bool = Field(default=True, description="Report what would go, and change nothing.")


class ErasureOut(Output):
    """`counts`: what went, or in a dry run would go, by kind; `vendors`: who has confirmed that they forgot."""

    id: UUID
    dry_run: bool
    state: ErasureState
    counts: Mapping[str, int]
    vendors: Mapping[str, VendorState]
    requested_at: Instant
    completed_at: Instant | None

    @classmethod
    def of(cls, report: ErasureReport) -> Self:
        it = report.erasure
        return cls(
            id=it.id,
            dry_run=it.dry_run,
            state=it.state,
            counts=it.counts,
            vendors=report.vendors,
            requested_at=it.requested_at,
            completed_at=it.completed_at,
        )


@router.post("/v1/erasures", status_code=201, dependencies=[allow(Role.ADMIN)], responses=problems(BadEmail))
async def erase_person(body: ErasureIn, caller: CallerOf, erase: FromDishka[ErasePerson]) -> ErasureOut:
    """Erase whoever has the address, be it the first or another one. Nobody known is answered in the same shape."""
    by = caller.key_id or ""
    return ErasureOut.of(await erase(parse_email(body.email), by, dry_run=body.dry_run))


@router.get("/v1/erasures/{erasure_id:uuid}", dependencies=[allow(Role.ADMIN)], responses=problems(UnknownErasure))
async def read_erasure(erasure_id: UUID, views: FromDishka[ErasureViews]) -> ErasureOut:
    """Return how far an erasure is. It does not say whom it is about."""
    report = await views.get(ErasureId(erasure_id))
    if report is None:
        raise UnknownErasure
    return ErasureOut.of(report)
