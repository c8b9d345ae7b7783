"""The speech port over the neutral contract: `POST /calls`, `DELETE /calls/{call_id}`, Bearer, and a callback."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.campaigns.entities.calls import CallId
from growth.domain.campaigns.entities.speech import SpeechOrder
from growth.domain.kernel.messages import OutcomeUnknown, TryLater

_LONGEST_JOB_ID: Final = 255
_HTTPS: Final = 443

IsPublic = Callable[[str, int], Awaitable[bool]]
"""Whether all addresses of a host are public. Raises `OSError` where the name is unknown."""


def credentials(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class NeutralSpeech:
    """`callback`: where the vendor tells its analyses; `is_public` None: whatever is told may be fetched."""

    def __init__(self, http: VendorHttp, callback: str, is_public: IsPublic | None = None) -> None:
        self._http = http
        self._callback = callback
        self._is_public = is_public

    async def may_fetch(self, url: str) -> bool:
        if self._is_public is None:
            return True
        parts = urlsplit(url)
        try:
            return await self._is_public(parts.hostname or "", parts.port or _HTTPS)
        except (OSError, UnicodeError):
            raise TryLater("The host of a recording has no address: look at what the dialer tells.") from None

    async def send(self, order: SpeechOrder, send_by: float) -> str | None:
        headers = {"Idempotency-Key": str(order.call_id)}
        body = body_of(order, self._callback)
        answer = await self._http.call("POST", "/calls", json=body, headers=headers, send_by=send_by)
        if answer.status != HTTPStatus.CONFLICT:  # the vendor has the call already
            answer.raise_for_refusal()
        return _job_id(answer)

    async def delete(self, call: CallId) -> None:
        answer = await self._http.call("DELETE", f"/calls/{call}")
        if answer.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            answer.raise_for_refusal()


def body_of(order: SpeechOrder, callback: str) -> dict[str, Any]:
    """Return what is sent: fields that are not known are left out."""
    return _known(
        {
            "call_id": str(order.call_id),
            "external_ref": f"lead:{order.lead_id}",
            "campaign_type": order.campaign_type,
            "direction": "outbound",
            "language": order.language,
            "started_at": _instant(order.started_at),
            "duration_s": order.duration_s,
            "agent": _known({"id": order.agent_id, "team": order.team}),
            "outcome": _known({"code": order.wrapup_name, "status": order.wrapup}),
            "recording": _known(
                {
                    "url": order.url,
                    "content_type": order.content_type,
                    "channels": order.channels,
                    "expires_at": _instant(order.expires_at) if order.expires_at else None,
                }
            ),
            "callback": {"url": callback, "format": "standard-webhooks"},
        }
    )


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != {}}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _job_id(answer: Answer) -> str | None:
    """Return the vendor's name for the job. That it took the call is said by the status; a name is not needed."""
    try:
        told = answer.json()
    except OutcomeUnknown:
        return None
    name = told.get("id") if isinstance(told, Mapping) else None
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST_JOB_ID and "\0" not in name else None
