"""Recording who invited a new user."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.customers import User
from growth.domain.kernel.ids import NewId, UserId
from growth.domain.referrals.business_rules.codes import parse_code
from growth.domain.referrals.entities.events import ReferralEvent
from growth.domain.referrals.entities.referrals import (
    Created,
    Referral,
    ReferralId,
    ReferralStatus,
    Refusal,
)
from growth.domain.referrals.entities.terms import Programme
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.steps.joining import Joining
from growth.domain.referrals.steps.publishing import Publishing
from growth.domain.referrals.steps.settling import Settling


@dataclass(frozen=True, slots=True)
class CreateReferral:
    """Create the one referral by which a user came, or say why not; then nothing is written.

    A code wins over a partner and does not fall back to it.
    """

    begin: Begin[ReferralsTx]
    programme: Programme
    join: Joining
    publish: Publishing
    settle: Settling
    new_id: NewId

    async def __call__(self, referred: UserId, code: str | None, partner: str | None) -> Created:
        async with self.begin() as tx:
            user = await tx.customers.lock(referred)  # his payments wait: each is seen here, or sees the referral
            if user is None or user.replaced_by:
                return Created(None, Refusal.PROFILE_NOT_FOUND)
            if code is not None:
                await tx.referrals.lock_graph()
            now = await tx.now()
            if known := await tx.referrals.received_by(referred):
                return _already(known)
            if await tx.referrals.decided_before(referred):
                return Created(None, Refusal.ALREADY_REFERRED)
            referring = await self._referring(tx, referred, code) if code is not None else None
            if isinstance(referring, Refusal):
                return Created(None, referring)
            await self.join(tx, user, now)
            created = await self._create(tx, user, (referring, None if referring else partner), now)
            await self.settle(tx, user, now)
            return created

    async def _create(
        self, tx: ReferralsTx, user: User, by: tuple[UserId | None, str | None], now: datetime
    ) -> Created:
        referral = Referral(
            id=ReferralId(self.new_id()),
            referred_user_id=user.id,
            referring_user_id=by[0],
            referring_partner=by[1],
            referred_country_code=user.country_code,
            terms_version=self.programme.in_force(user.country_code, now).version,
            status=ReferralStatus.CREATED,
            created_at=now,
        )
        if not await tx.referrals.add(referral):
            return Created(None, Refusal.ALREADY_REFERRED)
        await self.publish(tx, ReferralEvent.CREATED, referral, now)
        return Created(referral.id)

    async def _referring(self, tx: ReferralsTx, referred: UserId, code: str) -> UserId | Refusal:
        parsed = parse_code(code)
        profile = await tx.profiles.of_code(parsed) if parsed else None
        if profile is None:
            return Refusal.UNKNOWN_CODE
        if profile.user_id == referred:
            return Refusal.SELF_REFERRAL
        if referred in await tx.referrals.referrers_above(profile.user_id):
            return Refusal.MUTUAL_REFERRAL
        return profile.user_id


def _already(known: Referral) -> Created:
    return Created(known.id if known.referred_contract_ref is None else None, Refusal.ALREADY_REFERRED)
