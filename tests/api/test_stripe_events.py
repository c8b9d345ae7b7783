"""Stripe's events in our words: resources and events that Stripe and others publish, in both shapes of an invoice."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.api.webhooks.stripe_events import read_news
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
    RefundState,
    RefundTold,
)

DATA = Path(__file__).parents[1] / "data" / "webhooks" / "stripe"
SAMPLES = json.loads((DATA / "fixtures3.json").read_text())["resources"]
MOCKS = {path.stem: json.loads(path.read_text()) for path in (DATA / "stripe-ruby-mock").glob("*.json")}
RECEIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)
MADE = RECEIVED - timedelta(minutes=1)
PAID = RECEIVED - timedelta(minutes=2)
DAY = timedelta(days=1)
NEW_PARENT = {
    "type": "subscription_details",
    "subscription_details": {"subscription": "sub_A", "metadata": {"user_id": " user-7 "}},
}
NEW_PAYMENTS = {
    "object": "list",
    "data": [{"object": "invoice_payment", "status": "paid", "payment": {"type": "charge", "payment_intent": "pi_A"}}],
}
TYPES = [
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "charge.succeeded",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
]


def seconds(time):
    return int(time.timestamp())


def an_event(type, thing, **changes):
    event = SAMPLES["event"] | {"type": type, "created": seconds(MADE), "data": {"object": thing}}
    return event | changes


def read(type, thing, **changes):
    return read_news(an_event(type, thing, **changes), RECEIVED)


def a_sample(resource, **changes):
    return SAMPLES[resource] | changes


def an_invoice(**changes):
    """A paid invoice in today's shape."""
    paid = {
        "id": "in_A",
        "status": "paid",
        "amount_paid": 1000,
        "customer": "cus_A",
        "parent": NEW_PARENT,
        "payments": NEW_PAYMENTS,
        "status_transitions": {"paid_at": seconds(PAID)},
    }
    return a_sample("invoice", **(paid | changes))


def an_old_invoice(**changes):
    """A paid invoice as versions before 2025-03-31 show it."""
    old = {
        "subscription": "sub_A",
        "subscription_details": {"metadata": {"user_id": "user-7"}},
        "charge": "ch_A",
        "payment_intent": "pi_A",
        "paid": True,
    }
    invoice = an_invoice(**(old | changes))
    return {name: value for name, value in invoice.items() if name not in {"parent", "payments"}}


def a_charge(**changes):
    return a_sample("charge", **({"id": "ch_A", "payment_intent": "pi_A", "customer": "cus_A"} | changes))


A_PAYMENT = PaymentMade(
    external_id="in_A",
    customer_id="cus_A",
    named_user_id="user-7",
    subscription_id="sub_A",
    amount=1000,
    currency="usd",
    paid_at=PAID,
    references=("pi_A",),
)
A_FINGERPRINT = FingerprintSeen("cus_A", "AOB934RVNwzk6xtn")


def test_an_invoice_of_today_is_a_payment():
    assert read("invoice.paid", an_invoice()) == (A_PAYMENT, ChargeLinked("in_A", ("pi_A",)))


def test_an_invoice_of_the_old_shape_is_the_same_payment():
    references = ("ch_A", "pi_A")
    expected = (replace(A_PAYMENT, references=references), ChargeLinked("in_A", references))
    assert read("invoice.paid", an_old_invoice()) == expected


def test_what_is_expanded_is_told_by_its_id():
    expanded = an_old_invoice(
        customer={"id": "cus_A"}, charge={"id": "ch_A"}, payment_intent={"id": "pi_A"}, subscription={"id": "sub_A"}
    )
    assert read("invoice.paid", expanded) == read("invoice.paid", an_old_invoice())


def test_an_expanded_subscription_names_its_user():
    subscription = a_sample("subscription", id="sub_A", metadata={"user_id": "user-7"})
    parent = {"type": "subscription_details", "subscription_details": {"subscription": subscription, "metadata": {}}}
    old = an_old_invoice(subscription=subscription, subscription_details=None)
    for invoice in (an_invoice(parent=parent), old):
        assert (it := read("invoice.paid", invoice)[0]).named_user_id == "user-7"
        assert it.subscription_id == "sub_A"


def test_an_invoice_that_tells_little_is_a_payment_all_the_same():
    bare = {"id": "in_A", "amount_paid": 1, "currency": "EUR"}
    assert read("invoice.paid", bare) == (PaymentMade("in_A", None, None, None, 1, "eur", MADE),)


