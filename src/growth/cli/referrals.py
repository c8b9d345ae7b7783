"""Referrals on the command line."""

import getpass
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from dishka import AsyncContainer
from rich import box
from rich.table import Table
from rich.text import Text

from growth.adapters.terms_file import load_terms
from growth.api.ledger_schemas import EntriesOut
from growth.api.referral_schemas import ReferralOut, ReviewIn
from growth.cli.ledger import entries_table
from growth.cli.options import AsJson, InCountry, Reason, checked, named, print_json, shown, user_named
from growth.domain.kernel.country import Country
from growth.domain.referrals.entities.profiles import UnknownUser
from growth.domain.referrals.entities.referrals import ReferralId, ReferralStatus, ReviewDecision, UnknownReferral
from growth.domain.referrals.ports.views import LedgerViews, ReferralFilter, ReferralView, ReferralViews
from growth.domain.referrals.use_cases import ConsumeUnrewarded, ReviewReward
from growth.local import with_container
from growth.printing import out

programme = typer.Typer()  # commands of the first level
referral = typer.Typer(no_args_is_help=True, help="Referrals, and the review of held rewards.")

_MOST = 200


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


@referral.command("list")
def list_referrals(
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a person.")] = False,
    user: Annotated[str | None, typer.Option(help="Only those that this user sent or received.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the 200 newest referrals; deleted ones are not among them."""
    status = ReferralStatus.HELD if held else None
    user_id = user_named(user) if user is not None else None
    wanted = [ReferralFilter(status=status)]
    if user_id:
        wanted = [ReferralFilter(referred_user_id=user_id, status=status)]
        wanted += [ReferralFilter(referring_user_id=user_id, status=status)]

    async def work(container: AsyncContainer) -> None:
        if user_id and await (await container.get(LedgerViews)).credit(user_id) is None:
            raise UnknownUser
        views = await container.get(ReferralViews)
        found: list[ReferralView] = []
        for each in wanted:
            found += await views.list(each, None, _MOST)
        found.sort(key=lambda it: it.referral.id, reverse=True)
        referrals = [ReferralOut.of(it) for it in found[:_MOST]]
        if as_json:
            print_json({"items": referrals})
        else:
            out.print(_referrals(referrals) if referrals else "There is none.")

    with_container(work)


def _referrals(found: Sequence[ReferralOut]) -> Table:
    table = Table("referral", "created", "status", "referred", "by", "held for", box=box.SIMPLE_HEAD)
    for it in found:
        table.add_row(
            str(it.id),
            shown(it.created_at),
            it.status,
            Text(it.referred_user_id),
            Text(_by(it)),
            ", ".join(it.held_for),
        )
    return table


def _by(it: ReferralOut) -> str:
    return it.referring_user_id or f"partner {it.referring_partner}"


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
            out.print(entries_table(entries))

    with_container(work)


async def _known(container: AsyncContainer, id: ReferralId) -> ReferralOut:
    view = await (await container.get(ReferralViews)).get(id)
    if view is None:
        raise UnknownReferral
    return ReferralOut.of(view)


def _referral(it: ReferralOut) -> Table:
    table = Table(box=box.SIMPLE, show_header=False)
    review = it.review and f"{it.review.decision} by {it.review.by}, {shown(it.review.at)}: {it.review.reason}"
    payment = it.converted_by
    lines = {
        "referral": str(it.id),
        "status": it.status,
        "held for": ", ".join(it.held_for),
        "review": review,
        "referred": it.referred_user_id,
        "by": _by(it),
        "terms": f"{it.terms_version} of {it.referred_country_code}",
        "contract": it.referred_contract_ref,
        "free month": it.discount and str(it.discount.month),
        "converted": shown(it.converted_at),
        "converted by": payment and f"{payment.source} {payment.external_id}, paid {shown(payment.paid_at)}",
        "paid out": it.payout_reference and f"{shown(it.referring_user_rewarded_at)}, {it.payout_reference}",
        "created": shown(it.created_at),
        "deleted": shown(it.deleted_at),
    }
    for name, value in lines.items():
        if value:
            table.add_row(name, Text(value))
    return table


@referral.command("review")
def review_referral(
    id: UUID,
    decision: ReviewDecision,
    reason: Reason,
    by: Annotated[
        str | None, typer.Option(help="Who decides, kept with it. Default: your name on this machine.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Release a held reward, its windows beginning now, or reject it."""
    asked = checked(lambda: ReviewIn(decision=decision, reason=reason))
    reviewer = f"cli:{named(_own_name() if by is None else by, '--by')}"

    async def work(container: AsyncContainer) -> None:
        await (await container.get(ReviewReward))(ReferralId(id), asked.decision, asked.reason, reviewer)
        found = await _known(container, ReferralId(id))
        if as_json:
            print_json(found)
        else:
            out.print(_referral(found))

    with_container(work)


def _own_name() -> str:
    with suppress(KeyError, OSError):  # in a container an id may have no name
        return getpass.getuser()
    return "unknown"


@programme.command("check-terms")
def check_terms(file: Path) -> None:
    """Check a file of the referral programme's terms and list all that is wrong in it."""
    terms = load_terms(file).terms
    versions = ", ".join(f"{len(them)} of {country}" for country, them in terms.items())
    out.print(f"{file} is good: versions {versions}.", markup=False, soft_wrap=True)
