"""Money and days: reward amounts, credits, the ledger's proof, what is owed."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from dishka.integrations.fastapi import FromDishka
from fastapi import Header, Query

from growth.api.cursors import ID, MOMENT, Places
from growth.api.errors import problems
from growth.api.ledger_schemas import (
    CENTS,
    CURRENCY,
    CreditsOut,
    GrantIn,
    LedgerCheckOut,
    LiabilitiesOut,
    LiabilityOut,
    MoneyOut,
    PaymentOut,
    RewardAmountIn,
    RewardAmountOut,
    UnmatchedOut,
)
from growth.api.referral_profiles import UserIdIn
from growth.api.referral_schemas import Name
from growth.api.routing import Routes
from growth.api.schemas import Day, Instant, Limit, Page
from growth.api.security import CallerOf, Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.operating import MovableClock
from growth.domain.referrals.business_rules.free_months import amount_on
from growth.domain.referrals.entities.ledger import WindowTooLong
from growth.domain.referrals.entities.payments import Paid
from growth.domain.referrals.entities.profiles import UnknownUser
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.ports.views import LedgerViews, ReferralViews
from growth.domain.referrals.use_cases import AddRewardAmount, GrantCredit

router = Routes(tags=["ledger"])
_PLACES, _PAYMENTS = Places(ID), Places(MOMENT, ID)


@router.get("/v1/referral-rewards/amount", dependencies=[allow(Role.SERVICE)])
async def read_reward_amount(
    country_code: Country, type: RewardType, date: Annotated[Day, Query()], views: FromDishka[ReferralViews]
) -> MoneyOut:
    """Return what a referring user gets for a contract signed on a day: the latest amount, 0 when there is none."""
    euros = amount_on(await views.amounts(country_code, type), date)
    return MoneyOut(amount_cents=euros * CENTS, currency=CURRENCY)


@router.post("/v1/referral-rewards", status_code=201, dependencies=[allow(Role.ADMIN)])
async def add_reward_amount(body: RewardAmountIn, add: FromDishka[AddRewardAmount]) -> RewardAmountOut:
    """Add an amount that holds for contracts signed from its start date on, whose free month is not decided yet."""
    amount = RewardAmount(body.country_code, body.type, body.euros, body.start_date)
    await add(amount)
    return RewardAmountOut.of(amount)


@router.post(
    "/v1/credits/grants",
    status_code=201,
    dependencies=[allow(Role.ADMIN)],
    responses=problems(UnknownUser, WindowTooLong),
)
async def grant_credit(
    *,
    body: GrantIn,
    caller: CallerOf,
    grant: FromDishka[GrantCredit],
    ledger: FromDishka[LedgerViews],
    clock: FromDishka[MovableClock],
    idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> CreditsOut:
    """Give a user days of access, behind those that he has; once for each `Idempotency-Key`, for ever.

    Without that header, the same body sent again gives as many days again.
    """
    said = f"{caller.key_id}\n{idempotency_key}\n{body.model_dump_json()}"
    key = sha256(said.encode()).hexdigest()[:32] if idempotency_key else None
    await grant(UserId(body.user_id), body.days, body.reason, key=key)
    return await _credits(UserId(body.user_id), ledger, clock)


@router.get("/v1/credits/{user_id}", dependencies=[allow(Role.ADMIN)], responses=problems(UnknownUser))
async def read_credits(
    user_id: UserIdIn, ledger: FromDishka[LedgerViews], clock: FromDishka[MovableClock]
) -> CreditsOut:
    """Return a user's window and the entries of his accounts, oldest first."""
    return await _credits(UserId(user_id), ledger, clock)


async def _credits(user_id: UserId, ledger: LedgerViews, clock: MovableClock) -> CreditsOut:
    view = await ledger.credit(user_id)
    if view is None:
        raise UnknownUser
    return CreditsOut.of(view, await clock.now())


@router.get("/v1/ledger/check", dependencies=[allow(Role.ADMIN)])
async def check_ledger(ledger: FromDishka[LedgerViews]) -> LedgerCheckOut:
    """Prove that every transaction sums to zero and every window replays its entries; name what does not fit."""
    return LedgerCheckOut.of(await ledger.check())


@router.get("/v1/ledger/liability", dependencies=[allow(Role.ADMIN)])
async def read_liability(
    ledger: FromDishka[LedgerViews],
    clock: FromDishka[MovableClock],
    at: Annotated[Instant | None, Query()] = None,
    country_code: Country | None = None,
) -> LiabilitiesOut:
    """Return what each country's programme owed at an instant, now without one."""
    moment = at or await clock.now()
    found = await ledger.liability(moment, country_code)
    return LiabilitiesOut(at=moment, items=[LiabilityOut.of(it) for it in found])


@router.get("/v1/payments", dependencies=[allow(Role.OPS)], responses=problems(UnknownUser))
async def list_payments(
    user_id: Annotated[Name, Query()],
    views: FromDishka[ReferralViews],
    limit: Limit = 50,
    cursor: Annotated[str | None, _PAYMENTS.query] = None,
) -> Page[PaymentOut]:
    """List a user's payments, the latest first, with what was refunded or disputed of each."""
    his = await views.payments(UserId(user_id))
    if his is None:
        raise UnknownUser
    before, latest = _PAYMENTS.read(cursor), sorted(his, key=_place, reverse=True)
    found = [it for it in latest if before is None or _place(it) < before][:limit]
    following = _PAYMENTS.behind(found, limit, _place)
    return Page(items=[PaymentOut.of(it) for it in found], next_cursor=following)


def _place(it: Paid) -> tuple[datetime, UUID]:
    return it.payment.paid_at, it.payment.id


@router.get("/v1/payments/unmatched", dependencies=[allow(Role.SERVICE, Role.OPS)])
async def list_unmatched_payments(
    views: FromDishka[ReferralViews], limit: Limit = 50, cursor: Annotated[str | None, _PLACES.query] = None
) -> Page[UnmatchedOut]:
    """List payments of nobody we know, the newest first; each is matched when its user becomes known."""
    before: UUID | None
    (before,) = _PLACES.read(cursor) or (None,)
    found = await views.unmatched(before, limit)
    following = _PLACES.behind(found, limit, lambda it: (it.id,))
    return Page(items=[UnmatchedOut.model_validate(it) for it in found], next_cursor=following)
