"""What is posted for each thing that happens. Every function returns postings; none changes anything."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.referrals.business_rules.windows import days_left, extended, room, shortened
from growth.domain.referrals.entities.ledger import (
    AccountName,
    Balance,
    Book,
    Holder,
    HolderId,
    Posting,
    Reason,
    Unit,
    account,
)
from growth.domain.referrals.entities.referrals import Referral
from growth.domain.referrals.entities.terms import RewardUnit, Terms


def granted(referral: Referral, holders: Iterable[Holder], terms: Terms, *, held: bool) -> list[Posting]:
    """Return the credit of both sides for the first payment, to their windows or to be decided about."""
    book, reason = (Book.HELD, Reason.HOLD) if held else (Book.CREDIT, Reason.FIRST_PAYMENT)
    programme = account(Book.PROGRAMME, referral.referred_country_code)
    return [
        Posting(
            _key(referral, reason, holder), programme, account(book, holder.id), Unit.DAY, terms.credit_days, reason,
            referral.id,
        )
        for holder in holders
    ]  # fmt: skip


def capped(posting: Posting, already: int, terms: Terms) -> list[Posting]:
    """Return the posting, or as much of it as the year's cap still allows, and what the cap keeps back."""
    unit = RewardUnit.DAYS if posting.unit is Unit.DAY else RewardUnit.AMOUNT
    cap = terms.caps.get(unit)
    return _cut(posting, posting.amount if cap is None else cap - already, terms.country_code, "cap")


def within_reach(holders: Sequence[Holder], postings: Iterable[Posting], now: datetime) -> list[Posting]:
    """Return the postings, cut where a window would end later than any may, and what is kept back of them."""
    reached: list[Posting] = []
    after = {account(Book.CREDIT, it.id): it for it in holders}
    for posting in postings:
        taker = None if posting.reason is Reason.USED else after.get(posting.target)
        parts = _cut(posting, room(taker.credit_until, now), taker.country_code, "end") if taker else [posting]
        after = {account(Book.CREDIT, it.id): it for it in windows_after(after.values(), parts, now)}
        reached += parts
    return reached


def released(referral: Referral, balances: Iterable[Balance], now_reason: Reason) -> list[Posting]:
    """Return what leaves the held accounts: to the windows (`RELEASE`) or back to the programme (`REJECT`)."""
    programme = account(Book.PROGRAMME, referral.referred_country_code)
    return [
        Posting(
            _key(referral, now_reason, it.account), it.account,
            _sister(it.account, Book.CREDIT) if now_reason is Reason.RELEASE else programme,
            it.unit, it.amount, now_reason, referral.id,
        )
        for it in balances
        if _book(it.account) is Book.HELD and it.amount > 0
    ]  # fmt: skip


def reversal(
    referral: Referral, balances: Iterable[Balance], holders: Iterable[Holder], now: datetime, reason: Reason
) -> list[Posting]:
    """Return what takes everything back that the referral has given, but what was paid out.

    Days that are left go back to the programme and shorten the window; days already used are forfeited. The keys name
    the sides, for another may take the place of one before it is restored.
    """
    country = referral.referred_country_code
    programme, forfeited = account(Book.PROGRAMME, country), account(Book.FORFEITED, country)
    left = {account(Book.CREDIT, it.id): days_left(it.credit_until, now) for it in holders}
    sides = {str(owner): side for side, owner in _sides(referral, holders).items()}
    postings = []
    for it in balances:
        if it.amount <= 0 or _book(it.account) in {Book.PROGRAMME, Book.FORFEITED, Book.PAID}:
            continue
        unused = min(it.amount, left.get(it.account, 0)) if _book(it.account) is Book.CREDIT else it.amount
        key = _key(referral, reason, f"{sides.get(_owner(it.account), '-')}/{it.account}")
        parts = [(key, programme, unused, reason), (f"{key}/used", forfeited, it.amount - unused, Reason.USED)]
        postings += [
            Posting(part_key, it.account, target, it.unit, amount, why, referral.id)
            for part_key, target, amount, why in parts
            if amount
        ]
    return postings


