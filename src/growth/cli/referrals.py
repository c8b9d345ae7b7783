"""Referrals, credits and the ledger on the command line."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from dishka import AsyncContainer
from pydantic import TypeAdapter, ValidationError
from rich import box
from rich.table import Table
from rich.text import Text

from growth.adapters.terms_file import load_terms
from growth.api.ledger_schemas import (
    CreditsOut,
    EntriesOut,
    EntryOut,
    GrantIn,
    LedgerCheckOut,
    LiabilitiesOut,
    LiabilityOut,
)
from growth.api.referral_schemas import Name, ReferralOut, ReviewIn
from growth.cli.options import AsJson, instant, print_json
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.operating import MovableClock
from growth.domain.referrals.entities.referrals import ReferralId, ReviewDecision, UnknownReferral
from growth.domain.referrals.ports.views import CreditView, LedgerViews, ReferralViews
from growth.domain.referrals.use_cases import ConsumeUnrewarded, GrantCredit, ReviewReward
from growth.local import with_container
from growth.printing import out

programme = typer.Typer()  # commands of the first level
credits_ = typer.Typer(no_args_is_help=True, help="Days of paid access.")
ledger = typer.Typer(no_args_is_help=True, help="The ledger's proof, and what is owed.")
referral = typer.Typer(no_args_is_help=True, help="One referral, and the review of a held reward.")

CheckedT = TypeVar("CheckedT")
User = Annotated[str, typer.Argument(metavar="USER", help="The main application's id.")]
InCountry = Annotated[Country | None, typer.Option("--country", help="Default: all.")]
Reason = Annotated[str, typer.Option(help="Why; nothing personal, it is kept for ever.")]
_REVIEWER = "cli"
_CENTS = 100


def _checked(make: Callable[[], CheckedT]) -> CheckedT:
    """Return what the API's schema makes of the texts. Raises `Invalid`."""
    try:
        return make()
    except ValidationError as error:
        name = ".".join(map(str, error.errors()[0]["loc"])) or "USER"
        raise Invalid(
            f"{name} cannot be used: write visible characters, not too many, without blanks around them."
        ) from None


