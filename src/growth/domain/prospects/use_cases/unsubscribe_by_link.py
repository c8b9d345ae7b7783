"""Somebody followed the link in a mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.customers import token_digest
from growth.domain.prospects.entities.unsubscribing import Reader
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.tokens import UnsubscribeTokens
from growth.domain.prospects.steps.unsubscribing import Unsubscribing


@dataclass(frozen=True, slots=True)
class ReadUnsubscribeLink:
    """Return whose link it is, and change nothing: scanners of mails follow links. None: it is nobody's (any more)."""

    begin: Begin[ProspectsTx]
    tokens: UnsubscribeTokens

    async def __call__(self, token: str) -> Reader | None:
        async with self.begin() as tx:
            found = await tx.readers.behind(self.tokens.read(token), token_digest(token))
            return found[0] if found else None


@dataclass(frozen=True, slots=True)
class UnsubscribeByLink:
    """Unsubscribe whose link it is, and return them; again and again, it stays as it is. None: it is nobody's."""

    begin: Begin[ProspectsTx]
    tokens: UnsubscribeTokens
    unsubscribing: Unsubscribing

    async def __call__(self, token: str) -> Reader | None:
        async with self.begin() as tx:
            found = await tx.readers.behind(self.tokens.read(token), token_digest(token))
            await self._unsubscribe(tx, found)
            return found[0] if found else None

    async def _unsubscribe(self, tx: ProspectsTx, found: Sequence[Reader]) -> None:
        for reader in found:
            if reader.prospect_id is not None:
                await self.unsubscribing.prospect(tx, reader.prospect_id)
            elif reader.user_id is not None:
                await self.unsubscribing.user(tx, reader.user_id, await tx.now())
