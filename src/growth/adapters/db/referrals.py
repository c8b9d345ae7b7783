"""Profiles, referrals, discounts and reward amounts."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.names import lock_names
from growth.adapters.db.prepared import Prepared
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.referrals import discounts, profiles, referrals, reward_amounts, visits
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import Month
from growth.domain.kernel.person import Email
from growth.domain.referrals.entities.codes import ReferralCode
from growth.domain.referrals.entities.profiles import Profile
from growth.domain.referrals.entities.referrals import Discount, Referral, ReferralId, ReferralStatus
from growth.domain.referrals.entities.rewards import RewardAmount
from growth.domain.referrals.entities.suspicion import Likeness

PROFILES = Rows(Profile, profiles)
REFERRALS = Rows(Referral, referrals)
DISCOUNTS = Rows(Discount, discounts)
AMOUNTS = Rows(RewardAmount, reward_amounts)

_ALIVE = referrals.c.deleted_at.is_(None)
_SAVE = Prepared(REFERRALS.update)
_ABOVE = text("""
    WITH RECURSIVE above (user_id) AS (
        SELECT referring_user_id FROM referral WHERE referred_user_id = :user_id AND deleted_at IS NULL
        UNION
        SELECT r.referring_user_id FROM referral r JOIN above a ON r.referred_user_id = a.user_id
        WHERE r.deleted_at IS NULL
    )
    SELECT user_id FROM above WHERE user_id IS NOT NULL
""")
# What was given and stays given, though the referral is deleted: a free month, days that were used, money paid out.
_DECIDED = text("""
    SELECT EXISTS (
        SELECT FROM referral r WHERE r.deleted_at IS NOT NULL
        AND r.referred_user_id IN (SELECT id FROM user_account WHERE id = :user_id OR replaced_by = :user_id)
        AND (r.review_decision = 'reject' OR EXISTS (
            SELECT FROM ledger_entry e WHERE e.referral_id = r.id
            AND (e.reason = 'free_month' OR split_part(e.account, ':', 1) IN ('forfeited', 'paid'))))
    )
""")
_SPENT = text("""
    SELECT EXISTS (
        SELECT FROM referral r WHERE r.referred_contract_ref = :ref AND r.id <> :id
        AND (r.deleted_at IS NULL OR EXISTS (
            SELECT FROM ledger_entry e WHERE e.referral_id = r.id AND e.reason = 'free_month'))
    )
