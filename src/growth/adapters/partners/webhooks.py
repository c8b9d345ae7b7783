"""The partners port by Standard Webhooks 1.0.0: signed POSTs that a receiver knows again by their `webhook-id`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import httpx2
from standardwebhooks import Webhook

from growth.adapters.partners.public_addresses import PublicOnly, Resolve, resolved
from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.kernel.messages import GiveUp, TryLater

# A receiver that is being deployed or set up answers with these.
_MENDABLE: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class _Endpoint:
    http: VendorHttp
    target: str  # path and query
    secrets: Sequence[str] = field(repr=False)


class StandardWebhooks:
    """Tells the subscribers of `urls`, each with its own `secrets`. `public_only`: none that DNS leads inside."""

    def __init__(
        self,
        urls: Mapping[str, str],
        secrets: Mapping[str, Sequence[str]],
        *,
        public_only: bool,
        resolve: Resolve = resolved,
    ) -> None:
        self._endpoints: dict[str, _Endpoint] = {}
        for name, raw in urls.items():
            url = httpx2.URL(raw)
            http = VendorHttp(
                str(url.copy_with(raw_path=b"/", fragment=None)),
                {"User-Agent": "growth-webhooks"},
                status_only=True,
                transport=PublicOnly(resolve=resolve) if public_only else None,
            )
            self._endpoints[name] = _Endpoint(http, url.raw_path.decode("ascii"), secrets[name])

    async def close(self) -> None:
        for endpoint in self._endpoints.values():
            await endpoint.http.close()

    def subscribers(self, partner: str | None) -> Sequence[str]:
        return [name for name in dict.fromkeys((partner, "*")) if name in self._endpoints and name is not None]

    async def send(self, subscriber: str, event_id: str, body: Mapping[str, object]) -> None:
        endpoint = self._endpoints.get(subscriber)
        if endpoint is None:
            raise GiveUp(f"{subscriber} has no webhook any more: set one and send this again, or leave it.")
        content = json.dumps(body, separators=(",", ":"), sort_keys=True)
        headers = signed(endpoint.secrets, event_id, datetime.now(UTC), content)
        headers["content-type"] = "application/json"
        answer = await endpoint.http.call("POST", endpoint.target, content=content, headers=headers)
        _raise_for_refusal(subscriber, answer)


def signed(secrets: Sequence[str], event_id: str, at: datetime, content: str) -> dict[str, str]:
    """Return the three headers. While a secret is rotated there is a signature for each: the receiver has one of them.

    `at` is in UTC, for the library takes the wall-clock time of any other zone for UTC.
    """
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, at, content) for secret in secrets),
    }


def _raise_for_refusal(subscriber: str, answer: Answer) -> None:
    if answer.status == HTTPStatus.GONE:
        raise GiveUp(
            f"{answer.host} wants no more events (410): remove the webhook of {subscriber}, or set its new URL and "
            "send this again."
        )
    if answer.status in _MENDABLE:
        raise TryLater(
            f"{answer.host} does not let us in ({answer.status}): check {subscriber}'s webhook, its URL and secret."
        )
    answer.raise_for_refusal()
