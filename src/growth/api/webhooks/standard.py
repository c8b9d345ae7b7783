"""One event as a Standard Webhook brings it: verified, read, and named."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from growth.api.strict_json import parse, written_out
from growth.api.webhooks.receiving import label, one_object
from growth.api.webhooks.signatures import verify_standard
from growth.api.webhooks.told import Told


@dataclass(frozen=True, slots=True)
class StandardEvent:
    """`id` is the sender's `webhook-id`: the same one is the same delivery, for ever. `told`: the whole body."""

    id: str
    type: str
    told: Told


async def standard_event(request: Request, secrets: Sequence[str]) -> StandardEvent:
    """Return what was sent. Raises the refusal of its signature, `BadJson` and `NotAnEvent`."""
    body = await request.body()
    verify_standard(body, request.headers, secrets)
    told = one_object(parse(written_out(body)))
    return StandardEvent(request.headers["webhook-id"], label(told, "type"), told)
