"""The main application tells of a contract and of its invoices."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.accounts.business_rules import contract_after
from growth.domain.accounts.entities import ContractInvoice, ContractNews, UnknownContract, UserNotTold
from growth.domain.accounts.ports import AccountsTx
from growth.domain.kernel.arrivals import Arrival, meet
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.customers import Contract, User
from growth.domain.kernel.facts import ContractSigned, ContractTold, DiscountInvoiced
from growth.domain.kernel.ids import ContractRef, NewId, ProspectId
from growth.domain.kernel.month import Month
from growth.domain.kernel.person import Prospect, newcomer
from growth.domain.kernel.prospect_events import OURSELVES, EventName, ProspectEvent


@dataclass(frozen=True, slots=True)
class TellContract:
    """Keep what is told of a contract. The first time that it is signed is *the* signature: everybody acts on it.

    Raises `UserNotTold`, `ContractOfAnother`.
    """

    begin: Begin[AccountsTx]
    new_id: NewId

    async def __call__(self, ref: ContractRef, news: ContractNews) -> Contract:
        async with self.begin() as tx:
            user = await tx.users.get(news.user_id)
            if user is None:
                raise UserNotTold
            known = await tx.contracts.lock_or_add(contract_after(ref, None, news))
            contract = contract_after(ref, known, news)
            await tx.contracts.save(contract)
            if known is None:
                await tx.facts.tell(ContractTold(contract))
            if contract.signed_at and not (known and known.signed_at):
                await self._signed(tx, user, contract, await tx.now())
            return contract

    async def _signed(self, tx: AccountsTx, user: User, contract: Contract, now: datetime) -> None:
        signed_at = contract.signed_at or now
        signature = f"contract:{contract.ref}"
        prospect = await self._prospect(tx, user, Arrival(user.email, None, signed_at, (OURSELVES, signature)), now)
        if prospect:
            await tx.events.add([self._event(prospect, contract, signature, now)])
        await tx.facts.tell(ContractSigned(contract))

    def _event(self, prospect: Prospect, contract: Contract, signature: str, now: datetime) -> ProspectEvent:
        return ProspectEvent(
            id=self.new_id(),
            prospect_id=prospect.id,
            event_name=EventName.FLOW_CONTRACT_SIGNED,
            country_code=contract.country_code,
            persona_type=None,
            marketing_parameters=None,
            properties={"contract_id": contract.ref},
            occurred_at=contract.signed_at or now,
            received_at=now,
            caller=OURSELVES,
            message_id=signature,
        )

    async def _prospect(self, tx: AccountsTx, user: User, arrival: Arrival, now: datetime) -> Prospect | None:
        """Return the signer; None: he was erased as a prospect after he had signed, and stays a customer only."""
        first, _, last = (user.full_name or "").partition(" ")
        names = first or None, last or None
        fresh = newcomer(ProspectId(self.new_id()), user.email, user.country_code, now, names)
        return (await meet(tx, [(fresh, arrival)], now)).people.get(user.email)


@dataclass(frozen=True, slots=True)
class TellInvoice:
    """Keep whether the free month was on a contract's invoice; everybody acts on it. Raises `UnknownContract`."""

    begin: Begin[AccountsTx]

    async def __call__(self, ref: ContractRef, month: Month, *, discount_applied: bool) -> ContractInvoice:
        async with self.begin() as tx:
            if await tx.contracts.get(ref) is None:
                raise UnknownContract
            invoice = ContractInvoice(ref, month, discount_applied, await tx.now())
            await tx.contracts.put_invoice(invoice)
            if discount_applied:
                await tx.facts.tell(DiscountInvoiced(ref, month))
            return invoice
