"""What the metrics tell beside counters: how much waits for each vendor, asked when somebody reads them."""

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from starlette.responses import Response

from growth.domain.campaigns.entities.drifts import Measure
from growth.domain.campaigns.ports.models import Drifts
from growth.domain.kernel.messages import MessageViews
from growth.domain.kernel.operating import Health

_UP = Gauge("growth_database_up", "1 when the database answers.")
_PENDING = Gauge("growth_messages_pending", "Messages that wait.", ["vendor"])
_OLDEST = Gauge("growth_messages_oldest_seconds", "For how long the oldest waiting message has been due.", ["vendor"])
_DEAD = Gauge("growth_messages_dead", "Messages that were given up; each wants an operator.", ["vendor"])
_OPEN = Gauge("growth_vendor_breaker_open", "1 while a vendor's circuit breaker is open.", ["vendor"])


_DRIFT = Gauge(
    "growth_scoring_input_drift", "Stability index of a column of leads; above 0.25 much changed.", ["column"]
)
_CALIBRATION = Gauge(
    "growth_scoring_calibration", "Appointments that came by those that a live model expected; 1 is right.", ["model"]
)


async def read(views: MessageViews, drifts: Drifts, health: Health) -> Response:
    """Return all metrics of this process in Prometheus' text format; without a database, those that need none."""
    try:
        for it in await views.backlog():
            _PENDING.labels(it.vendor).set(it.pending)
            _OLDEST.labels(it.vendor).set(it.oldest_seconds)
            _DEAD.labels(it.vendor).set(it.dead)
            _OPEN.labels(it.vendor).set(it.breaker_open)
        for gauge in (_DRIFT, _CALIBRATION):
            gauge.clear()
        for drift in await drifts.list():
            (_DRIFT if drift.measure is Measure.INPUT else _CALIBRATION).labels(drift.of[:12]).set(drift.value)
        _UP.set(1)
    except Exception as error:
        if not health.lost(error):
            raise
        _UP.set(0)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})
