"""A contract was signed."""

from dataclasses import dataclass

from growth.domain.conversations.business_rules.countries import PRACTICES
from growth.domain.conversations.entities.messages import to_close_signed
from growth.domain.conversations.ports.stores import ConversationsTx
from growth.domain.kernel.facts import ContractSigned
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId


@dataclass(frozen=True, slots=True)
class FollowingContracts:
    new_id: NewId

    async def when_signed(self, tx: ConversationsTx, fact: ContractSigned) -> None:
        """Have the signer's conversations closed, where the country does so."""
        contract = fact.contract
        practice = PRACTICES.get(contract.country_code)
        if practice is not None and practice.closes_signed:
            id_ = MessageId(self.new_id())
            await tx.outbox.add(to_close_signed(id_, contract.country_code, contract.ref, contract.user_id))
