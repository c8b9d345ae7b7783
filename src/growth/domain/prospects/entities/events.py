"""Events as callers tell them, and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault, Forbidden, GrowthError, Invalid
from growth.domain.kernel.person import Email
from growth.domain.kernel.prospect_events import EventName, PersonaType


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNews:
    """What somebody tells of a person.

    `marketing_parameters` are cleaned. Without a `message_id` it is a new event each time it is told.
    """

    event_name: EventName
    email: Email
    caller: str
    phone: str | None = None
    country_code: Country | None = None
    persona_type: PersonaType | None = None
    marketing_parameters: Mapping[str, object] | None = None
    properties: Mapping[str, object]
    message_id: str | None = None
    occurred_at: datetime | None = None


class BadEvent(Invalid):
    """The event lacks something that its kind has, or has something that its kind has not."""

    code = "bad-event"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("The event does not fit its kind: see `errors`.", *faults)


class EventFromTheFuture(Invalid):
    """The event is said to happen more than a day from now."""

    code = "event-from-the-future"

    def __init__(self) -> None:
        text = "Send `occurred_at` as the time when it happened, at most 24 hours ahead, or leave it out."
        super().__init__(text, Fault("/occurred_at", "in-the-future", text))


class NotForBrowsers(Forbidden):
    """A publishable key may tell only what happens in a browser."""

    code = "event-not-for-browsers"

    def __init__(self) -> None:
        super().__init__("Send this kind of event from a server, with a key of the role service.")


class Told(StrEnum):
    """What became of an event; callers get the same answer for both, so that nobody learns whom we know."""

    KEPT = "kept"  # now, or when it was told before
    OF_NOBODY = "of_nobody"  # its kind makes no prospect, and nobody has the address


Outcome = Told | GrowthError
