"""Having sales told of what happened elsewhere, in the transaction in which it happened."""

from dataclasses import dataclass

from growth.domain.kernel.facts import ContractSigned
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId
from growth.domain.prospects.business_rules.requesting import contract_to_post
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class Posting:
    """The step, with what it needs beside its transaction."""

    new_id: NewId

    async def when_signed(self, tx: ProspectsTx, fact: ContractSigned) -> None:
        """Have the crew of the country told of the contract."""
        await tx.outbox.add(contract_to_post(fact.contract, MessageId(self.new_id())))
