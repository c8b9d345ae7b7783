"""What is read of the referral programme: profiles, referrals, payments of nobody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.payments import SqlPayments
from growth.adapters.db.referrals import AMOUNTS, DISCOUNTS, REFERRALS, unrewarded
from growth.adapters.db.tables.accounts import users
from growth.adapters.db.tables.referrals import discounts, payments, profiles, referrals, reward_amounts
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.ids import UserId
from growth.domain.referrals.entities.codes import ReferralCode
from growth.domain.referrals.entities.payments import Paid, UnmatchedPayment
from growth.domain.referrals.entities.profiles import Amounts, Counts, Profile, ProfileView, Referrer
from growth.domain.referrals.entities.referrals import ReferralId
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.entities.terms import Programme
from growth.domain.referrals.ports.views import ConvertedBy, ReferralFilter, ReferralView

# One statement: counts over the index of what was sent, amounts over the index of the account.
_PROFILE = text("""
    SELECT p.user_id, p.country_code, p.referral_code, p.created_at, h.credit_until,
           (SELECT coalesce(sum(visits), 0) FROM referral_visit v WHERE v.referral_code = p.referral_code),
           sent.invited, sent.signed, sent.converted, sent.in_window, money.earned, money.paid
    FROM referral_profile p
    LEFT JOIN ledger_holder h ON h.user_id = p.user_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS invited, count(r.referred_contract_ref) AS signed,
               count(*) FILTER (WHERE r.status = 'converted') AS converted,
               count(*) FILTER (WHERE r.status = 'converted' AND r.credited_at > w.since) AS in_window
        FROM referral r
        LEFT JOIN unnest(CAST(:countries AS text[]), CAST(:versions AS text[]), CAST(:since AS timestamptz[]))
                  AS w (country_code, version, since)
               ON w.country_code = r.referred_country_code AND w.version = r.terms_version
        WHERE r.referring_user_id = p.user_id AND r.deleted_at IS NULL
    ) AS sent
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE reason <> 'payout'), 0) AS earned,
               coalesce(-sum(amount) FILTER (WHERE reason = 'payout'), 0) AS paid
        FROM ledger_entry WHERE account = 'owed:' || h.id
    ) AS money
    WHERE p.user_id = :user_id
""")
_UNMATCHED = [payments.c[name] for name in UnmatchedPayment.__dataclass_fields__]
_CURRENCY = "EUR"
_CONVERTED_BY = (
    select(*(payments.c[name] for name in ConvertedBy.__dataclass_fields__))
    .where(payments.c.user_id == referrals.c.referred_user_id, referrals.c.converted_at.is_not(None))
    .order_by(payments.c.paid_at, payments.c.external_id)  # as judging.first_payment
    .limit(1)
    .lateral("converted_by")
)


class SqlReferralViews:
    def __init__(self, engine: AsyncEngine, programme: Programme) -> None:
        self._engine = engine
        self._terms = [terms for versions in programme.terms.values() for terms in versions]

    async def profile(self, user_id: UserId, now: datetime) -> ProfileView | None:
        asked = {
            "user_id": user_id,
            "countries": [terms.country_code for terms in self._terms],
            "versions": [terms.version for terms in self._terms],
            "since": [now - timedelta(days=terms.credit_days) for terms in self._terms],
        }
        async with self._engine.connect() as connection:
            row = (await connection.execute(_PROFILE, asked)).first()
        if row is None:
            return None
        user, country, code, created_at, until, *rest = row
        *counts, earned, paid = (int(number) for number in rest)
        return ProfileView(
            profile=Profile(user, Country(country), code, created_at),
            counts=Counts(*counts),
            credit_until=until,
            amounts=[Amounts(_CURRENCY, earned, paid)],
        )

    async def referrer(self, code: ReferralCode) -> Referrer | None:
        query = select(users.c.full_name).join(profiles, profiles.c.user_id == users.c.id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query.where(profiles.c.referral_code == code))).first()
        return None if row is None else Referrer(code, next(iter((row.full_name or "").split()), None))

    async def get(self, id: ReferralId) -> ReferralView | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(_referrals().where(referrals.c.id == id))).first()
        return None if row is None else _view(row)

    async def list(self, wanted: ReferralFilter, before: UUID | None, limit: int) -> Sequence[ReferralView]:
        of = referrals.c
        query = _referrals().order_by(of.id.desc()).limit(limit)
        for column in ("referred_user_id", "referring_user_id", "status"):
            if (value := getattr(wanted, column)) is not None:
                query = query.where(of[column] == value)
        if wanted.country_code:
            query = query.where(of.referred_country_code == wanted.country_code)
        if wanted.contract_refs:
            query = query.where(of.referred_contract_ref.in_(wanted.contract_refs))
        if wanted.unrewarded:
            query = query.where(unrewarded())
        if wanted.status is None:
            query = query.where(of.deleted_at.is_(None))
        if before:
            query = query.where(of.id < before)
        async with self._engine.connect() as connection:
            return [_view(row) for row in await connection.execute(query)]

    async def amounts(self, country: Country, type: RewardType) -> Sequence[RewardAmount]:
        of = reward_amounts.c
        query = select(*AMOUNTS.columns).where(of.country_code == country, of.type == type)
        async with self._engine.connect() as connection:
            return AMOUNTS.all(await connection.execute(query))

    async def payments(self, user_id: UserId) -> Sequence[Paid] | None:
        async with self._engine.connect() as connection:
            known = await connection.execute(select(users.c.id).where(users.c.id == user_id))
            return None if known.first() is None else await SqlPayments(connection).of_user(user_id)

    async def unmatched(self, before: UUID | None, limit: int) -> Sequence[UnmatchedPayment]:
        query = select(*_UNMATCHED).where(payments.c.user_id.is_(None)).order_by(payments.c.id.desc()).limit(limit)
        if before:
            query = query.where(payments.c.id < before)
        async with self._engine.connect() as connection:
            return [UnmatchedPayment(*row) for row in await connection.execute(query)]


def _referrals() -> Select[Any]:
    """Select referrals with their discounts, the names of those who refer, and the payments that converted them."""
    name = func.coalesce(users.c.full_name, referrals.c.referring_partner)
    return (
        select(*REFERRALS.columns, *DISCOUNTS.columns, name, *_CONVERTED_BY.c)
        .outerjoin(discounts, discounts.c.referral_id == referrals.c.id)
        .outerjoin(users, users.c.id == referrals.c.referring_user_id)
        .outerjoin(_CONVERTED_BY, true())
    )


def _view(row: Row[Any]) -> ReferralView:
    edge = len(REFERRALS.columns)
    name_at = edge + len(DISCOUNTS.columns)
    discount, payment = row[edge:name_at], row[name_at + 1 :]
    return ReferralView(
        referral=REFERRALS.one(row[:edge]),
        discount=DISCOUNTS.one(discount) if discount[0] else None,
        referrer_name=row[name_at],
        converted_by=ConvertedBy(*payment) if payment[0] else None,
    )
