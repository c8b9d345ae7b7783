"""Which contract a referral may have."""

from dataclasses import replace

from growth.domain.kernel.customers import Contract
from growth.domain.kernel.ids import ContractRef
from growth.domain.referrals.entities.referrals import (
    ContractSpent,
    ContractTaken,
    ForeignContract,
    Referral,
    ReferralIsOver,
    ReferralStatus,
    UnknownReferral,
)


def is_foreign(referral: Referral, contract: Contract) -> bool:
    """Tell whether the contract is another user's or another country's."""
    hers = (referral.referred_user_id, referral.referred_country_code)
    return (contract.user_id, contract.country_code) != hers


def with_contract(referral: Referral, ref: ContractRef, contract: Contract | None, *, spent: bool) -> Referral:
    """Return the referral with its contract, itself when it has that one already; `contract`: None while not told.

    `spent`: it is another referral's, or was rewarded by one. Raises `UnknownReferral`, `ContractTaken`,
    `ReferralIsOver`, `ForeignContract`, `ContractSpent`.
    """
    if referral.deleted_at:
        raise UnknownReferral
    if referral.referred_contract_ref == ref:
        return referral
    if referral.referred_contract_ref:
        raise ContractTaken
    if referral.status is not ReferralStatus.CREATED:
        raise ReferralIsOver
    if contract is not None and is_foreign(referral, contract):
        raise ForeignContract
    if spent:
        raise ContractSpent
    return replace(referral, referred_contract_ref=ref, status=ReferralStatus.CONTRACTED)


def without_contract(referral: Referral) -> Referral:
    """Return a referral whose contract turned out to be another's."""
    return replace(referral, referred_contract_ref=None, status=ReferralStatus.CREATED)
