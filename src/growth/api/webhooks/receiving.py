"""What the webhooks of vendors share that are handled before they are answered: the event, its answer, its failure."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog

from growth.api.errors import documented, problems
from growth.api.schemas import Output
from growth.api.strict_json import BadJson
from growth.api.webhooks.told import LONGEST_ID, Told
from growth.domain.kernel.errors import Fault, Invalid
from growth.domain.kernel.inbox import InboxEvent, Unreadable
from growth.domain.kernel.operating import Health

log = structlog.get_logger(__name__)


class NotAnEvent(Invalid):
    """The body is not an event of the sender's."""

    code = "not-an-event"


class Received(Output):
    received: bool = True


def described(body: str, signature: str) -> dict[str, Any]:
    """Return what OpenAPI says of a webhook's route: its body, and when a signature is refused."""
    content = {"application/json": {"schema": {"type": "object"}}}
    refusals: dict[int | str, dict[str, Any]] = {401: documented(signature, {})}
    return {
        "responses": refusals | problems(BadJson, NotAnEvent),
        "openapi_extra": {"requestBody": {"required": True, "description": body, "content": content}},
    }


def one_object(body: object) -> Told:
    if not isinstance(body, Mapping):
        raise NotAnEvent("Send one event as a JSON object.", Fault("", "not-an-object", "Write a JSON object."))
    return body


def label(body: Told, key: str) -> str:
    """Return a text that an event needs before it can be kept."""
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        fault = Fault(f"/{key}", "not-a-text", f"Write a text of 1 to {LONGEST_ID} characters.")
        raise NotAnEvent(f"An event has a text as its {key}.", fault)
    return value


def digest_id(body: bytes) -> str:
    """Return the id of an event that has none: what it says."""
    return f"sha256:{sha256(body).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Taking:
    """Handles an event, and keeps as failed what cannot be handled.

    `take`: reads and handles it. `resent`: what failed by a fault of ours is for the sender to send again; else it is
    for an operator to replay, and the sender hears that all is well.
    """

    take: Callable[[InboxEvent], Awaitable[None]]
    keep: Callable[[InboxEvent, str], Awaitable[None]]
    health: Health
    resent: bool

    async def __call__(self, event: InboxEvent) -> None:
        try:
            await self.take(event)
        except Unreadable as error:
            await self.keep(event, error.reason)  # and no more: sent again it would be the same
        except Exception as error:
            if self.health.lost(error):
                raise
            await self.keep(event, type(error).__name__)
            if self.resent:
                raise
            # Without its traceback, which may hold values of a row.
            log.error("webhook-event-kept-as-failed", source=event.source, error=type(error).__name__)  # noqa: TRY400