@pytest.mark.parametrize(
    "invoice", [an_invoice(metadata={"user_id": "user-8"}), an_old_invoice(metadata={"user_id": "user-8"})]
)
def test_the_invoice_names_the_user_before_its_subscription(invoice):
    assert read("invoice.paid", invoice)[0].named_user_id == "user-8"


@pytest.mark.parametrize("empty", [{}, {"user_id": ""}, {"user_id": "  "}, {"user_id": None}, None])
def test_an_empty_name_is_none(empty):
    assert read("invoice.paid", an_invoice(metadata=empty))[0].named_user_id == "user-7"
    assert read("invoice.paid", an_old_invoice(metadata=empty, subscription_details=None))[0].named_user_id is None


def test_a_parent_of_another_type_is_no_subscription():
    parent = SAMPLES["invoice"]["parent"]
    assert parent["type"] == "quote_details"
    assert read("invoice.paid", an_invoice(parent=parent))[0].subscription_id is None


def test_only_what_paid_an_invoice_is_linked_to_it():
    payments = {
        "data": [
            {"status": "canceled", "payment": {"payment_intent": "pi_lost"}},
            {"status": "paid", "payment": {"charge": {"id": "ch_A"}, "payment_intent": "pi_A"}},
            {"status": "paid", "payment": {"payment_intent": "pi_A"}},
            {"status": "paid", "payment": None},
        ]
    }
    assert read("invoice.paid", an_invoice(payments=payments))[1] == ChargeLinked("in_A", ("ch_A", "pi_A"))


@pytest.mark.parametrize(
    ("created", "paid_at"),
    [
        (MADE, MADE),
        (RECEIVED - 30 * DAY, RECEIVED - 30 * DAY),
        (RECEIVED - 30 * DAY - timedelta(seconds=1), RECEIVED),
        (RECEIVED + DAY, RECEIVED + DAY),
        (RECEIVED + DAY + timedelta(seconds=1), RECEIVED),
        (datetime.fromtimestamp(SAMPLES["event"]["created"], UTC), RECEIVED),
    ],
)
def test_without_a_time_of_payment_the_events_counts_unless_it_cannot_be_right(created, paid_at):
    for transitions in (None, {}, {"paid_at": None}):
        invoice = an_invoice(status_transitions=transitions)
        assert read("invoice.paid", invoice, created=seconds(created))[0].paid_at == paid_at
    assert read("invoice.paid", an_invoice(), created=seconds(created))[0].paid_at == PAID


def test_an_event_without_a_time_is_of_now():
    assert read("invoice.paid", an_invoice(status_transitions=None), created=None)[0].paid_at == RECEIVED


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_paid_is_no_payment(amount):
    assert read("invoice.paid", an_invoice(amount_paid=amount)) == (NoNews("not_positive"),)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (an_event("invoice.paid", an_invoice(status="open")), "not_paid"),
        (an_event("invoice.payment_succeeded", an_invoice()), "twin"),
        (an_event("invoice.payment_failed", an_invoice()), "unknown_type"),
        (an_event("charge.dispute", {}), "unknown_type"),
        (SAMPLES["event"], "unknown_type"),
        ({"type": "of.tomorrow"}, "unknown_type"),
        ({"id": "evt_1", "object": "v2.core.event", "type": "invoice.paid"}, "thin_event"),
        (an_event("checkout.session.completed", SAMPLES["checkout.session"]), "names_nobody"),
        (an_event("invoice_payment.paid", SAMPLES["invoice_payment"]), "names_no_charge"),
        (an_event("refund.created", a_sample("refund", charge=None)), "names_no_charge"),
        (an_event("charge.dispute.closed", a_sample("dispute", charge=None)), "names_no_charge"),
        (an_event("charge.succeeded", SAMPLES["charge"]), "nothing_to_link"),
    ],
)
def test_what_we_do_not_act_on_says_why(event, reason):
    assert read_news(event, RECEIVED) == (NoNews(reason),)


