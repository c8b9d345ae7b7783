"""Somebody does not want commercial mails any more."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.prospects.business_rules.unsubscribing import address_of, opened_by
from growth.domain.prospects.entities.unsubscribing import TargetType
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.ports.tokens import UnsubscribeTokens
from growth.domain.prospects.steps.unsubscribing import Unsubscribing


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Unsubscribe whoever has this address and this token; True also when that was so already.

    No address, an unknown one and a wrong token take the same statements and the same hashing, so that nobody learns
    which addresses we hold. More is done for the right token only, whose holder knows.
    """

    begin: Begin[ProspectsTx]
    tokens: UnsubscribeTokens
    unsubscribing: Unsubscribing

    async def __call__(self, email: str, token: str, target: TargetType) -> bool:
        unsubscribe = self._user if target is TargetType.USER else self._prospect
        async with self.begin() as tx:
            return await unsubscribe(tx, email, token)

    async def _prospect(self, tx: ProspectsTx, email: str, token: str) -> bool:
        claimed = self.tokens.read(token)
        known = await tx.readers.prospect(address_of(email))
        if known is None or known != claimed:
            return False
        await self.unsubscribing.prospect(tx, known.prospect_id)
        return True

    async def _user(self, tx: ProspectsTx, email: str, token: str) -> bool:
        users = opened_by(token, await tx.readers.users(address_of(email)))
        if not users:
            return False
        now = await tx.now()
        for user in sorted(users):
            await self.unsubscribing.user(tx, user, now)
        return True
