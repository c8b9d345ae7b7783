"""Which month of a contract becomes free, and how much the referring user is owed for it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from growth.domain.kernel.customers import Contract
from growth.domain.kernel.month import LAST_MONTH, Month, month_at, month_of
from growth.domain.referrals.entities.rewards import RewardAmount


def is_eligible(contract: Contract, month: Month, discounted: Collection[Month]) -> bool:
    """Tell whether a month of the contract can be free; `discounted` are those that we made free ourselves."""
    return (
        contract.signed_at is not None
        and month_of(contract.start_date) <= month
        and (contract.end_date is None or contract.end_date >= month.last_day)
        and month not in contract.free_months
        and month not in discounted
        and month <= LAST_MONTH
    )


def month_to_discount(
    contract: Contract,
    asked: Month | None,
    now: datetime,
    zone: ZoneInfo,
    discounted: Collection[Month],
) -> Month | None:
    """Return the month asked for, or else the first that can be, this one or the next; None when it is not eligible."""
    earliest = max(month_at(now, zone), month_of(contract.start_date))
    months = (asked,) if asked else (earliest, earliest.next)
    return next((month for month in months if is_eligible(contract, month, discounted)), None)


def amount_on(amounts: Sequence[RewardAmount], day: date) -> int:
    """Return the whole euros that hold on a day, of the rows of one country and type; 0 before the first row.

    The latest row decides; of several that start on one day, the largest amount.
    """
    begun = [(row.start_date, row.amount) for row in amounts if row.start_date <= day]
    return max(begun)[1] if begun else 0