@pytest.mark.parametrize("type", ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
@pytest.mark.parametrize("status", ["paid", "unpaid", "no_payment_required"])
def test_a_checkout_links_a_customer_and_is_never_a_payment(type, status):
    session = a_sample("checkout.session", client_reference_id=" user-8 ", payment_status=status)
    assert read(type, session) == (CustomerLinked(None, "user-8"),)
    session |= {"customer": {"id": "cus_A"}, "subscription": "sub_A", "invoice": {"id": "in_A"}}
    session |= {"metadata": {"user_id": "user-7"}}
    assert read(type, session) == (CustomerLinked("cus_A", "user-7", ("sub_A", "in_A")),)


def test_a_payment_of_an_invoice_links_its_charge():
    payment = a_sample("invoice_payment", invoice="in_A", payment={"type": "payment_intent", "payment_intent": "pi_A"})
    assert read("invoice_payment.paid", payment) == (ChargeLinked("in_A", ("pi_A",)),)
    payment |= {"invoice": {"id": "in_A"}, "payment": {"type": "charge", "charge": {"id": "ch_A"}}}
    assert read("invoice_payment.paid", payment) == (ChargeLinked("in_A", ("ch_A",)),)


def test_a_refunded_charge_says_how_much_of_it_is_back():
    charge = a_charge(amount_refunded=400)
    refunded = ChargeRefunded("ch_A", ("ch_A", "pi_A"), 400, MADE)
    assert read("charge.refunded", charge) == (refunded, A_FINGERPRINT)
    linked = ChargeLinked("in_A", ("ch_A", "pi_A"))
    assert read("charge.refunded", charge | {"invoice": "in_A"}) == (linked, refunded, A_FINGERPRINT)
    lonely = SAMPLES["charge"] | {"amount_refunded": 100}
    assert read("charge.refunded", lonely) == (ChargeRefunded(lonely["id"], (lonely["id"],), 100, MADE),)


def test_a_charge_shows_the_instrument_and_the_old_shape_its_invoice():
    assert read("charge.succeeded", a_charge()) == (A_FINGERPRINT,)
    linked = ChargeLinked("in_A", ("ch_A", "pi_A"))
    assert read("charge.succeeded", a_charge(invoice={"id": "in_A"})) == (linked, A_FINGERPRINT)
    debit = {"type": "sepa_debit", "sepa_debit": {"fingerprint": "SEPA1"}, "card": {"fingerprint": "CARD1"}}
    assert read("charge.succeeded", a_charge(payment_method_details=debit)) == (FingerprintSeen("cus_A", "SEPA1"),)


@pytest.mark.parametrize("type", [it for it in TYPES if "refund." in it])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", RefundState.SUCCEEDED),
        ("pending", RefundState.PENDING),
        ("requires_action", RefundState.PENDING),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.FAILED),
    ],
)
def test_a_refund_tells_its_state(type, status, state):
    refund = a_sample("refund", id="re_A", charge="ch_A", payment_intent={"id": "pi_A"}, status=status)
    made = datetime.fromtimestamp(SAMPLES["refund"]["created"], UTC)
    assert read(type, refund) == (RefundTold("re_A", ("ch_A", "pi_A"), 100, state, made, MADE),)


@pytest.mark.parametrize("happened", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("lost", DisputeState.LOST),
        ("won", DisputeState.WON),
        ("warning_closed", DisputeState.WON),
        ("needs_response", DisputeState.OPEN),
        ("warning_under_review", DisputeState.OPEN),
        ("of_tomorrow", DisputeState.OPEN),
    ],
)
def test_a_dispute_tells_its_state(happened, status, state):
    dispute = a_sample("dispute", id="dp_A", charge="ch_A", status=status)
    assert read(f"charge.dispute.{happened}", dispute) == (DisputeTold("dp_A", ("ch_A",), 1000, state, MADE),)


SECRET = "s3cret"


