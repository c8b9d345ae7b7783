"""The alarm when a vendor does not forget somebody: an error in the log, and a metric."""

import structlog
from prometheus_client import Counter

from growth.domain.privacy.entities import ErasureId

log = structlog.get_logger(__name__)
_ALARMS = Counter(
    "growth_erasure_alarms_total", "Vendors that did not forget somebody; each wants an operator.", ["vendor"]
)


def erasure_alarm(id: ErasureId, vendor: str) -> None:
    """Tell operators which erasure is stuck at which vendor; whom it is about, nobody can tell."""
    _ALARMS.labels(vendor).inc()
    log.error("erasure-alarmed", erasure=str(id), vendor=vendor)
