"""Notes that we leave for colleagues, as HTML."""

from collections.abc import Callable, Iterable
from html import escape
from itertools import groupby

from growth.domain.conversations.entities.conversations import ConversationId
from growth.domain.conversations.entities.duplicates import Duplicate, Route

SIGNED = "<p>A prospect with the same email just signed a contract</p>"
_HEADINGS = {
    Route.PROSPECT: "Of the same person",
    Route.COMPANY: "Of the same company",
    Route.SECONDARY_EMAIL: "Of another address of the same person",
    Route.PHONE: "Of the same phone number",
}


def note_of(found: Iterable[Duplicate], link: Callable[[ConversationId], str]) -> str:
    """Return the note that lists conversations by route, each with its link, state and owner."""
    parts = ["<p><b>There are other conversations: answer in one of them only.</b></p>"]
    for route, of_route in groupby(found, key=lambda it: it.route):
        lines = "".join(f"<li>{_line(it, link(it.id))}</li>" for it in of_route)
        parts.append(f"<p>{_HEADINGS[route]}</p><ul>{lines}</ul>")
    return "".join(parts)


def _line(duplicate: Duplicate, link: str) -> str:
    owner = escape(duplicate.owner) if duplicate.owner else "nobody yet"
    return f'<a href="{escape(link)}">Conversation {escape(duplicate.id)}</a>: {duplicate.state}, {owner}'
