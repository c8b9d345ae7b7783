"""The mailer port over Customer.io's Track API, version 1 for one person and version 2 for several.

Prospects are known there by our id: it tells nobody anything in logs on the way, it holds while an address changes, and
the webhook gives it back. The address is an attribute, by which the vendor knows people as well, and no two profiles
can have one: where the main application has brought a user in under an id of its own, what we tell of a prospect with
the same address is accepted (200) and not applied. Whoever has to be reached in any case, to stop mails or to be
forgotten, is therefore named by all addresses, too.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

from growth.adapters.customerio import wire
from growth.adapters.vendor_http import VendorHttp
from growth.domain.kernel.messages import GiveUp
from growth.domain.prospects.ports.mailer import Recipient

_JSON: Final = {"Content-Type": "application/json"}
_TRIES: Final = 2


def credentials(site_id: str, api_key: str) -> dict[str, str]:
    """Return the header of every call."""
    token = base64.b64encode(f"{site_id}:{api_key}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


class CustomerioMailer:
    """Speaks for one workspace. The vendor publishes 1,000 requests a second; the workers have 8 under way."""

    def __init__(self, http: VendorHttp) -> None:
        self._http = http

    async def identify(self, whom: Recipient, attributes: Mapping[str, object], *, only_known: bool = False) -> None:
        update = {"_update": True} if only_known else {}
        await self._send("PUT", wire.path_of(whom), wire.attributes(attributes) | update)

    async def track(
        self, whom: Recipient, name: str, attributes: Mapping[str, object], at: datetime, event_id: UUID | str
    ) -> None:
        await self._send("POST", wire.path_of(whom, "events"), wire.event(name, attributes, at, event_id))

    async def delete(self, whom: Recipient) -> None:
        """Delete a person, who is there again as soon as she is identified; `suppress` is for good."""
        await self._send("DELETE", wire.path_of(whom), {})

    async def suppress(self, people: Sequence[Recipient]) -> None:
        """Delete people for good: nothing is kept under these ids and addresses from then on."""
        await self._batch([wire.operation("suppress", whom) for whom in people])

    async def unsuppress(self, people: Sequence[Recipient]) -> None:
        await self._batch([wire.operation("unsuppress", whom) for whom in people])

    async def _send(self, method: str, path: str, body: Mapping[str, object]) -> None:
        answer = await self._http.call(method, path, content=wire.content(body), headers=_JSON)
        answer.raise_for_refusal()

    async def _batch(self, operations: Sequence[wire.Operation]) -> None:
        """Send operations; those that are refused, and only those, are sent once more."""
        refused: list[wire.Refusal] = []
        left = operations
        for _ in range(_TRIES):
            refused = [each for part in wire.batches(left) for each in await self._batched(part)]
            left = [it.operation for it in refused]
            if not left:
                return
        reasons = ", ".join(sorted({it.reason for it in refused}))
        raise GiveUp(f"Customer.io refused {len(left)} of {len(operations)} operations: {reasons}.")

    async def _batched(self, part: Sequence[wire.Operation]) -> list[wire.Refusal]:
        answer = await self._http.call("POST", "/api/v2/batch", content=wire.content({"batch": part}), headers=_JSON)
        answer.raise_for_refusal()
        return wire.refusals(answer.json(), part) if answer.status == HTTPStatus.MULTI_STATUS else []
