"""New referral codes, drawn from the operating system's randomness."""

import secrets

from growth.domain.referrals.business_rules.codes import ALPHABET, CODE_LENGTH
from growth.domain.referrals.entities.codes import ReferralCode


def draw_code() -> ReferralCode:
    return ReferralCode("".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)))
