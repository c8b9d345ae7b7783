"""Credits, payments and the ledger on the command line."""

from collections.abc import Sequence
from typing import Annotated

import typer
from dishka import AsyncContainer
from rich import box
from rich.table import Table
from rich.text import Text

from growth.api.ledger_schemas import (
    CENTS,
    CreditsOut,
    EntryOut,
    GrantIn,
    LedgerCheckOut,
    LiabilitiesOut,
    LiabilityOut,
    PaymentOut,
)
from growth.cli.options import AsJson, InCountry, Reason, User, checked, instant, print_json, shown, user_named
from growth.domain.kernel.ids import UserId
from growth.domain.kernel.operating import MovableClock
from growth.domain.referrals.entities.profiles import UnknownUser
from growth.domain.referrals.ports.views import LedgerViews, ReferralViews
from growth.domain.referrals.use_cases import GrantCredit
from growth.local import with_container
from growth.printing import out

credits_ = typer.Typer(no_args_is_help=True, help="Days of paid access.")
payments = typer.Typer(no_args_is_help=True, help="What users paid, and what was refunded of it.")
ledger = typer.Typer(no_args_is_help=True, help="The ledger's proof, and what is owed.")


@credits_.command("grant")
def grant_credit(
    user: User,
    days: Annotated[int, typer.Option(min=1, max=3_650)],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Give a user days of access, behind those that he has."""
    asked = checked(lambda: GrantIn(user_id=user, days=days, reason=reason))

    async def work(container: AsyncContainer) -> None:
        await (await container.get(GrantCredit))(UserId(asked.user_id), asked.days, asked.reason)
        _print_credits(await _credits(container, UserId(asked.user_id)), as_json=as_json)

    with_container(work)


@credits_.command("show")
def show_credits(user: User, as_json: AsJson = False) -> None:
    """Print a user's window of paid access and the entries of his accounts."""
    user_id = user_named(user)

    async def work(container: AsyncContainer) -> None:
        _print_credits(await _credits(container, user_id), as_json=as_json)

    with_container(work)


async def _credits(container: AsyncContainer, user_id: UserId) -> CreditsOut:
    view = await (await container.get(LedgerViews)).credit(user_id)
    if view is None:
        raise UnknownUser
    return CreditsOut.of(view, await (await container.get(MovableClock)).now())


def _print_credits(found: CreditsOut, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if found.days_left:
        said = f"has paid access until {shown(found.credit_until)}: {found.days_left} days are left."
    elif found.credit_until:
        said = f"has no paid access any more: it ended {shown(found.credit_until)}."
    else:
        said = "has no paid access."
    out.print(f"{found.user_id} {said}", markup=False, soft_wrap=True)
    if found.entries:
        out.print(entries_table(found.entries, his_own=True))


def entries_table(entries: Sequence[EntryOut], *, his_own: bool = False) -> Table:
    """Return entries as a table: those of one referral, or of one user's own accounts, by what each is for."""
    table = Table("at", "account", box=box.SIMPLE_HEAD)
    table.add_column("amount", justify="right")
    for title in ("unit", "reason", *(("referral",) if his_own else ()), "note"):
        table.add_column(title)
    for it in entries:
        account = it.account.partition(":")[0] if his_own else it.account
        referral = [str(it.referral_id or "")] if his_own else []
        note = Text(it.note or "")  # as it is: brackets in it are no markup
        table.add_row(shown(it.at), account, f"{it.amount:+,}", it.unit, it.reason, *referral, note)
    return table


@payments.command("show")
def show_payments(user: User, as_json: AsJson = False) -> None:
    """Print a user's payments, the latest first, with what was refunded or disputed of each."""
    user_id = user_named(user)

    async def work(container: AsyncContainer) -> None:
        his = await (await container.get(ReferralViews)).payments(user_id)
        if his is None:
            raise UnknownUser
        found = [PaymentOut.of(it) for it in reversed(his)]
        if as_json:
            print_json({"items": found})
        elif found:
            out.print(_payments(found))
        else:
            out.print(f"{user_id} has paid nothing that we know of.", markup=False, soft_wrap=True)

    with_container(work)


def _payments(found: Sequence[PaymentOut]) -> Table:
    """Return the table; amounts stand in the currency's smallest unit, as the provider tells them."""
    table = Table("paid", "source", "payment", box=box.SIMPLE_HEAD)
    table.add_column("amount", justify="right")
    table.add_column("refunds and disputes")
    for it in found:
        refunds = "\n".join(f"{shown(one.happened_at)} {one.kind} {one.amount:,}: {one.state}" for one in it.refunds)
        amount = f"{it.amount:,} {it.currency}"
        table.add_row(shown(it.paid_at), it.source, Text(it.external_id), amount, refunds)
    return table


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
    table = Table("country", box=box.SIMPLE_HEAD, caption=f"as of {shown(found.at)}")
    for title in ("days", "held days", "owed"):
        table.add_column(title, justify="right")
    for it in found.items:
        owed = ", ".join(f"{money.amount_cents / CENTS:,.2f} {money.currency}" for money in it.amounts)
        table.add_row(it.country_code, f"{it.days:,}", f"{it.held_days:,}", owed)
    return table
