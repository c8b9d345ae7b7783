"""What a credit should be and what is posted for it: whatever the order of news, and to the day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.test_month import DAYS, EPOCH, INDEX
from tests.domain.test_terms import a_file

from growth.domain.kernel.country import Country
from growth.domain.referrals.business_rules.bookkeeping import (
    capped,
    granted,
    moved,
    released,
    restored,
    reversal,
    windows_after,
)
from growth.domain.referrals.business_rules.configuring import parse_programme
from growth.domain.referrals.business_rules.judging import Step, Verdict, is_paying, judge, steps_to
from growth.domain.referrals.business_rules.setbacks import newest, taken_back_at
from growth.domain.referrals.business_rules.windows import DAY, days_left, extended, shortened
from growth.domain.referrals.entities.ledger import Balance, Book, Holder, Reason, Unit, account
from growth.domain.referrals.entities.payments import Case, Paid, Payment, Setback, SetbackKind, SetbackState
from growth.domain.referrals.entities.referrals import Referral, ReferralStatus, ReviewDecision

MADE = datetime(2026, 11, 20, 12, 0, 0, 700_000, tzinfo=UTC)  # providers tell whole seconds, we do not
PAID_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PRICE = 4_900
REFERRAL = UUID(int=7)
CHARGE, REFUND, DISPUTE = SetbackKind
OPEN, DONE, VOID = SetbackState
RITA, BOB = (Holder(UUID(int=number), name, Country.FR, None) for number, name in enumerate(("rita", "bob"), start=1))


def some_terms(rewards=("free_month", "amount", "days"), **changes):
    (terms,) = parse_programme(a_file(rewards=list(rewards), **changes)).terms[Country.FR]
    return terms


def a_referral(status="created", **changes):
    referral = Referral(REFERRAL, "bob", "rita", None, Country.FR, "2016-1", ReferralStatus(status), MADE)
    return replace(referral, **changes)


def a_payment(*setbacks, id="in_1", paid_at=PAID_AT, amount=PRICE):
    payment = Payment(UUID(int=1), "stripe", id, "bob", "cus_1", None, None, amount, "eur", paid_at, paid_at)
    return Paid(payment, (setbacks,))


def a_setback(kind=REFUND, state=DONE, *, after=1, amount=PRICE, told_after=None, id=None):
    at = PAID_AT + after * DAY
    return Setback(id or f"{kind}_1", kind, state, amount, at, at if told_after is None else PAID_AT + told_after * DAY)


def folded(tellings):
    """What is kept of each setback when these are told one after another."""
    kept = {}
    for told in tellings:
        kept[told.id] = newest(kept.get(told.id), told)
    return kept


instants = st.integers(0, 200).map(lambda hours: PAID_AT + hours * HOUR)
amounts = st.sampled_from([1, 2_000, 2_900, PRICE, 2 * PRICE])
STATES = {CHARGE: [DONE], REFUND: [DONE, VOID], DISPUTE: [OPEN, DONE, VOID]}


@st.composite
def some_tellings(draw, most=5):
    """Tellings of a few setbacks: one of an id at a time."""
    tellings = {}
    for _ in range(draw(st.integers(1, most))):
        kind, number = draw(st.sampled_from(list(SetbackKind))), draw(st.integers(1, 2))
        state, told_at = draw(st.sampled_from(STATES[kind])), draw(instants)
        made = PAID_AT + number * 50 * HOUR
        told = Setback(f"{kind}_{number}", kind, state, draw(amounts), made, told_at)
        tellings[told.id, told.told_at] = told
    return list(tellings.values())


@given(some_tellings())
def test_what_is_known_of_a_payment_does_not_depend_on_the_order_of_news(tellings):
    ends = [folded([*order, *order[:2]]) for order in permutations(tellings)]  # the first two are told again
    # an open dispute decides nothing, and may be kept as it was told at any time
    decided = [{name: it for name, it in end.items() if it.state is not OPEN} for end in ends]
    assert all(end.keys() == ends[0].keys() for end in ends)
    assert all(end == decided[0] for end in decided)
    assert len({taken_back_at(a_payment(*end.values())) for end in ends}) == 1


@pytest.mark.parametrize(("kind", "other"), [(CHARGE, {"amount": 1}), (DISPUTE, {"state": VOID})])
def test_what_was_taken_back_said_again_does_not_depend_on_the_order_either(kind, other):
    tellings = [a_setback(kind, after=1), a_setback(kind, after=2, **other), a_setback(kind, after=3)]
    ends = {taken_back_at(a_payment(*folded(order).values())) for order in permutations(tellings)}
    assert len(ends) == 1


@given(some_tellings(), st.randoms(use_true_random=False))
def test_the_order_in_which_setbacks_are_read_does_not_count(tellings, random):
    shuffled = random.sample(list(folded(tellings).values()), len(folded(tellings)))
    assert taken_back_at(a_payment(*shuffled)) == taken_back_at(a_payment(*folded(tellings).values()))


@given(some_tellings())
def test_told_twice_is_told_once(tellings):
    assert folded(tellings + tellings) == folded(tellings)


@pytest.mark.parametrize(
    ("setbacks", "after"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([a_setback()], 1, id="refunded"),
        pytest.param([a_setback(told_after=9)], 1, id="counts from when it was made, not told"),
        pytest.param([a_setback(state=VOID)], None, id="a refund that failed"),
        pytest.param([a_setback(amount=PRICE - 1)], None, id="a cent is left"),
        pytest.param([a_setback(amount=2_000), a_setback(after=5, amount=2_900, id="r2")], 5, id="in two parts"),
        pytest.param(
            [a_setback(after=5, amount=2_900, id="r2"), a_setback(amount=2_000)], 5, id="in two parts, read otherwise"
        ),
        pytest.param([a_setback(amount=2_000), a_setback(state=VOID, amount=2_900, id="r2")], None, id="a part failed"),
        pytest.param([a_setback(CHARGE)], 1, id="a charge refunded as a whole"),
        pytest.param([a_setback(CHARGE, amount=PRICE - 1)], None, id="a charge refunded but for a cent"),
        pytest.param([a_setback(CHARGE), a_setback(state=VOID, told_after=2)], None, id="what a charge says failed"),
        pytest.param(
            [a_setback(CHARGE, after=3), a_setback(state=VOID, told_after=2)], 3, id="and was refunded again since"
        ),
        pytest.param(
            [a_setback(CHARGE, amount=2_000), a_setback(CHARGE, after=4, amount=2_900, id="ch_2")], 4, id="two charges"
        ),
        pytest.param([a_setback(DISPUTE, OPEN)], None, id="an open dispute"),
        pytest.param([a_setback(DISPUTE, VOID)], None, id="a won dispute"),
        pytest.param([a_setback(DISPUTE, DONE, amount=1)], 1, id="a lost dispute takes all"),
        pytest.param([a_setback(after=8), a_setback(DISPUTE, DONE, after=6)], 6, id="the earlier of two reasons"),
    ],
)
def test_since_when_a_payment_is_taken_back(setbacks, after):
    expected = None if after is None else PAID_AT + after * DAY
    assert taken_back_at(a_payment(*setbacks)) == expected
    assert is_paying((a_payment(*setbacks),)) == (after is None)


@pytest.mark.parametrize(
    ("payments", "verdict"),
    [
        pytest.param([], Verdict.NOTHING, id="no payment"),
        pytest.param([a_payment()], Verdict.CREDIT, id="a payment"),
        pytest.param([a_payment(paid_at=MADE.replace(microsecond=0))], Verdict.CREDIT, id="in the referral's second"),
        pytest.param(
            [a_payment(paid_at=MADE.replace(microsecond=0) - SECOND)], Verdict.NOTHING, id="a second before it"
        ),
        pytest.param([a_payment(), a_payment(id="in_0", paid_at=MADE - DAY)], Verdict.NOTHING, id="paid before, too"),
        pytest.param([a_payment(a_setback(after=90))], Verdict.TAKEN_BACK, id="on the window's last instant"),
        pytest.param([a_payment(a_setback(after=90 + 1 / 86_400))], Verdict.CREDIT, id="a second after the window"),
        pytest.param(
            [a_payment(), a_payment(a_setback(), id="in_2", paid_at=PAID_AT + DAY)], Verdict.CREDIT, id="the renewal"
        ),
        pytest.param(
            [a_payment(id="in_2", paid_at=PAID_AT + DAY), a_payment(a_setback())],
            Verdict.TAKEN_BACK,
            id="not the first",
        ),
    ],
)
def test_what_the_credit_should_be(payments, verdict):
    assert judge(Case(a_referral(), tuple(payments)), some_terms()) == verdict
    assert judge(Case(a_referral(), tuple(reversed(payments))), some_terms()) == verdict


@pytest.mark.parametrize("changes", [{"referred_contract_ref": "c1"}, {"deleted_at": NOW}])
def test_a_contract_or_a_deletion_leaves_nothing_to_credit(changes):
    assert judge(Case(a_referral(**changes), (a_payment(),)), some_terms()) == Verdict.NOTHING


def test_a_programme_without_days_credits_none():
    assert judge(Case(a_referral(), (a_payment(),)), some_terms(rewards=["amount"])) == Verdict.NOTHING


def test_two_payments_of_one_second_have_one_first():
    refunded, kept = a_payment(a_setback()), a_payment(id="in_2")
    for payments in ((refunded, kept), (kept, refunded)):
        assert judge(Case(a_referral(), payments), some_terms()) == Verdict.TAKEN_BACK


def after_steps(referral, verdict, *, suspicious):
    """The referral after the steps to a verdict, by what each step is said to do."""
    for step in steps_to(verdict, referral):
        if step is Step.ANNUL:
            referral = replace(referral, status=ReferralStatus.CREATED, converted_at=None)
            continue
        held = suspicious and referral.review_decision is None
        status = {
            Step.CONVERT: "held" if held else "converted",
            Step.HOLD_AGAIN: "held",
            Step.REVERSE: "rejected" if referral.status == "held" else "reversed",
            Step.RESTORE: "converted",
            Step.REJECT: "rejected",
        }[step]
        referral = replace(referral, status=ReferralStatus(status), converted_at=referral.converted_at or NOW)
    return referral


@given(st.booleans(), st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=6))
def test_the_last_verdict_decides_what_becomes_of_a_payment(suspicious, verdicts):
    referral = a_referral()
    for verdict in verdicts:
        referral = after_steps(referral, verdict, suspicious=suspicious)
        assert steps_to(verdict, referral) == (), "to judge again changes nothing"
    expected = {
        Verdict.NOTHING: "created",
        Verdict.TAKEN_BACK: "rejected" if suspicious else "reversed",
        Verdict.CREDIT: "held" if suspicious else "converted",
    }[verdicts[-1]]
    assert referral.status == expected


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_a_person_rejected_stays_rejected(verdict):
    rejected = a_referral("rejected", converted_at=NOW, review_decision=ReviewDecision.REJECT)
    assert steps_to(verdict, rejected) == ()


@pytest.mark.parametrize("status", ["contracted", "rewarded", "deleted"])
def test_the_other_path_is_left_alone(status):
    assert {steps_to(verdict, a_referral(status)) for verdict in Verdict} == {()}


windows_events = st.lists(
    st.tuples(st.integers(0, 100 * 24), st.sampled_from(["grant", "take"]), st.integers(1, 400)), max_size=20
)


@given(windows_events)
def test_a_window_is_a_tank_that_runs_dry_at_a_day_per_day(happenings):
    now, left, until = NOW, 0, None  # left: seconds
    for hours, what, days in happenings:
        now, left = now + timedelta(hours=hours), max(0, left - hours * 3_600)
        if what == "grant":
            until, left = extended(until, days, now), left + days * 86_400
        elif taken := min(days, days_left(until, now)):
            until, left = shortened(until, taken, now), max(0, left - taken * 86_400)
        assert days_left(until, now) == -(-left // 86_400)
        assert not left or until == now + timedelta(seconds=left)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 100))
def test_two_grants_give_twice_the_days_and_shorten_nothing(one, other, days_between):
    first = extended(None, one, NOW)
    both = extended(first, other, NOW + days_between * DAY)
    assert both >= max(first, NOW + days_between * DAY) + other * DAY
    assert extended(extended(None, one, NOW), other, NOW) == NOW + (one + other) * DAY


def test_a_window_that_has_ended_is_not_ended_later():
    assert shortened(NOW - DAY, 5, NOW) == NOW - DAY


@pytest.mark.parametrize("hour", [0, 1, 22, 23])  # midnights of Paris, Madrid and the Canaries, winter and summer
def test_45_days_are_45_lines_of_a_calendar_from_every_day_until_2032(hour):
    for index, (year, month, day) in enumerate(DAYS[:-45]):
        end = extended(None, 45, datetime(year, month, day, hour, tzinfo=UTC))
        assert ((end.year, end.month, end.day), end.hour) == (DAYS[index + 45], hour)
    assert datetime(*DAYS[0], tzinfo=UTC) == EPOCH
    assert INDEX[2028, 3, 1] - INDEX[2028, 2, 28] == 2


def booked(postings, accounts=()):
    """Balances after these postings, by account and unit."""
    sums = {(it.account, it.unit): it.amount for it in accounts}
    for it in postings:
        assert it.amount > 0
        sums[it.source, it.unit] = sums.get((it.source, it.unit), 0) - it.amount
        sums[it.target, it.unit] = sums.get((it.target, it.unit), 0) + it.amount
    return {place: amount for place, amount in sums.items() if amount}


def a_balance(book, holder, amount, unit=Unit.DAY, referral=REFERRAL):
    return Balance(referral, account(book, holder.id), unit, amount)


@given(st.integers(0, 500), st.sampled_from([None, 0, 30, 45, 100, 365]))
def test_a_cap_keeps_back_what_is_above_it_and_loses_nothing(already, cap):
    terms = some_terms(credit_days=45, **({} if cap is None else {"caps": {"days": cap}}))
    (grant,) = granted(a_referral(), [RITA], terms, held=False)
    parts = capped(grant, already, terms)
    given_now = sum(it.amount for it in parts if it.target == account(Book.CREDIT, RITA.id))
    assert sum(it.amount for it in parts) == 45
    assert given_now == (45 if cap is None else max(0, min(45, cap - already)))
    assert len({it.key for it in parts}) == len(parts)


balances = st.builds(
    lambda credit, held, owed, discount: [
        it
        for it in (
            a_balance(Book.CREDIT, BOB, credit),
            a_balance(Book.HELD, BOB, held),
            a_balance(Book.OWED, RITA, owed, Unit.EUR_CENT),
            a_balance(Book.DISCOUNT, BOB, discount),
            a_balance(Book.PAID, RITA, 5_000, Unit.EUR_CENT),
        )
        if it.amount
    ],
    *(st.integers(0, 60) for _ in range(4)),
)
used_days = st.integers(0, 80)


@given(balances, used_days)
def test_a_reversal_leaves_nothing_and_forfeits_exactly_what_was_used(had, used):
    credit = sum(it.amount for it in had if it.account == account(Book.CREDIT, BOB.id))
    bob = replace(BOB, credit_until=NOW + (credit - used) * DAY)
    postings = reversal(a_referral("converted"), had, [bob, RITA], NOW, Reason.REVERSAL)
    after = booked(postings, had)
    paid = (account(Book.PAID, RITA.id), Unit.EUR_CENT)
    assert {place for place in after if "programme" not in place[0]} - {
        (account(Book.FORFEITED, Country.FR), Unit.DAY)
    } == {paid}
    assert after.get((account(Book.FORFEITED, Country.FR), Unit.DAY), 0) == min(credit, used)
    assert len({it.key for it in postings}) == len(postings)
    (ends, _) = windows_after([bob, RITA], postings, NOW)
    assert ends.credit_until == min(bob.credit_until, NOW)


@given(balances, used_days, st.integers(0, 30))
def test_what_is_restored_is_what_was_reversed_and_begins_now(had, used, later):
    bob = replace(BOB, credit_until=NOW + 200 * DAY - used * DAY)
    taken = reversal(a_referral("converted"), had, [bob, RITA], NOW, Reason.REVERSAL)
    (without, _) = windows_after([bob, RITA], taken, NOW)
    again = restored(a_referral("reversed", turn=2), taken, [bob, RITA])
    assert booked([*taken, *again], had) == booked([], had)
    (back, _) = windows_after([without, RITA], again, NOW + later * DAY)
    unused = sum(it.amount for it in again if it.target == account(Book.CREDIT, BOB.id) and it.reason != Reason.USED)
    assert back.credit_until == (
        max(without.credit_until, NOW + later * DAY) + unused * DAY if unused else without.credit_until
    )


PEOPLE = [Holder(UUID(int=number), f"user {number}", Country.FR, None) for number in range(10, 14)]


@given(balances, st.sampled_from(list(permutations([RITA, BOB, *PEOPLE], 2))))
def test_what_is_restored_goes_to_whoever_is_on_its_side_now(had, now):
    taken = reversal(a_referral("converted"), had, [BOB, RITA], NOW, Reason.REVERSAL)
    referral = a_referral("reversed", referred_user_id=now[0].user_id, referring_user_id=now[1].user_id)
    again = booked(restored(referral, taken, sorted(now, key=lambda it: it.user_id)))
    place = {str(BOB.id): str(now[0].id), str(RITA.id): str(now[1].id), "FR": "FR"}
    names = [(*it.account.split(":"), it) for it in had]
    expected = {(f"{book}:{place[owner]}", it.unit): it.amount for book, owner, it in names if book != "paid"}
    assert {name: amount for name, amount in again.items() if amount > 0} == expected


@pytest.mark.parametrize("reason", [Reason.RELEASE, Reason.REJECT])
def test_what_was_held_goes_on_or_back(reason):
    had = [a_balance(Book.HELD, BOB, 45), a_balance(Book.HELD, RITA, 30), a_balance(Book.CREDIT, RITA, 8)]
    after = booked(released(a_referral("held"), had, reason), had)
    bob, rita, back = (account(Book.CREDIT, BOB.id), account(Book.CREDIT, RITA.id), account(Book.PROGRAMME, Country.FR))
    went = {bob: 45, rita: 38} if reason is Reason.RELEASE else {back: 75, rita: 8}
    assert after == {(name, Unit.DAY): amount for name, amount in went.items()}


grants = st.lists(st.integers(1, 60), min_size=1, max_size=6)


@given(grants, st.integers(0, 200 * 24), st.integers(0, 90))
def test_a_handover_moves_everything_and_the_last_days_are_those_that_are_left(days, used_hours, hers):
    until = NOW + sum(days) * DAY - timedelta(hours=used_hours)
    giver = replace(BOB, credit_until=until)
    taker = replace(RITA, credit_until=NOW + hers * DAY if hers else None)
    had = [a_balance(Book.CREDIT, giver, amount, referral=UUID(int=at)) for at, amount in enumerate(days)]
    had += [a_balance(Book.OWED, giver, 5_000, Unit.EUR_CENT)]
    postings = moved(giver, taker, had, UUID(int=9), NOW)
    after = booked(postings)
    left = min(days_left(until, NOW), sum(days))
    unused = [it.amount for it in postings if it.reason is Reason.MOVED and it.unit is Unit.DAY]
    assert after[account(Book.CREDIT, taker.id), Unit.DAY] == sum(days)
    assert after[account(Book.OWED, taker.id), Unit.EUR_CENT] == 5_000
    assert sum(unused) == left
    assert all(it.amount >= 0 for it in postings)
    (gave, took) = windows_after([giver, taker], postings, NOW)
    assert gave.credit_until == min(until, NOW)
    assert took.credit_until == (max(taker.credit_until or NOW, NOW) + left * DAY if left else taker.credit_until)
    assert [amount for amount in unused if amount] == last_of(days, left)


def last_of(days, left):
    """The newest grants that make up so many days, the newest first."""
    found = []
    for amount in reversed(days):
        found.append(min(amount, left))
        left -= found[-1]
    return [amount for amount in found if amount]
