"""Which contract a referral may have."""

from dataclasses import replace

from growth.domain.kernel.customers import Contract
from growth.domain.kernel.ids import ContractRef
from growth.domain.referrals.entities.referrals import (
    ContractTaken,
    ForeignContract,
    Referral,
    ReferralIsOver,
    ReferralStatus,
    UnknownReferral,
)


def with_contract(referral: Referral, ref: ContractRef, contract: Contract | None) -> Referral:
    """Return the referral with its contract, itself when it has that one already; `contract`: None while not told.

    Raises `UnknownReferral`, `ContractTaken`, `ReferralIsOver`, `ForeignContract`.
    """
    if referral.deleted_at:
        raise UnknownReferral
    if referral.referred_contract_ref == ref:
        return referral
    if referral.referred_contract_ref:
        raise ContractTaken
    if referral.status is not ReferralStatus.CREATED:
        raise ReferralIsOver
    hers = (referral.referred_user_id, referral.referred_country_code)
    if contract is not None and (contract.user_id, contract.country_code) != hers:
        raise ForeignContract
    return replace(referral, referred_contract_ref=ref, status=ReferralStatus.CONTRACTED)
