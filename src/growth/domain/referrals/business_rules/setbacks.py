"""What refunds and disputes come to, in whatever order they are told."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from growth.domain.referrals.entities.payment_news import (
    ChargeRefunded,
    DisputeState,
    DisputeTold,
    RefundState,
    RefundTold,
)
from growth.domain.referrals.entities.payments import Paid, Setback, SetbackKind, SetbackState

_REFUNDS = {
    RefundState.PENDING: SetbackState.DONE,
    RefundState.SUCCEEDED: SetbackState.DONE,
    RefundState.FAILED: SetbackState.VOID,
}
_DISPUTES = {
    DisputeState.OPEN: SetbackState.OPEN,
    DisputeState.WON: SetbackState.VOID,
    DisputeState.LOST: SetbackState.DONE,
}
_ORDER = tuple(SetbackState)  # a decided state is not taken back by an older word


def setback_of(news: ChargeRefunded | RefundTold | DisputeTold) -> Setback:
    """Return the setback that is told; its id is the provider's."""
    match news:
        case ChargeRefunded():
            return Setback(news.charge_id, SetbackKind.CHARGE, SetbackState.DONE, news.amount, news.at, news.at)
        case RefundTold():
            state = _REFUNDS[news.state]
            return Setback(news.refund_id, SetbackKind.REFUND, state, news.amount, news.refunded_at, news.at)
        case DisputeTold():
            state = _DISPUTES[news.state]
            return Setback(news.dispute_id, SetbackKind.DISPUTE, state, news.amount, news.at, news.at)


def newest(known: Setback | None, told: Setback) -> Setback:
    """Return which of the two holds. It does not depend on which was told first."""
    if known is None:
        return told
    if told.kind is SetbackKind.REFUND and known.state is not told.state:
        return max(known, told, key=lambda it: _ORDER.index(it.state))  # a refund that failed stays so
    newer = max(known, told, key=lambda it: (it.told_at, _ORDER.index(it.state), it.amount))
    if told.kind is not SetbackKind.DISPUTE:
        return newer
    if SetbackState.OPEN in (known.state, told.state):
        newer = max(known, told, key=lambda it: (it.state is not SetbackState.OPEN, it.told_at))
    return replace(newer, happened_at=min(known.happened_at, told.happened_at))  # opened when it was said first


def taken_back_at(paid: Paid) -> datetime | None:
    """Return since when a payment is taken back as a whole; None: it is not.

    Refunds count from when they were made, failed ones do not; the sum that a charge names counts less its own refunds
    that failed since. A lost dispute takes all back from its opening on, when the money is withdrawn; an open or won
    one takes nothing.
    """
    lost = [it.happened_at for it in paid.setbacks if it.kind is SetbackKind.DISPUTE and it.state is SetbackState.DONE]
    whole = [_whole_at(paid.payment.amount, paid.setbacks), _charges_whole_at(paid.payment.amount, paid.links)]
    return min([*lost, *(at for at in whole if at)], default=None)


def _whole_at(amount: int, setbacks: Iterable[Setback]) -> datetime | None:
    refunded = 0
    done = [it for it in setbacks if it.kind is SetbackKind.REFUND and it.state is SetbackState.DONE]
    for refund in sorted(done, key=lambda it: it.happened_at):
        refunded += refund.amount
        if refunded >= amount:
            return refund.happened_at
    return None


def _charges_whole_at(amount: int, links: Iterable[Iterable[Setback]]) -> datetime | None:
    failed: dict[Setback, set[Setback]] = {}  # by charge
    for together in (tuple(it) for it in links):
        refunds = {it for it in together if it.kind is SetbackKind.REFUND and it.state is SetbackState.VOID}
        for charge in (it for it in together if it.kind is SetbackKind.CHARGE):
            failed.setdefault(charge, set()).update(it for it in refunds if it.told_at >= charge.told_at)
    refunded = {charge: charge.amount - sum(it.amount for it in back) for charge, back in failed.items()}
    if sum(max(0, it) for it in refunded.values()) < amount:
        return None
    return max(charge.told_at for charge, rest in refunded.items() if rest > 0)
