"""What partners hear by webhook: one message for each event and subscriber."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from growth.domain.kernel.messages import Message, MessageId


@dataclass(frozen=True, slots=True)
class PartnerEvent:
    """Something that happened. `about`: whom or what; a subscriber hears of the same one in order."""

    type: str
    about: str
    at: datetime
    data: Mapping[str, object]


def event_to_publish(event: PartnerEvent, subscriber: str, id: MessageId) -> Message:
    """Return the message that has a subscriber told of an event; it waits for no other subscriber."""
    at = event.at.isoformat().replace("+00:00", "Z")
    return Message(
        id=id,
        vendor=f"partner.{subscriber}",
        kind="partner.event",
        subject=f"{event.about}:{subscriber}",
        payload={"subscriber": subscriber, "body": {"type": event.type, "timestamp": at, "data": event.data}},
    )
