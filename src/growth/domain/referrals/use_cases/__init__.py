"""Everything that the referral programme can be asked to do."""

from growth.domain.referrals.use_cases.add_contract_to_referral import AddContractToReferral
from growth.domain.referrals.use_cases.add_reward_amount import AddRewardAmount
from growth.domain.referrals.use_cases.consume_referral import ConsumeReferral
from growth.domain.referrals.use_cases.consume_unrewarded import ConsumeCountry, ConsumeUnrewarded, RequestConsumption
from growth.domain.referrals.use_cases.create_referral import CreateReferral
from growth.domain.referrals.use_cases.delete_referral import DeleteReferral, DeleteReferralProfile
from growth.domain.referrals.use_cases.follow_link import FollowLink
from growth.domain.referrals.use_cases.grant_credit import GrantCredit
from growth.domain.referrals.use_cases.need_profile import NeedProfile
from growth.domain.referrals.use_cases.record_payout import RecordPayout
from growth.domain.referrals.use_cases.replace_profile import MergeReferralProfiles, ReassignReferralProfile
from growth.domain.referrals.use_cases.review_reward import ReviewReward
from growth.domain.referrals.use_cases.take_payment_news import HandleKeptPaymentEvent, TakePaymentNews
from growth.domain.referrals.use_cases.tell_partner import TellPartner

__all__ = [
    "AddContractToReferral",
    "AddRewardAmount",
    "ConsumeCountry",
    "ConsumeReferral",
    "ConsumeUnrewarded",
    "CreateReferral",
    "DeleteReferral",
    "DeleteReferralProfile",
    "FollowLink",
    "GrantCredit",
    "HandleKeptPaymentEvent",
    "MergeReferralProfiles",
    "NeedProfile",
    "ReassignReferralProfile",
    "RecordPayout",
    "RequestConsumption",
    "ReviewReward",
    "TakePaymentNews",
    "TellPartner",
]
