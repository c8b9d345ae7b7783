"""Stripe's events in the words of the domain. Invoices are read in the shape before and since version 2025-03-31."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from growth.api.webhooks.told import Told, moment, needed, number, part, parts, text
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.inbox import Unreadable
from growth.domain.referrals.entities.payment_news import (
    ChargeLinked,
    ChargeRefunded,
    CustomerLinked,
    DisputeState,
    DisputeTold,
    FingerprintSeen,
    NoNews,
    PaymentMade,
    PaymentNews,
    RefundState,
    RefundTold,
)
from growth.settings import Environment

_RESENT_FOR = timedelta(days=30)  # nobody sends an event again after that
_AHEAD = timedelta(days=1)
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_REFUND_STATES: Mapping[str, RefundState] = {
    "succeeded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_DISPUTE_STATES: Mapping[str, DisputeState] = {
    "lost": DisputeState.LOST,
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
}

News = tuple[PaymentNews, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    """`thing`: what the event is about. `at`: when Stripe made the event."""

    thing: Told
    at: datetime
    received_at: datetime


def read_news(event: Told, received_at: datetime, env: Environment = Environment.DEVELOPMENT) -> News:
    """Return what a decoded event tells, never nothing: `NoNews` says why there is nothing to act on.

    Payments in Stripe's test mode are real ones everywhere but in production; those to other accounts than ours, which
    are connected to it, are nowhere. Raises `Unreadable`.
    """
    if event.get("object") == "v2.core.event":
        return (NoNews("thin_event"),)
    if event.get("account") is not None:
        return (NoNews("connected_account"),)
    if env is Environment.PRODUCTION and event.get("livemode") is False:
        return (NoNews("test_mode"),)
    topic = needed(text(event, "type"), "type")
    read = _READERS.get(topic) or (_dispute if topic.startswith("charge.dispute.") else None)
    if read is None:
        return (NoNews("unknown_type"),)
    thing = needed(part(needed(part(event, "data"), "data"), "object"), "data.object")
    return read(_Event(thing, moment(event, "created") or received_at, received_at))


def _invoice_paid(event: _Event) -> News:
    invoice = event.thing
    invoice_id, amount = _id_of(invoice), number(invoice, "amount_paid")
    if amount <= 0:
        return (NoNews("not_positive"),)
    if text(invoice, "status") not in {None, "paid"}:
        return (NoNews("not_paid"),)
    currency = needed(text(invoice, "currency"), "currency")
    if not _CURRENCY.fullmatch(currency):
        raise Unreadable("currency is not a code of three letters")
    subscription_id, named = _subscription(invoice)
    references = _paid_by(invoice)
    payment = PaymentMade(
        external_id=invoice_id,
        customer_id=_reference(invoice, "customer"),
        named_user_id=_user(part(invoice, "metadata")) or named,
        subscription_id=subscription_id,
        amount=amount,
        currency=currency.lower(),
        paid_at=_paid_at(event),
        references=references,
    )
    return (payment, ChargeLinked(invoice_id, references)) if references else (payment,)


def _twin(_: _Event) -> News:
    return (NoNews("twin"),)  # of `invoice.paid`


def _subscription(invoice: Told) -> tuple[str | None, UserId | None]:
    """Return the subscription of an invoice and whom its metadata name."""
    old = part(invoice, "subscription_details") or {}
    parent = part(invoice, "parent") or {}
    of_subscription = text(parent, "type") in {None, "subscription_details"}
    new = (part(parent, "subscription_details") if of_subscription else None) or {}
    subscription_id = _reference(invoice, "subscription") or _reference(new, "subscription")
    expanded = [it for it in (invoice.get("subscription"), new.get("subscription")) if isinstance(it, Mapping)]
    named = (_user(part(it, "metadata")) for it in (old, new, *expanded))
    return subscription_id, next((user for user in named if user), None)


def _paid_by(invoice: Told) -> tuple[str, ...]:
    payments = [it for it in parts(part(invoice, "payments") or {}, "data") if text(it, "status") in {None, "paid"}]
    return _charges(invoice, *(payment for it in payments if (payment := part(it, "payment"))))


def _paid_at(event: _Event) -> datetime:
    if paid_at := moment(part(event.thing, "status_transitions") or {}, "paid_at"):
        return paid_at
    possible = event.received_at - _RESENT_FOR <= event.at <= event.received_at + _AHEAD
    return event.at if possible else event.received_at


def _invoice_payment_paid(event: _Event) -> News:
    invoice_id = needed(_reference(event.thing, "invoice"), "invoice")
    references = _charges(part(event.thing, "payment") or {})
    return (ChargeLinked(invoice_id, references) if references else NoNews("names_no_charge"),)


def _checkout_done(event: _Event) -> News:
    session = event.thing
    user_id = _user(part(session, "metadata")) or _user(session, "client_reference_id")
    if user_id is None:
        return (NoNews("names_nobody"),)
    known_as = _named(session, "subscription", "invoice")
    return (CustomerLinked(_reference(session, "customer"), user_id, known_as),)


def _charge_refunded(event: _Event) -> News:
    charge = event.thing
    refunded = ChargeRefunded(_id_of(charge), _of_charge(charge), _amount(charge, "amount_refunded"), event.at)
    return (*_linked(charge), refunded, *_instrument(charge))


def _charge_succeeded(event: _Event) -> News:
    return (*_linked(event.thing), *_instrument(event.thing)) or (NoNews("nothing_to_link"),)


def _of_charge(charge: Told) -> tuple[str, ...]:
    return (_id_of(charge), *_named(charge, "payment_intent"))


def _linked(charge: Told) -> Iterator[ChargeLinked]:
    """Charges named their invoice before version 2025-03-31."""
    if invoice_id := _reference(charge, "invoice"):
        yield ChargeLinked(invoice_id, _of_charge(charge))


def _instrument(charge: Told) -> Iterator[FingerprintSeen]:
    customer_id = _reference(charge, "customer")
    method = part(charge, "payment_method_details") or {}
    details = part(method, text(method, "type") or "") or {}
    fingerprint = text(details, "fingerprint")
    if customer_id and fingerprint:
        yield FingerprintSeen(customer_id, fingerprint)


def _refund(event: _Event) -> News:
    refund = event.thing
    state = _REFUND_STATES.get(needed(text(refund, "status"), "status"))
    if state is None:
        raise Unreadable("status is none that a refund can have")
    told = RefundTold(
        refund_id=_id_of(refund),
        references=_charges(refund),
        amount=_amount(refund, "amount"),
        state=state,
        refunded_at=moment(refund, "created") or event.at,
        at=event.at,
    )
    return (told if told.references else NoNews("names_no_charge"),)


def _dispute(event: _Event) -> News:
    dispute = event.thing
    told = DisputeTold(
        dispute_id=_id_of(dispute),
        references=_charges(dispute),
        amount=_amount(dispute, "amount"),
        state=_DISPUTE_STATES.get(needed(text(dispute, "status"), "status"), DisputeState.OPEN),
        at=event.at,
    )
    return (told if told.references else NoNews("names_no_charge"),)


_READERS: Mapping[str, Callable[[_Event], News]] = {
    "invoice.paid": _invoice_paid,
    "invoice.payment_succeeded": _twin,
    "invoice_payment.paid": _invoice_payment_paid,
    "checkout.session.completed": _checkout_done,
    "checkout.session.async_payment_succeeded": _checkout_done,
    "charge.succeeded": _charge_succeeded,
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
}


def _reference(holder: Told, key: str) -> str | None:
    """Return the id of a thing that is told by its id or, expanded, whole."""
    value = holder.get(key)
    return text(value, "id") if isinstance(value, Mapping) else text(holder, key)


def _named(holder: Told, *keys: str) -> tuple[str, ...]:
    return tuple(name for name in (_reference(holder, key) for key in keys) if name)


def _charges(*holders: Told) -> tuple[str, ...]:
    """Return the charges and payment intents that they name, each once."""
    return tuple(dict.fromkeys(name for it in holders for name in _named(it, "charge", "payment_intent")))


def _id_of(thing: Told) -> str:
    return needed(text(thing, "id"), "id")


def _user(holder: Told | None, key: str = "user_id") -> UserId | None:
    named = text(holder, key) if holder else None
    return UserId(named) if named else None


def _amount(holder: Told, key: str) -> int:
    if (amount := number(holder, key)) < 0:
        raise Unreadable(f"{key} is below zero")
    return amount
