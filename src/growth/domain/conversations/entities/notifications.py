"""What the helpdesk notifies us of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.conversations.entities.conversations import Conversation
from growth.domain.kernel.country import Country


class Replier(StrEnum):
    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification. `country`: its workspace's; None is one that is none of ours.

    `replier`: who wrote, None where nobody did. `conversation`: None where it is about something else. `whole`: whether
    the conversation was told with all that there is to know; else the helpdesk can be asked for the rest.
    """

    country: Country | None
    replier: Replier | None
    conversation: Conversation | None
    whole: bool
    at: datetime | None
