"""The one room for signatures of webhooks that come in, over the raw bytes of the body and before anybody parses them.

Every check returns nothing or raises `Refused` (401), whatever the headers hold. Time is real time: the sender's clock
does not follow the clock that tests move.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from growth.api.errors import Refused

BAD_SIGNATURE = "bad-signature"
TOLERANCE = 300  # seconds that a stamp may be old, or ahead of our clock
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")  # one way only to write a stamp: it is part of what is signed
_FOR_EVER = "The signature is missing or does not fit the body: sign the raw body with this endpoint's secret."
_AT_ONCE = (
    "The signature is missing, does not fit the body, or was not made just now: sign the raw body with this "
    f"endpoint's secret and send it within {TOLERANCE} seconds."
)


def verify_stripe(body: bytes, header: str | None, secrets: Sequence[str], now: float | None = None) -> None:
    """Check `Stripe-Signature`: `t=<seconds>,v1=<hex>[,v1=<hex>]`; other schemes do not count, any v1 may fit.

    `secrets`: those of the endpoint, several while one is rotated. `now`: seconds since 1970, real time when not given.
    """
    parts = [part.partition("=") for part in (header or "").split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    if len(stamps) != 1:
        raise _refusal()
    stamp = _fresh(stamps[0], now)
    signed = stamp.encode() + b"." + body
    _match(
        expected=[hmac.digest(secret.encode(), signed, hashlib.sha256).hex() for secret in secrets if secret.strip()],
        given=[value for name, _, value in parts if name == "v1"],
    )


def verify_standard(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: float | None = None) -> None:
    """Check a body signed as Standard Webhooks say. `headers`: names in lower case, or a mapping that ignores case.

    The library signs, and its text is compared: its own `verify` reads the clock by itself, forgives letters in base64
    that do not belong there, and lets an id with a dot shift the border between id, time and body.
    """
    message_id = headers.get("webhook-id") or ""
    if not message_id or "." in message_id:
        raise _refusal()
    signed_at = datetime.fromtimestamp(int(_fresh(headers.get("webhook-timestamp") or "", now)), UTC)
    _match(
        expected=[text for secret in secrets for text in _standard(secret, message_id, signed_at, body)],
        given=(headers.get("webhook-signature") or "").split(" "),
    )


def verify_customerio(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Check `X-CIO-Timestamp` and `X-CIO-Signature`: lower-case hex, perhaps after `v0=`.

    A stamp may be of any time: a delivery is sent again for seven days, and nobody says that it is stamped anew. Who
    hears one twice knows it by its id.
    """
    stamp = headers.get("x-cio-timestamp") or ""
    if not _SECONDS.fullmatch(stamp):
        raise _refusal(_FOR_EVER)
    signed = b"v0:" + stamp.encode() + b":" + body
    _match(
        expected=[hmac.digest(secret.encode(), signed, hashlib.sha256).hex() for secret in secrets if secret.strip()],
        given=[(headers.get("x-cio-signature") or "").removeprefix("v0=")],
        advice=_FOR_EVER,
    )


def verify_intercom(body: bytes, header: str | None, secrets: Sequence[str]) -> None:
    """Check `X-Hub-Signature`: `sha1=<hex>`, in lower case.

    Nothing in it tells of when: who hears a delivery twice knows it by its id.
    """
    digests = [hmac.digest(secret.encode(), body, hashlib.sha1).hex() for secret in secrets if secret.strip()]
    _match(expected=[f"sha1={digest}" for digest in digests], given=[header or ""], advice=_FOR_EVER)


def _standard(secret: str, message_id: str, signed_at: datetime, body: bytes) -> Iterable[str]:
    try:
        yield Webhook(secret).sign(message_id, signed_at, body.decode())
    except Exception:  # noqa: BLE001 - a secret or body of another kind: what the library raises is not all its own
        return


def _fresh(stamp: str, now: float | None) -> str:
    """Return the stamp of a signature that is neither old nor ahead."""
    real = time.time() if now is None else now
    if not _SECONDS.fullmatch(stamp) or abs(real - int(stamp)) > TOLERANCE:
        raise _refusal()
    return stamp


def _match(*, expected: Iterable[str], given: Sequence[str], advice: str = _AT_ONCE) -> None:
    # Bytes: `compare_digest` raises on text beyond ASCII. All of them: the time tells nothing.
    pairs = [(ours.encode(), theirs.encode(errors="replace")) for ours in expected for theirs in given]
    if not sum(hmac.compare_digest(ours, theirs) for ours, theirs in pairs):
        raise _refusal(advice)


def _refusal(advice: str = _AT_ONCE) -> Refused:
    return Refused(401, BAD_SIGNATURE, advice)
