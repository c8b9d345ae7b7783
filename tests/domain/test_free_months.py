from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from tests.domain.test_month import MONTHS, length

from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import Contract, RewardType
from growth.domain.kernel.month import Month
from growth.domain.referrals.business_rules.free_months import amount_on, is_eligible, month_to_discount
from growth.domain.referrals.entities.rewards import SEED, RewardAmount

PARIS, CANARY = ZoneInfo("Europe/Paris"), ZoneInfo("Atlantic/Canary")
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
MID_NOVEMBER = datetime(2026, 11, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def a_contract(**changes):
    return replace(
        Contract(
            ref="c-1",
            user_id="u-1",
            country_code=Country.FR,
            reward_type=RewardType.COMPANY,
            signed_at=datetime(2026, 1, 10, tzinfo=UTC),
            start_date=date(2026, 2, 1),
            end_date=None,
            free_months=(),
        ),
        **changes,
    )


def chosen(contract, asked=None, now=MID_NOVEMBER, zone=PARIS, discounted=()):
    return month_to_discount(contract, asked, now, zone, discounted)


@pytest.mark.parametrize(
    ("changes", "eligible"),
    [
        pytest.param({}, True, id="a running contract"),
        pytest.param({"signed_at": None}, False, id="not signed"),
        pytest.param({"start_date": date(2026, 11, 30)}, True, id="starts on the month's last day"),
        pytest.param({"start_date": date(2026, 12, 1)}, False, id="starts on the day after"),
        pytest.param({"end_date": date(2026, 11, 30)}, True, id="ends on the month's last day"),
        pytest.param({"end_date": date(2026, 11, 29)}, False, id="ends on the day before"),
        pytest.param({"free_months": (OCTOBER, NOVEMBER)}, False, id="free already, as we are told"),
        pytest.param({"free_months": (OCTOBER, DECEMBER)}, True, id="free in the months beside it"),
    ],
)
def test_which_month_can_be_free(changes, eligible):
    assert is_eligible(a_contract(**changes), NOVEMBER, ()) is eligible


def test_a_month_that_we_made_free_is_not_free_again():
    assert not is_eligible(a_contract(), NOVEMBER, {NOVEMBER})
    assert is_eligible(a_contract(), NOVEMBER, {OCTOBER, DECEMBER})


@pytest.mark.parametrize("month", MONTHS)
def test_contracts_start_and_end_with_the_days_of_the_calendar(month):
    first, last = date(*month, 1), date(*month, length(*month))
    this = Month(*month)

    def eligible(**changes):
        return is_eligible(a_contract(start_date=date(2023, 1, 1), **changes), this, ())

    assert [eligible(end_date=last), eligible(end_date=last - DAY), eligible(end_date=last + DAY)] == [
        True,
        False,
        True,
    ]
    starts = (first - DAY, first, last, last + DAY)
    assert [is_eligible(a_contract(start_date=start), this, ()) for start in starts] == [True, True, True, False]


@pytest.mark.parametrize(
    ("contract", "asked", "month"),
    [
        pytest.param(a_contract(), None, NOVEMBER, id="the current month"),
        pytest.param(a_contract(start_date=date(2027, 1, 31)), None, Month(2027, 1), id="the first month"),
        pytest.param(a_contract(free_months=(NOVEMBER,)), None, DECEMBER, id="the month after"),
        pytest.param(a_contract(free_months=(NOVEMBER, DECEMBER)), None, None, id="never two months after"),
        pytest.param(
            a_contract(start_date=date(2026, 12, 5), free_months=(DECEMBER,)),
            None,
            Month(2027, 1),
            id="the month after the first, over the year's end",
        ),
        pytest.param(a_contract(end_date=date(2026, 11, 29)), None, None, id="ends within the current month"),
        pytest.param(a_contract(signed_at=None), None, None, id="not signed"),
        pytest.param(a_contract(), OCTOBER, OCTOBER, id="the month asked for, though it is over"),
        pytest.param(a_contract(free_months=(OCTOBER,)), OCTOBER, None, id="the month asked for, or none"),
        pytest.param(a_contract(), Month(2026, 1), None, id="asked for before the contract starts"),
    ],
)
def test_the_month_that_is_chosen(contract, asked, month):
    assert chosen(contract, asked) == month


def test_our_own_free_months_count_like_those_that_we_are_told():
    assert chosen(a_contract(), discounted=[NOVEMBER]) == DECEMBER
    assert chosen(a_contract(free_months=(DECEMBER,)), discounted=[NOVEMBER]) is None
    assert chosen(a_contract(), NOVEMBER, discounted=[NOVEMBER]) is None


@pytest.mark.parametrize(
    ("now", "zone", "month"),
    [
        pytest.param(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), PARIS, DECEMBER, id="the year's last second"),
        pytest.param(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), PARIS, Month(2027, 1), id="new year in Paris"),
        pytest.param(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), CANARY, DECEMBER, id="not yet on the Canary Islands"),
        pytest.param(datetime(2026, 4, 30, 22, 0, tzinfo=UTC), PARIS, Month(2026, 5), id="summer time"),
        pytest.param(datetime(2028, 2, 29, 12, 0, tzinfo=UTC), PARIS, Month(2028, 2), id="29 February"),
    ],
)
def test_the_current_month_is_the_country_s(now, zone, month):
    assert chosen(a_contract(), now=now, zone=zone) == month


def a_row(amount, start_date):
    return RewardAmount(Country.FR, RewardType.COMPANY, amount, start_date)


ROWS = (
    a_row(50, date(2016, 1, 1)),
    a_row(80, date(2026, 3, 1)),
    a_row(60, date(2026, 3, 1)),
    a_row(40, date(2027, 1, 1)),
)


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        pytest.param(date(2015, 12, 31), 0, id="before the first row"),
        pytest.param(date(2016, 1, 1), 50, id="on its day"),
        pytest.param(date(2026, 2, 28), 50, id="until the next"),
        pytest.param(date(2026, 3, 1), 80, id="the largest of a day"),
        pytest.param(date(2030, 1, 1), 40, id="the latest, though it is less"),
    ],
)
def test_the_amount_of_a_day_does_not_depend_on_the_order_of_rows(day, amount):
    assert {amount_on(rows, day) for rows in permutations(ROWS)} == {amount}
    assert amount_on((), day) == 0


def test_a_new_database_begins_with_fifty_euros_for_each_kind_of_contract():
    assert Counter((row.country_code.value, row.type.value) for row in SEED) == Counter(
        [("FR", "fr_individual"), ("FR", "company"), ("BE", "company"), ("BE", "be_smc"), ("ES", "company")]
    )
    assert {(row.amount, row.start_date) for row in SEED} == {(50, date(2016, 1, 1))}
