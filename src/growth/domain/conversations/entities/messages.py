"""The messages out of conversations. Those of one conversation are delivered in the order they were written."""

from growth.domain.conversations.entities.conversations import ConversationId
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ContractRef, ProspectId, UserId
from growth.domain.kernel.messages import Message, MessageId


def to_detect(id: MessageId, country: Country, conversation: ConversationId, whose: ProspectId) -> Message:
    """Have duplicates of a conversation looked for."""
    return _about(id, "conversation.detect", country, conversation, prospect_id=str(whose))


def to_note(id: MessageId, country: Country, conversation: ConversationId, html: str) -> Message:
    return _about(id, "conversation.note", country, conversation, html=html)


def to_close(id: MessageId, country: Country, conversation: ConversationId) -> Message:
    return _about(id, "conversation.close", country, conversation)


def to_reopen(id: MessageId, country: Country, conversation: ConversationId) -> Message:
    return _about(id, "conversation.reopen", country, conversation)


def to_close_signed(id: MessageId, country: Country, contract: ContractRef, user: UserId) -> Message:
    """Have the open conversations of somebody who signed a contract closed."""
    payload = {"country_code": country, "contract_ref": contract, "user_id": user}
    return Message(id, _vendor(country), "conversation.close_signed", f"contract:{contract}", payload)


def conversation_of(message: Message) -> tuple[Country, ConversationId]:
    """Return which conversation a message is about, of any kind but the one of a signed contract."""
    told = message.payload
    return Country(str(told["country_code"])), ConversationId(str(told["conversation_id"]))


def _about(id: MessageId, kind: str, country: Country, conversation: ConversationId, **more: str) -> Message:
    payload = {"country_code": country, "conversation_id": conversation, **more}
    return Message(id, _vendor(country), kind, f"conversation:{country}:{conversation}", payload)


def _vendor(country: Country) -> str:
    """Return the name of a workspace: each has credentials and limits of its own."""
    return f"intercom-{country.lower()}"
