"""Facts of one context on which others act in the same transaction, so that both are true or neither.

What may happen later is a message instead (`messages.py`). Who acts on which fact stands in `container/referrals.py`.
"""

from dataclasses import dataclass
from typing import Protocol

from growth.domain.kernel.customers import Contract, User
from growth.domain.kernel.ids import ContractRef, ProspectId
from growth.domain.kernel.month import Month


@dataclass(frozen=True, slots=True)
class UserTold:
    """The main application told of a user, new or changed."""

    user: User


@dataclass(frozen=True, slots=True)
class ContractTold:
    """The main application told of a contract for the first time; its user and its country never change."""

    contract: Contract


@dataclass(frozen=True, slots=True)
class ContractSigned:
    """A contract is known to be signed; told once for each contract."""

    contract: Contract


@dataclass(frozen=True, slots=True)
class DiscountInvoiced:
    """The free month of a contract was seen on its invoice."""

    contract_ref: ContractRef
    month: Month


@dataclass(frozen=True, slots=True)
class PersonBack:
    """Somebody who was erased came back, by an act of her own."""

    prospect_id: ProspectId


Fact = UserTold | ContractTold | ContractSigned | DiscountInvoiced | PersonBack


class Facts(Protocol):
    async def tell(self, fact: Fact) -> None:
        """Have everybody who acts on facts of this kind act on it, in this transaction."""
        ...
