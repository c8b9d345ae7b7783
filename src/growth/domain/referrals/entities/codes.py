"""The referral code: 8 characters that name who invited, typed by people and carried in links."""

from typing import NewType

ReferralCode = NewType("ReferralCode", str)  # in its normal form, as `parse_code` gives it
