"""Delivering what is to be done at the helpdesk."""

from dataclasses import dataclass

from growth.domain.conversations.entities.messages import conversation_of
from growth.domain.conversations.ports.helpdesk import Helpdesk
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class LeaveNote:
    """The helpdesk knows no idempotency keys: a note is looked for first unless nobody had it in hand before.

    The number of attempts would not do: that of a worker who died in the middle is not counted.
    """

    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        html, reference = str(delivery.message.payload["html"]), delivery.message.id.hex
        await self.helpdesk.note(*conversation_of(delivery.message), html, reference, again=delivery.lease > 1)


@dataclass(frozen=True, slots=True)
class CloseConversation:
    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        await self.helpdesk.close(*conversation_of(delivery.message))


@dataclass(frozen=True, slots=True)
class ReopenConversation:
    helpdesk: Helpdesk

    async def __call__(self, delivery: Delivery) -> None:
        await self.helpdesk.reopen(*conversation_of(delivery.message))
