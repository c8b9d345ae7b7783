"""The helpdesk port over Intercom's REST API.

The vendor allows 10,000 calls a minute, spread over windows of 10 seconds; `VendorHttp` obeys what its answers say of
them. A search lags behind by up to minutes, and people who were merged into others are never found by it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

from growth.adapters.intercom import wire
from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.conversations.entities.conversations import (
    Contact,
    ContactId,
    Conversation,
    ConversationId,
    State,
    UnknownConversation,
)
from growth.domain.conversations.entities.teams import Workspace
from growth.domain.kernel.country import Country
from growth.domain.kernel.messages import GiveUp
from growth.domain.kernel.person import Email

MOST_ITEMS: Final = 1_000
_MOST_PAGES: Final = -(-MOST_ITEMS // wire.PER_PAGE)
_GONE: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_DISPUTED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
# Others have a meaning of their own in the vendor's paths: `last`, `search`, `..`.
_NUMBER: Final = re.compile(r"[0-9]{1,20}")

Found = TypeVar("Found", Contact, Conversation)


def credentials(token: str) -> dict[str, str]:
    """Return the headers of every call. Without a version the vendor takes the one that its app is set to."""
    return {"Authorization": f"Bearer {token}", "Intercom-Version": wire.VERSION, "Accept": "application/json"}


class IntercomHelpdesk:
    """`http`: the client of each country's workspace, with its credentials."""

    def __init__(self, http: Mapping[Country, VendorHttp], workspaces: Mapping[Country, Workspace]) -> None:
        self._http = http
        self._workspaces = workspaces

    @property
    def countries(self) -> Collection[Country]:
        """Those that have a workspace."""
        return self._workspaces.keys() & self._http.keys()

    def link(self, country: Country, id: ConversationId) -> str:
        app = quote(self._workspace(country).app_id, safe="")
        return f"https://app.intercom.com/a/inbox/{app}/inbox/conversation/{quote(id, safe='')}"

    async def conversation(self, country: Country, id: ConversationId) -> Conversation:
        raw = await self._read(country, id)
        found = wire.conversation(raw)
        email = wire.author_email(raw)
        if email is None and found.contact_ids:
            email = await self._email_of(country, found.contact_ids[0])
        return replace(found, email=email)

    async def contacts(
        self, country: Country, emails: Collection[Email], phones: Collection[str], external_ids: Collection[str]
    ) -> Sequence[Contact]:
        queries = wire.contact_queries(emails, phones, external_ids)
        return await _search(self._of(country), "/contacts/search", queries, "data", wire.contact)

    async def conversations_of(
        self, country: Country, contacts: Collection[ContactId], since: datetime
    ) -> Sequence[Conversation]:
        queries = wire.conversation_queries(contacts, since)
        found = await _search(self._of(country), "/conversations/search", queries, "conversations", wire.conversation)
        return [it for it in found if it.state is not State.CLOSED or (it.updated_at and it.updated_at >= since)]

    async def note(self, country: Country, id: ConversationId, html: str, reference: str, *, again: bool) -> None:
        body = wire.note(self._workspace(country).admin_id, html, reference)
        with _gone_for_good():
            if again and wire.has_note(await self._read(country, id), reference):
                return
            answer = await self._call(country, "POST", id, "/reply", body=body)
        answer.raise_for_refusal()

    async def close(self, country: Country, id: ConversationId) -> None:
        await self._move(country, id, wire.closing(self._workspace(country).admin_id), State.CLOSED)

    async def reopen(self, country: Country, id: ConversationId) -> None:
        await self._move(country, id, wire.opening(self._workspace(country).admin_id), State.OPEN)

    async def delete(self, country: Country, id: ContactId) -> None:
        """Delete somebody; nobody being there any more is as good."""
        answer = await self._of(country).call("DELETE", _contact(id))
        if answer.status not in _GONE:
            answer.raise_for_refusal()

    async def _move(self, country: Country, id: ConversationId, body: wire.Body, wanted: State) -> None:
        """Bring a conversation into a state. Which refusal means that it is in it already, the vendor does not say."""
        with _gone_for_good():
            answer = await self._call(country, "POST", id, "/parts", body=body)
            if answer.status in _DISPUTED and wire.conversation(await self._read(country, id)).state is wanted:
                return
        answer.raise_for_refusal()

    async def _read(self, country: Country, id: ConversationId) -> Any:  # noqa: ANN401 - whatever came
        answer = await self._call(country, "GET", id)
        answer.raise_for_refusal()
        return answer.json()

    async def _call(
        self, country: Country, method: str, id: ConversationId, what: str = "", *, body: wire.Body | None = None
    ) -> Answer:
        """Call for one conversation; raises `UnknownConversation`."""
        http = self._of(country)
        if not _NUMBER.fullmatch(id):
            raise UnknownConversation
        answer = await http.call(method, f"/conversations/{id}{what}", json=body)
        if answer.status in _GONE:
            raise UnknownConversation
        return answer

    async def _email_of(self, country: Country, id: ContactId) -> Email | None:
        answer = await self._of(country).call("GET", _contact(id))
        if answer.status in _GONE:
            return None
        answer.raise_for_refusal()
        return wire.contact(answer.json()).email

    def _of(self, country: Country) -> VendorHttp:
        self._workspace(country)
        return self._http[country]

    def _workspace(self, country: Country) -> Workspace:
        if country not in self.countries:
            raise GiveUp(f"{country} has no workspace at Intercom: set its app id, token and admin id first.")
        return self._workspaces[country]


async def _search(
    http: VendorHttp, path: str, queries: Iterable[wire.Body], name: str, read: Callable[[Any], Found]
) -> list[Found]:
    """Return what the queries find, each once, from all pages but at most 1,000 items."""
    found: dict[str, Found] = {}
    for query in queries:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            if len(found) >= MOST_ITEMS:
                break
            answer = await http.call("POST", path, json=wire.search(query, cursor))
            answer.raise_for_refusal()
            items, cursor = wire.page(answer.json(), name)
            found |= {it.id: it for it in map(read, items)}
            if cursor is None:
                break
    return list(found.values())[:MOST_ITEMS]


def _contact(id: ContactId) -> str:
    return f"/contacts/{quote(id, safe='')}"


@contextmanager
def _gone_for_good() -> Iterator[None]:
    try:
        yield
    except UnknownConversation:
        raise GiveUp("Intercom has no such conversation any more: nothing can be done to it.") from None
