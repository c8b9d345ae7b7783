"""Referrals: recording them, their contracts and free months, holding and paying out, upkeep."""

from typing import Annotated
from uuid import UUID

import structlog
from dishka.integrations.fastapi import FromDishka
from fastapi import Depends, Query, Response

from growth.api.cursors import ID, Places
from growth.api.errors import problems
from growth.api.ledger_schemas import EntriesOut
from growth.api.referral_schemas import (
    ConsumedOut,
    ConsumeIn,
    ContractRefIn,
    CreatedOut,
    Name,
    PayoutIn,
    ReferralIn,
    ReferralOut,
    ReviewIn,
)
from growth.api.routing import Routes
from growth.api.schemas import Limit, Page
from growth.api.security import CallerOf, Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import parse_month
from growth.domain.referrals.entities.referrals import (
    ContractSpent,
    ContractTaken,
    ForeignContract,
    NotHeld,
    NothingToPay,
    PaidAhead,
    ReferralId,
    ReferralIsOver,
    ReferralStatus,
    UnknownReferral,
)
from growth.domain.referrals.ports.views import LedgerViews, ReferralFilter, ReferralViews
from growth.domain.referrals.use_cases import (
    AddContractToReferral,
    ConsumeReferral,
    CreateReferral,
    DeleteReferral,
    RecordPayout,
    ReviewReward,
)

router = Routes(tags=["referrals"])
log = structlog.get_logger(__name__)
_KNOWN = problems(UnknownReferral)
_PLACES = Places(ID)
_Word = Annotated[Name | None, Query()]
_READERS = [allow(Role.SERVICE, Role.OPS)]


@router.post(
    "/v1/referrals", status_code=201, dependencies=[allow(Role.SERVICE)], responses={200: {"model": CreatedOut}}
)
async def create_referral(body: ReferralIn, response: Response, create: FromDishka[CreateReferral]) -> CreatedOut:
    """Record who invited a user: 201, or 200 with the reason why nothing was written."""
    found = await create(UserId(body.referred_user_id), body.referral_code, body.referring_partner)
    if found.reason:
        response.status_code = 200
        log.info("referral-refused", reason=found.reason, referral_id=str(found.referral_id))
    return CreatedOut(referral_id=found.referral_id, created=found.reason is None, reason=found.reason)


async def _wanted(
    country_code: Country | None = None,
    contract_ref: Annotated[list[Name] | None, Query(max_length=200)] = None,
    referred_user_id: _Word = None,
    referring_user_id: _Word = None,
    status: ReferralStatus | None = None,
    *,
    unrewarded: Annotated[bool, Query(description="With a contract, without discount and reward.")] = False,
) -> ReferralFilter:
    return ReferralFilter(
        country_code=country_code,
        contract_refs=[ContractRef(ref) for ref in contract_ref or ()],
        referred_user_id=UserId(referred_user_id) if referred_user_id else None,
        referring_user_id=UserId(referring_user_id) if referring_user_id else None,
        status=status,
        unrewarded=unrewarded,
    )


@router.get("/v1/referrals", dependencies=_READERS)
async def list_referrals(
    wanted: Annotated[ReferralFilter, Depends(_wanted)],
    views: FromDishka[ReferralViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _PLACES.query] = None,
) -> Page[ReferralOut]:
    """List referrals, the newest first; deleted ones only with `status=deleted`."""
    (before,) = _PLACES.read(cursor) or (None,)
    found = await views.list(wanted, before, limit)
    following = _PLACES.behind(found, limit, lambda it: (it.referral.id,))
    return Page(items=[ReferralOut.of(it) for it in found], next_cursor=following)


@router.get("/v1/referrals/{referral_id:uuid}", dependencies=_READERS, responses=_KNOWN)
async def read_referral(referral_id: UUID, views: FromDishka[ReferralViews]) -> ReferralOut:
    """Return a referral, a deleted one too."""
    return await _known(referral_id, views)


async def _known(referral_id: UUID, views: ReferralViews) -> ReferralOut:
    view = await views.get(ReferralId(referral_id))
    if view is None:
        raise UnknownReferral
    return ReferralOut.of(view)


@router.put(
    "/v1/referrals/{referral_id:uuid}/contract",
    dependencies=_READERS,
    responses=problems(UnknownReferral, ContractTaken, ReferralIsOver, ForeignContract, ContractSpent),
)
async def add_contract(
    referral_id: UUID, body: ContractRefIn, add: FromDishka[AddContractToReferral], views: FromDishka[ReferralViews]
) -> ReferralOut:
    """Give a referral its contract; the same again changes nothing."""
    await add(ReferralId(referral_id), ContractRef(body.contract_ref))
    return await _known(referral_id, views)


@router.post(
    "/v1/referrals/{referral_id:uuid}/consume",
    dependencies=_READERS,
    responses=_KNOWN,
    response_model_exclude_none=True,
)
async def consume_referral(
    referral_id: UUID, consume: FromDishka[ConsumeReferral], body: ConsumeIn | None = None
) -> ConsumedOut:
    """Decide the free month of the referral's contract; again, it tells what was decided."""
    month = parse_month(body.month) if body and body.month else None
    return ConsumedOut.model_validate(await consume(ReferralId(referral_id), month))


@router.get("/v1/referrals/{referral_id:uuid}/ledger", dependencies=_READERS, responses=_KNOWN)
async def read_referral_ledger(
    referral_id: UUID, views: FromDishka[ReferralViews], ledger: FromDishka[LedgerViews]
) -> EntriesOut:
    """Return the entries that a referral has caused, oldest first."""
    await _known(referral_id, views)
    return EntriesOut.of(await ledger.of_referral(ReferralId(referral_id)))


@router.delete("/v1/referrals/{referral_id:uuid}", status_code=204, dependencies=_READERS, responses=_KNOWN)
async def delete_referral(
    referral_id: UUID, delete: FromDishka[DeleteReferral], views: FromDishka[ReferralViews]
) -> None:
    """Delete a referral and its discount; unused days and unpaid amounts are taken back. Again: nothing is done."""
    await _known(referral_id, views)
    await delete(ReferralId(referral_id))


@router.post(
    "/v1/referrals/{referral_id:uuid}/payout",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(UnknownReferral, NothingToPay, PaidAhead),
)
async def record_payout(
    referral_id: UUID, body: PayoutIn, record: FromDishka[RecordPayout], views: FromDishka[ReferralViews]
) -> ReferralOut:
    """Enter that the amount owed was paid; the same reference again changes nothing."""
    await record(ReferralId(referral_id), body.paid_at, body.reference)
    return await _known(referral_id, views)


@router.post(
    "/v1/referrals/{referral_id:uuid}/review",
    dependencies=[allow(Role.OPS)],
    responses=problems(UnknownReferral, NotHeld),
)
async def review_reward(
    referral_id: UUID,
    body: ReviewIn,
    caller: CallerOf,
    review: FromDishka[ReviewReward],
    views: FromDishka[ReferralViews],
) -> ReferralOut:
    """Release a held reward, its windows beginning now, or reject it. The key that decides is kept."""
    await review(ReferralId(referral_id), body.decision, body.reason, caller.key_id or "")
    return await _known(referral_id, views)
