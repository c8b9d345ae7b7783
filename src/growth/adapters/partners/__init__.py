"""Partners of the referral programme: what happens to their referrals is told to addresses that they chose."""
