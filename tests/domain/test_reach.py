"""No window ends later than can be written, whatever is posted to it; what is above is kept back."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.test_judging import BOB, NOW, RITA, some_terms

from growth.domain.kernel.country import Country
from growth.domain.referrals.business_rules.bookkeeping import capped, windows_after, within_reach
from growth.domain.referrals.business_rules.windows import DAY, LATEST_END, room
from growth.domain.referrals.entities.ledger import Book, Posting, Reason, Unit, account

CREDITS = [account(Book.CREDIT, it.id) for it in (BOB, RITA)]
PROGRAMME = account(Book.PROGRAMME, Country.FR)


def a_posting(number, amount, source, target, reason=Reason.FIRST_PAYMENT):
    return Posting(f"key {number}", source, target, Unit.DAY, amount, reason, UUID(int=7))


ways = st.sampled_from([(PROGRAMME, CREDITS[0]), (PROGRAMME, CREDITS[1]), tuple(CREDITS), (CREDITS[1], PROGRAMME)])
reasons = st.sampled_from([Reason.FIRST_PAYMENT, Reason.MOVED, Reason.USED])


@given(st.lists(st.tuples(st.integers(1, 40_000), ways, reasons), max_size=6))
def test_no_window_ends_later_than_can_be_written(wanted):
    postings = [a_posting(number, days, *way, why) for number, (days, way, why) in enumerate(wanted)]
    reached = within_reach([BOB, RITA], postings, NOW)
    after = windows_after([BOB, RITA], reached, NOW)
    assert all(it.credit_until is None or it.credit_until <= LATEST_END for it in after)
    assert sum(it.amount for it in reached) == sum(it.amount for it in postings)
    assert [it for it in reached if it.reason is Reason.USED] == [it for it in postings if it.reason is Reason.USED]
    if sum(it.amount for it in postings) <= room(None, NOW):
        assert reached == postings


def test_all_days_that_fit_are_given():
    most = room(None, NOW)
    for days, given_, kept_back in ((most, most, 0), (most + 3, most, 3)):
        (only, *over) = within_reach([BOB], [a_posting(1, days, PROGRAMME, CREDITS[0])], NOW)
        assert (only.amount, sum(it.amount for it in over)) == (given_, kept_back)
    assert NOW + most * DAY <= LATEST_END < NOW + (most + 1) * DAY
    assert room(LATEST_END, NOW) == room(None, LATEST_END + DAY) == 0


def test_what_a_cap_and_the_end_keep_back_are_postings_of_their_own():
    most = room(None, NOW)
    under_cap = capped(a_posting(1, most + 10, PROGRAMME, CREDITS[0]), 0, some_terms(caps={"days": most + 3}))
    reached = within_reach([BOB], under_cap, NOW)
    assert sorted(it.amount for it in reached) == [3, 7, most]
    assert len({it.key for it in reached}) == 3