""").bindparams(bindparam("id", type_=referrals.c.id.type))
# A phone is told of people; they are found by the addresses of the user.
_LIKENESS = Prepared(
    text("""
        WITH side AS (
            SELECT id, stripe_customer_id,
                   array_remove(ARRAY[email, pro_email, company_email], NULL) AS emails
            FROM user_account WHERE id IN (:referred, :referring)
        ), phone AS (
            SELECT DISTINCT side.id, p.phone FROM side JOIN prospect p ON p.email = ANY(side.emails)
            WHERE p.phone_valid
        ), customer AS (
            SELECT id, stripe_customer_id AS name FROM side WHERE stripe_customer_id IS NOT NULL
            UNION SELECT side.id, pay.customer_id FROM side JOIN payment pay ON pay.user_id = side.id
                  WHERE pay.customer_id IS NOT NULL
        ), instrument AS (
            SELECT DISTINCT c.id, f.fingerprint FROM customer c JOIN payer_fingerprint f ON f.customer_id = c.name
        )
        SELECT (SELECT emails FROM side WHERE id = :referred),
               coalesce((SELECT emails FROM side WHERE id = :referring AND id <> :referred), '{}'),
               EXISTS (SELECT FROM phone GROUP BY phone HAVING count(*) > 1),
               EXISTS (SELECT FROM instrument GROUP BY fingerprint HAVING count(*) > 1),
               (SELECT count(*) FROM referral WHERE referring_user_id = :referring AND deleted_at IS NULL
                       AND created_at >= :since AND created_at < :until)
    """)
)


class SqlProfiles:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, user_id: UserId) -> Profile | None:
        query = select(*PROFILES.columns).where(profiles.c.user_id == user_id)
        return PROFILES.read((await self._connection.execute(query)).first())

    async def of_code(self, code: ReferralCode) -> Profile | None:
        query = select(*PROFILES.columns).where(profiles.c.referral_code == code)
        return PROFILES.read((await self._connection.execute(query)).first())

    async def add(self, profile: Profile) -> Profile | None:
        await PROFILES.add(self._connection, [profile])
        return await self.get(profile.user_id)

    async def count_visit(self, code: ReferralCode, day: date) -> None:
        new = insert(visits).values(referral_code=code, day=day, visits=1)
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[visits.c.referral_code, visits.c.day], set_={"visits": visits.c.visits + 1}
            )
        )

    async def delete(self, user_id: UserId) -> None:
        await self._connection.execute(delete(profiles).where(profiles.c.user_id == user_id))


class SqlReferrals:
    """Referrals are locked in the order of their ids."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_graph(self) -> None:
        await lock_names(self._connection, "referrals", ["graph"])

    async def lock_contract(self, ref: ContractRef) -> None:
        await lock_names(self._connection, "contracts", [ref])

    async def add(self, referral: Referral) -> bool:
        new = insert(referrals).values(REFERRALS.write(referral))
        new = new.on_conflict_do_nothing(index_elements=[referrals.c.referred_user_id], index_where=_ALIVE)
        return (await self._connection.execute(new)).rowcount == 1

    async def save(self, referral: Referral) -> None:
        await _SAVE.fetch(self._connection, REFERRALS.changes(referral))

    async def lock(self, id: ReferralId) -> Referral | None:
        query = select(*REFERRALS.columns).where(referrals.c.id == id).with_for_update()
        return REFERRALS.read((await self._connection.execute(query)).first())

    async def received_by(self, user_id: UserId) -> Referral | None:
        query = select(*REFERRALS.columns).where(referrals.c.referred_user_id == user_id, _ALIVE)
        return REFERRALS.read((await self._connection.execute(query)).first())

    async def lock_received(self, user_id: UserId) -> Referral | None:
        query = select(*REFERRALS.columns).where(referrals.c.referred_user_id == user_id, _ALIVE).with_for_update()
        return REFERRALS.read((await self._connection.execute(query)).first())

    async def decided_before(self, user_id: UserId) -> bool:
        return (await self._connection.execute(_DECIDED, {"user_id": user_id})).scalar_one() is True

    async def with_contract(self, ref: ContractRef) -> Referral | None:
        query = select(*REFERRALS.columns).where(referrals.c.referred_contract_ref == ref, _ALIVE)
        return REFERRALS.read((await self._connection.execute(query)).first())

    async def is_spent(self, ref: ContractRef, *, but: ReferralId) -> bool:
        return (await self._connection.execute(_SPENT, {"ref": ref, "id": but})).scalar_one() is True

    async def lock_all_of(self, user_ids: Collection[UserId]) -> list[Referral]:
        theirs = or_(referrals.c.referred_user_id.in_(user_ids), referrals.c.referring_user_id.in_(user_ids))
        query = select(*REFERRALS.columns).where(theirs, _ALIVE).order_by(referrals.c.id).with_for_update()
        return REFERRALS.all(await self._connection.execute(query))

    async def referrers_above(self, user_id: UserId) -> set[UserId]:
        return set((await self._connection.execute(_ABOVE, {"user_id": user_id})).scalars())

    async def unrewarded(
        self, country: Country, contracts: Collection[ContractRef], after: ReferralId | None, limit: int
    ) -> list[ReferralId]:
        query = select(referrals.c.id).where(referrals.c.referred_country_code == country, unrewarded())
        if contracts:
            query = query.where(referrals.c.referred_contract_ref.in_(contracts))
        if after:
            query = query.where(referrals.c.id > after)
        return list((await self._connection.execute(query.order_by(referrals.c.id).limit(limit))).scalars())

    async def likeness(self, referral: Referral, since: datetime, until: datetime) -> Likeness:
        asked = {
            "referred": referral.referred_user_id,
            "referring": referral.referring_user_id or "",
            "since": since,
            "until": until,
        }
        ((mine, others, phone, instrument, that_day),) = await _LIKENESS.fetch(self._connection, asked)
        return Likeness(_emails(mine), _emails(others), phone, instrument, that_day)


def _emails(found: Sequence[str]) -> tuple[Email, ...]:
    return tuple(Email(email) for email in found)


def unrewarded() -> ColumnElement[bool]:
    """Return the condition: has a contract, is not rewarded nor rejected, has no discount."""
    given = discounts.alias()
    discounted = select(given.c.id).where(given.c.referral_id == referrals.c.id)
    return (
        _ALIVE
        & referrals.c.referred_contract_ref.is_not(None)
        & referrals.c.referred_contract_rewarded_on.is_(None)
        & (referrals.c.status != ReferralStatus.REJECTED)
        & ~discounted.exists()
    )


class SqlDiscounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of_referral(self, id: ReferralId) -> Discount | None:
        query = select(*DISCOUNTS.columns).where(discounts.c.referral_id == id)
        return DISCOUNTS.read((await self._connection.execute(query)).first())

    async def of_month(self, contract: ContractRef, month: Month) -> Discount | None:
        query = select(*DISCOUNTS.columns).where(discounts.c.contract_ref == contract, discounts.c.month == month)
        return DISCOUNTS.read((await self._connection.execute(query)).first())

    async def months(self, contract: ContractRef) -> set[Month]:
        query = select(discounts.c.month).where(discounts.c.contract_ref == contract)
        return set((await self._connection.execute(query)).scalars())

    async def add(self, discount: Discount) -> bool:
        new = insert(discounts).values(DISCOUNTS.write(discount)).on_conflict_do_nothing()
        return (await self._connection.execute(new)).rowcount == 1

    async def save(self, discount: Discount) -> None:
        await DISCOUNTS.put(self._connection, [discount])

    async def delete_of(self, id: ReferralId) -> None:
        await self._connection.execute(delete(discounts).where(discounts.c.referral_id == id))


class SqlAmounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self, country: Country, type: RewardType) -> list[RewardAmount]:
        query = select(*AMOUNTS.columns).where(reward_amounts.c.country_code == country, reward_amounts.c.type == type)
        return AMOUNTS.all(await self._connection.execute(query))

    async def add(self, amounts: Sequence[RewardAmount]) -> None:
        await AMOUNTS.add(self._connection, amounts)
