"""Conversations with inbound sales, on the command line."""

from collections.abc import Awaitable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from dishka import AsyncContainer
from rich.table import Table

from growth.api.conversations import DetectionOut, DuplicateOut, ReopeningOut
from growth.cli.options import AsJson, print_json
from growth.domain.conversations.entities.conversations import ConversationId
from growth.domain.conversations.entities.duplicates import Duplicate
from growth.domain.conversations.use_cases import CloseSigned, DetectDuplicates, ReopenIfPossible, RetrieveDuplicates
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Conflict
from growth.domain.kernel.ids import ContractRef, ProspectId, UserId
from growth.domain.kernel.messages import GiveUp, TryLater
from growth.domain.kernel.person import parse_email
from growth.local import with_container
from growth.printing import out

conversations = typer.Typer(no_args_is_help=True, help="Conversations with inbound sales at Intercom.")
AnswerT = TypeVar("AnswerT")
_Country = Annotated[Country, typer.Option("--country", help="Whose workspace it is in.")]
_Id = Annotated[str, typer.Argument(metavar="CONVERSATION", help="Intercom's id.")]


class HelpdeskAway(Conflict):
    """Intercom does not answer as it should."""

    code = "intercom-unavailable"


@conversations.command("duplicates")
def detect_duplicates(
    conversation: _Id,
    country: _Country,
    prospect: Annotated[UUID | None, typer.Option(help="Whose it is. Default: its contact's.")] = None,
    user: Annotated[str | None, typer.Option(help="The same, as a user of the main application.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find other conversations of the same person or company; in France they are noted down on this one."""

    async def work(container: AsyncContainer) -> None:
        detect = await container.get(DetectDuplicates)
        whose = ProspectId(prospect) if prospect else None, UserId(user) if user else None
        found = await _asking(detect(country, ConversationId(conversation), *whose))
        if as_json:
            print_json(DetectionOut.model_validate(found))
            return
        _print(found.duplicates)
        if found.noted:
            out.print("A note with them is on its way.")

    with_container(work)


@conversations.command("of-email")
def retrieve_duplicates(email: str, country: _Country, as_json: AsJson = False) -> None:
    """Find the conversations of an address that are open or were closed in the last 30 days."""
    address = parse_email(email)

    async def work(container: AsyncContainer) -> None:
        found = await _asking((await container.get(RetrieveDuplicates))(country, address))
        if as_json:
            print_json([DuplicateOut.model_validate(it) for it in found])
        else:
            _print(found)

    with_container(work)


@conversations.command("reopen")
def reopen(conversation: _Id, country: _Country, as_json: AsJson = False) -> None:
    """Open a closed conversation again, if inbound sales has it and its owner is there."""

    async def work(container: AsyncContainer) -> None:
        reason = await _asking((await container.get(ReopenIfPossible))(country, ConversationId(conversation)))
        if as_json:
            print_json(ReopeningOut(reopened=reason is None, reason=reason))
        else:
            out.print("Its opening is on its way." if reason is None else f"It stays as it is: {reason}.")

    with_container(work)


@conversations.command("contract-signed")
def close_signed(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="The main application's reference.")],
    country: _Country,
    user: Annotated[str, typer.Option(help="Who signed: the main application's id.")],
    as_json: AsJson = False,
) -> None:
    """Note on the open conversations of a signer that she signed, and close them. The service does it by itself."""

    async def work(container: AsyncContainer) -> None:
        close = await container.get(CloseSigned)
        closed = await _asking(close(country, UserId(user), ContractRef(contract)))
        if as_json:
            print_json({"conversations": closed})
        else:
            out.print(f"To be closed: {', '.join(closed) or 'none'}.")

    with_container(work)


async def _asking(answer: Awaitable[AnswerT]) -> AnswerT:
    try:
        return await answer
    except (TryLater, GiveUp) as failure:
        raise HelpdeskAway(f"{failure} Try again later.") from None


def _print(found: Sequence[Duplicate]) -> None:
    table = Table("conversation", "found by", "state", "owner", "changed")
    for it in found:
        changed = f"{it.updated_at:%Y-%m-%d %H:%M}" if it.updated_at else ""
        table.add_row(it.id, it.route, it.state, it.owner or "", changed)
    out.print(table if found else "No other conversations.")