@credits_.command("grant")
def grant_credit(
    user: User,
    days: Annotated[int, typer.Option(min=1, max=3_650)],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Give a user days of access, behind those that he has."""
    asked = _checked(lambda: GrantIn(user_id=user, days=days, reason=reason))

    async def work(container: AsyncContainer) -> None:
        await (await container.get(GrantCredit))(UserId(asked.user_id), asked.days, asked.reason)
        _print_credits(await _credits(container, UserId(asked.user_id)), as_json=as_json)

    with_container(work)


@credits_.command("show")
def show_credits(user: User, as_json: AsJson = False) -> None:
    """Print a user's window of paid access and the entries of his accounts."""
    user_id = UserId(_checked(lambda: TypeAdapter(Name).validate_python(user)))

    async def work(container: AsyncContainer) -> None:
        _print_credits(await _credits(container, user_id), as_json=as_json)

    with_container(work)


async def _credits(container: AsyncContainer, user_id: UserId) -> CreditsOut:
    view = await (await container.get(LedgerViews)).credit(user_id) or CreditView(user_id, None, [])
    return CreditsOut.of(view, await (await container.get(MovableClock)).now())


def _print_credits(found: CreditsOut, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found.days_left:
        said = f"has paid access until {_time(found.credit_until)}: {found.days_left} days are left."
    elif found.credit_until:
        said = f"has no paid access any more: it ended {_time(found.credit_until)}."
    else:
        said = "has no paid access."
    out.print(f"{found.user_id} {said}", markup=False, soft_wrap=True)
    if found.entries:
        out.print(_entries(found.entries))


def _entries(entries: Sequence[EntryOut]) -> Table:
    table = Table("at", "account", box=box.SIMPLE_HEAD)
    table.add_column("amount", justify="right")
    for title in ("unit", "reason", "note"):
        table.add_column(title)
    for it in entries:
        note = Text(it.note or "")  # as it is: brackets in it are no markup
        table.add_row(_time(it.at), it.account, f"{it.amount:+,}", it.unit, it.reason, note)
    return table


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%F %T} UTC" if at else ""


@ledger.command("check")
def check_ledger(as_json: AsJson = False) -> None:
    """Prove that all transactions sum to zero and all windows replay their entries; exit with 1 where one does not."""

    async def work(container: AsyncContainer) -> None:
        found = LedgerCheckOut.of(await (await container.get(LedgerViews)).check())
        if as_json:
            print_json(found)
        else:
            for fault in found.faults:
                out.print(f"{fault.account}: {fault.fault}", markup=False, soft_wrap=True)
            said = "everything fits" if found.ok else f"what does not fit: {len(found.faults)}"
            out.print(f"{found.accounts} accounts, {found.entries} entries: {said}.")
        raise typer.Exit(0 if found.ok else 1)

    with_container(work)


@ledger.command("liability")
def show_liability(
    at: Annotated[str | None, typer.Option(help="An ISO time with zone. Default: now.", metavar="ISO")] = None,
    country: InCountry = None,
    as_json: AsJson = False,
) -> None:
    """Print what each country's programme owed at an instant."""
    asked = instant(at)

    async def work(container: AsyncContainer) -> None:
        moment = asked or await (await container.get(MovableClock)).now()
        rows = await (await container.get(LedgerViews)).liability(moment, country)
        found = LiabilitiesOut(at=moment, items=[LiabilityOut.of(it) for it in rows])
        if as_json:
            print_json(found)
        else:
            out.print(_liability(found))

    with_container(work)


def _liability(found: LiabilitiesOut) -> Table:
    table = Table("country", box=box.SIMPLE_HEAD, caption=f"as of {_time(found.at)}")
    for title in ("days", "held days", "owed"):
        table.add_column(title, justify="right")
    for it in found.items:
        owed = ", ".join(f"{money.amount_cents / _CENTS:,.2f} {money.currency}" for money in it.amounts)
        table.add_row(it.country_code, f"{it.days:,}", f"{it.held_days:,}", owed)
    return table


@programme.command("consume-referrals")
def consume_referrals(country: InCountry = None, as_json: AsJson = False) -> None:
    """Decide the free month of every referral with a contract and no reward; the scheduler does it every day."""

    async def work(container: AsyncContainer) -> None:
        consume = await container.get(ConsumeUnrewarded)
        ended = {each: await consume(each) for each in ([country] if country else Country)}
        if as_json:
            print_json(ended)
            return
        for each, outcomes in ended.items():
            counted = ", ".join(f"{outcome} {number:,}" for outcome, number in sorted(outcomes.items()))
            out.print(f"{each}: {counted or 'nothing to do'}")

    with_container(work)


@referral.command("show")
def show_referral(id: UUID, as_json: AsJson = False) -> None:
    """Print a referral and its entries in the ledger."""

    async def work(container: AsyncContainer) -> None:
        found = await _known(container, ReferralId(id))
        entries = EntriesOut.of(await (await container.get(LedgerViews)).of_referral(ReferralId(id))).entries
        if as_json:
            print_json(found.model_dump() | {"entries": entries})
            return
        out.print(_referral(found))
        if entries:
            out.print(_entries(entries))

    with_container(work)


async def _known(container: AsyncContainer, id: ReferralId) -> ReferralOut:
    view = await (await container.get(ReferralViews)).get(id)
    if view is None:
        raise UnknownReferral
    return ReferralOut.of(view)


def _referral(it: ReferralOut) -> Table:
    table = Table(box=box.SIMPLE, show_header=False)
    review = it.review and f"{it.review.decision} by {it.review.by}, {_time(it.review.at)}: {it.review.reason}"
    lines = {
        "referral": str(it.id),
        "status": it.status,
        "held for": ", ".join(it.held_for),
        "review": review,
        "referred": it.referred_user_id,
        "by": it.referring_user_id or f"partner {it.referring_partner}",
        "terms": f"{it.terms_version} of {it.referred_country_code}",
        "contract": it.referred_contract_ref,
        "free month": it.discount and str(it.discount.month),
        "converted": _time(it.converted_at),
        "paid out": it.payout_reference and f"{_time(it.referring_user_rewarded_at)}, {it.payout_reference}",
        "created": _time(it.created_at),
        "deleted": _time(it.deleted_at),
    }
    for name, value in lines.items():
        if value:
            table.add_row(name, Text(value))
    return table


@referral.command("review")
def review_referral(id: UUID, decision: ReviewDecision, reason: Reason, as_json: AsJson = False) -> None:
    """Release a held reward, its windows beginning now, or reject it."""
    asked = _checked(lambda: ReviewIn(decision=decision, reason=reason))

    async def work(container: AsyncContainer) -> None:
        await (await container.get(ReviewReward))(ReferralId(id), asked.decision, asked.reason, _REVIEWER)
        found = await _known(container, ReferralId(id))
        if as_json:
            print_json(found)
        else:
            out.print(_referral(found))

    with_container(work)


@programme.command("check-terms")
def check_terms(file: Path) -> None:
    """Check a file of the referral programme's terms and list all that is wrong in it."""
    terms = load_terms(file).terms
    versions = ", ".join(f"{len(them)} of {country}" for country, them in terms.items())
    out.print(f"{file} is good: versions {versions}.", markup=False, soft_wrap=True)
