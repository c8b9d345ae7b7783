"""What partners are told of referrals. Nothing personal: ids, states and times."""

from enum import StrEnum


class ReferralEvent(StrEnum):
    CREATED = "referral_created"
    SIGNED_CONTRACT = "referral_signed_contract"
    DISCOUNTED = "referral_discounted"
    REWARDED = "referral_rewarded"
    CONVERTED = "referral_converted"
    HELD = "reward_held"
    RELEASED = "reward_released"
    REJECTED = "reward_rejected"
    REVERSED = "referral_reversed"
    RESTORED = "referral_restored"
    PAID_OUT = "reward_paid_out"
    DELETED = "referral_deleted"
