"""What the credit of a referral should be, from all that is known, in whatever order it became known."""

from datetime import timedelta
from enum import StrEnum

from growth.domain.referrals.business_rules.setbacks import taken_back_at
from growth.domain.referrals.entities.payments import Case, Paid
from growth.domain.referrals.entities.referrals import Referral, ReferralStatus
from growth.domain.referrals.entities.terms import RewardUnit, Terms


class Verdict(StrEnum):
    NOTHING = "nothing"  # there is nothing to credit
    CREDIT = "credit"
    TAKEN_BACK = "taken_back"  # it was earned, and its payment was taken back


class Step(StrEnum):
    """What has to be done to the credit. The first two may follow each other."""

    CONVERT = "convert"
    REVERSE = "reverse"
    RESTORE = "restore"
    REJECT = "reject"  # what was held
    HOLD_AGAIN = "hold_again"
    ANNUL = "annul"  # as if it had never been converted


def first_payment(case: Case) -> Paid | None:
    """Return the user's first payment by the provider's time, not by the order in which we heard of them."""
    return min(case.payments, key=lambda it: (it.payment.paid_at, it.payment.external_id), default=None)


def judge(case: Case, terms: Terms) -> Verdict:
    """Return what the credit should be.

    Providers tell whole seconds: a payment in the second of the referral's creation counts as made after it. What
    nobody has had of yet, being held, is taken back however late.
    """
    first, referral = first_payment(case), case.referral
    contract = referral.referred_contract_ref is not None
    if first is None or contract or referral.deleted_at or RewardUnit.DAYS not in terms.rewards:
        return Verdict.NOTHING
    if first.payment.paid_at < referral.created_at.replace(microsecond=0):
        return Verdict.NOTHING
    back_at = taken_back_at(first)
    window = timedelta(days=terms.refund_window_days)
    waits = referral.status in {ReferralStatus.HELD, ReferralStatus.REJECTED}
    if back_at is not None and (waits or back_at - first.payment.paid_at <= window):
        return Verdict.TAKEN_BACK
    return Verdict.CREDIT


def steps_to(verdict: Verdict, referral: Referral) -> tuple[Step, ...]:
    """Return what leads from what is posted to the verdict. What a person has rejected stays rejected."""
    status, reviewed = referral.status, referral.review_decision is not None
    if verdict is Verdict.CREDIT:
        return {
            ReferralStatus.CREATED: (Step.CONVERT,),
            ReferralStatus.REVERSED: (Step.RESTORE,),
            ReferralStatus.REJECTED: () if reviewed or not referral.converted_at else (Step.HOLD_AGAIN,),
        }.get(status, ())
    decided = status is ReferralStatus.REJECTED and reviewed
    if verdict is Verdict.NOTHING:
        return (Step.ANNUL,) if referral.converted_at and not decided and not referral.deleted_at else ()
    return {
        ReferralStatus.CREATED: (Step.CONVERT, Step.REVERSE),
        ReferralStatus.CONVERTED: (Step.REVERSE,),
        ReferralStatus.HELD: (Step.REJECT,) if referral.converted_at else (),
    }.get(status, ())


def is_paying(case_payments: tuple[Paid, ...]) -> bool:
    """Return whether the user has a payment that was not taken back."""
    return any(taken_back_at(it) is None for it in case_payments)
