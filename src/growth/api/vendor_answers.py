"""Routes that ask a vendor while the caller waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from growth.api.errors import Refused, documented
from growth.domain.kernel.messages import GiveUp, TryLater

log = structlog.get_logger(__name__)
_RETRY_AFTER = 30  # seconds


@contextmanager
def asking(vendor: str) -> Iterator[None]:
    """Refuse with 503 when the vendor does not answer as it should."""
    try:
        yield
    except (TryLater, GiveUp) as failure:
        log.warning("vendor-unavailable", vendor=vendor, error=str(failure))
        detail = f"This cannot be done now, for {vendor} does not answer as it should: try again later."
        headers = {"Retry-After": str(_RETRY_AFTER)}
        raise Refused(503, f"{vendor.lower()}-unavailable", detail, headers=headers) from None


def away(vendor: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of it."""
    return {503: documented(f"{vendor} does not answer as it should.", {})}