def restored(referral: Referral, last: Sequence[Posting], holders: Iterable[Holder]) -> list[Posting]:
    """Return the mirror of a reversal: the unused days again, the used ones without moving the window.

    Where somebody has taken the place of a side since, it goes to his accounts.
    """
    sides = _sides(referral, holders)
    postings = []
    for number, it in enumerate(last):
        _referral, _turn, _reason, side, *_ = it.key.split("/")
        postings.append(
            replace(
                it,
                key=f"{referral.id}/{referral.turn}/restored/{number}",
                source=it.target,
                target=account(_book(it.source), sides[side]) if side in sides else it.source,
                reason=Reason.USED if it.reason is Reason.USED else Reason.RESTORED,
            )
        )
    return postings


def moved(source: Holder, target: Holder, balances: Sequence[Balance], transfer: UUID, now: datetime) -> list[Posting]:
    """Return what hands all balances of one person to another; `balances`: the oldest first.

    The days that are left are those granted last; they take the window along, used ones do not.
    """
    left = days_left(source.credit_until, now)
    postings = []
    for it in reversed(balances):
        unused = it.amount
        if _book(it.account) is Book.CREDIT:
            unused = max(0, min(it.amount, left))
            left -= unused
        key = f"{transfer}/{it.account}/{it.referral_id or '-'}"
        hers = AccountName(f"{_book(it.account)}:{target.id}")
        parts = [(key, unused, Reason.MOVED), (f"{key}/used", it.amount - unused, Reason.USED)]
        for part_key, amount, reason in parts:
            way = (it.account, hers) if amount > 0 else (hers, it.account)
            if amount:
                postings.append(Posting(part_key, *way, it.unit, abs(amount), reason, it.referral_id))
    return postings


def windows_after(holders: Iterable[Holder], postings: Sequence[Posting], now: datetime) -> list[Holder]:
    """Return the holders with the ends of their windows after these postings, in their order."""
    after = []
    for holder in holders:
        own, until = account(Book.CREDIT, holder.id), holder.credit_until
        for posting in postings:
            if posting.reason is Reason.USED:
                continue
            if posting.source == own and until is not None:
                until = shortened(until, posting.amount, now)
            if posting.target == own:
                until = extended(until, posting.amount, now)
        after.append(replace(holder, credit_until=until))
    return after


def _cut(posting: Posting, most: int, country: Country, why: str) -> list[Posting]:
    """Return so much of the posting at most, and what is kept back of it, its key with `why`."""
    given = min(posting.amount, max(0, most))
    rest = replace(posting, amount=given)
    over = replace(
        posting,
        key=f"{posting.key}/{why}",
        amount=posting.amount - given,
        target=account(Book.CAPPED, country),
        reason=Reason.CAP,
    )
    return [it for it in (rest, over) if it.amount]


def _key(referral: Referral, reason: Reason, whose: Holder | str) -> str:
    name = whose.id if isinstance(whose, Holder) else whose
    return f"{referral.id}/{referral.turn}/{reason}/{name}"


def _book(name: AccountName) -> Book:
    return Book(name.partition(":")[0])


def _owner(name: AccountName) -> str:
    return name.partition(":")[2]


def _sister(name: AccountName, book: Book) -> AccountName:
    return AccountName(f"{book}:{_owner(name)}")


def _sides(referral: Referral, holders: Iterable[Holder]) -> dict[str, HolderId]:
    """Return whose accounts are those of each side."""
    ids = {it.user_id: it.id for it in holders}
    both = {"referred": referral.referred_user_id, "referring": referral.referring_user_id}
    return {side: ids[user_id] for side, user_id in both.items() if user_id in ids}
