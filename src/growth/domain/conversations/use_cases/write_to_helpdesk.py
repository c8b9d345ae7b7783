"""Delivering what is to be done at the helpdesk."""

from dataclasses import dataclass

from growth.domain.conversations.entities.conversations import ConversationId
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.kernel.country import Country
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class LeaveNote:
    """The helpdesk knows no idempotency keys: a note is looked for first unless nobody had it in hand before.

    The number of attempts would not do: that of a worker who died in the middle is not counted.
    """

    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        html, reference = str(delivery.message.payload["html"]), delivery.message.id.hex
        await self.helpdesk.note(*_which(delivery), html, reference, again=delivery.lease > 1)


@dataclass(frozen=True, slots=True)
class CloseConversation:
    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        await self.helpdesk.close(*_which(delivery))


@dataclass(frozen=True, slots=True)
class ReopenConversation:
    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        await self.helpdesk.reopen(*_which(delivery))


def _which(delivery: Delivery) -> tuple[Country, ConversationId]:
    told = delivery.message.payload
    return Country(str(told["country_code"])), ConversationId(str(told["conversation_id"]))