@pytest.mark.parametrize(
    ("type", "thing", "reason"),
    [
        ("invoice.paid", an_invoice(amount_paid=SECRET), "amount_paid is not an integer"),
        ("invoice.paid", an_invoice(amount_paid=True), "amount_paid is not an integer"),
        ("invoice.paid", an_invoice(amount_paid=10.5), "amount_paid is not an integer"),
        ("invoice.paid", an_invoice(amount_paid=2**63), "amount_paid is not an integer"),
        ("invoice.paid", an_invoice(amount_paid=None), "amount_paid is missing"),
        ("invoice.paid", an_invoice(id=None), "id is missing"),
        ("invoice.paid", an_invoice(id=" "), "id is missing"),
        ("invoice.paid", an_invoice(id="x" * 256), "id is not a text of at most 255 characters"),
        ("invoice.paid", an_invoice(customer=f"{SECRET}\0"), "customer is not a text of at most 255 characters"),
        ("invoice.paid", an_invoice(customer=[SECRET]), "customer is not a text of at most 255 characters"),
        ("invoice.paid", an_invoice(customer={"id": 7}), "id is not a text of at most 255 characters"),
        ("invoice.paid", an_invoice(metadata={"user_id": 7}), "user_id is not a text of at most 255 characters"),
        ("invoice.paid", an_invoice(metadata=SECRET), "metadata is not an object"),
        ("invoice.paid", an_invoice(currency=SECRET), "currency is not a code of three letters"),
        ("invoice.paid", an_invoice(currency=None), "currency is missing"),
        ("invoice.paid", an_invoice(payments={"data": [SECRET]}), "data is not a list of objects"),
        ("invoice.paid", an_invoice(payments={"data": {SECRET: 1}}), "data is not a list of objects"),
        ("invoice.paid", an_invoice(status_transitions={"paid_at": -1}), "paid_at is not a time in seconds"),
        ("invoice.paid", an_invoice(status_transitions={"paid_at": 10**12}), "paid_at is not a time in seconds"),
        ("invoice.paid", None, "data.object is missing"),
        ("invoice.paid", SECRET, "object is not an object"),
        ("invoice_payment.paid", a_sample("invoice_payment", invoice=None), "invoice is missing"),
        ("charge.refunded", a_charge(amount_refunded=-1), "amount_refunded is below zero"),
        ("charge.refunded", a_charge(payment_method_details=SECRET), "payment_method_details is not an object"),
        ("refund.updated", a_sample("refund", status=SECRET), "status is none that a refund can have"),
        ("refund.updated", a_sample("refund", status=None), "status is missing"),
        ("charge.dispute.closed", a_sample("dispute", status=None), "status is missing"),
        ("charge.dispute.closed", a_sample("dispute", amount="1"), "amount is not an integer"),
    ],
)
def test_another_shape_than_its_type_promises_is_unreadable_and_the_reason_tells_no_value(type, thing, reason):
    with pytest.raises(Unreadable) as unreadable:
        read(type, thing)
    assert unreadable.value.reason == reason


@pytest.mark.parametrize("data", [None, {}, SECRET, []])
def test_an_event_about_nothing_is_unreadable(data):
    with pytest.raises(Unreadable):
        read_news({"type": "invoice.paid", "data": data}, RECEIVED)


@pytest.mark.parametrize("name", MOCKS)
def test_recorded_events_are_read(name):
    event = MOCKS[name]
    known = {"charge.succeeded": "nothing_to_link", "checkout.session.completed": "names_nobody"}
    assert read_news(event, RECEIVED) == (NoNews(known.get(event["type"], "unknown_type")),)


def test_recorded_events_of_somebody_tell_of_him():
    charge = MOCKS["charge.succeeded"]["data"]["object"] | {"customer": "cus_A"}
    assert read("charge.succeeded", charge) == (FingerprintSeen("cus_A", "ZoVSX2dK5igWt2SB"),)
    session = MOCKS["checkout.session.completed"]["data"]["object"] | {"client_reference_id": "user-7"}
    assert read("checkout.session.completed", session) == (CustomerLinked("cus_00000000000000", "user-7"),)


def news_or_reason(type, thing, **changes):
    """What `read_news` says; anything raised but `Unreadable` is a defect."""
    try:
        return read(type, thing, **changes)
    except Unreadable as unreadable:
        return unreadable.reason


@pytest.mark.parametrize("type", TYPES)
def test_every_sample_resource_under_every_type_is_news_or_unreadable(type):
    assert len(SAMPLES) == 176
    assert all(news_or_reason(type, thing) for thing in SAMPLES.values())


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["paid", "succeeded", "card", "subscription_details", "pi_A", "usd", 1, 1_700_000_000]),
)
KEYS = sorted({*an_invoice(), *an_old_invoice(), *a_charge(), *SAMPLES["refund"], *SAMPLES["checkout.session"]})
KEYS += ["data", "payment", "user_id", "subscription_details", "card", "fingerprint", "paid_at", "type"]
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
READ_FIELDS = ["id", "amount", "amount_paid", "currency", "customer", "status", "created", "payment_method_details"]
READ_FIELDS += ["charge", "payment_intent", "payments", "parent", "metadata", "subscription", "payment", "invoice"]
WHOLE = an_old_invoice() | a_charge() | {"payments": NEW_PAYMENTS, "parent": NEW_PARENT, "amount_refunded": 5}


@given(st.sampled_from(TYPES), TREES, st.dictionaries(st.sampled_from(READ_FIELDS), TREES, max_size=3), TREES)
def test_whatever_json_says_it_is_news_or_unreadable(type, thing, changes, created):
    assert news_or_reason(type, thing)
    assert news_or_reason(type, WHOLE | changes)
    assert news_or_reason(type, WHOLE | changes, created=created)
