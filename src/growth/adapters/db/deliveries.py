"""The queue: `message` rows claimed with SKIP LOCKED under a fenced lease, and one circuit breaker per vendor.

What is due is judged by the domain's clock, which tests move; leases and breakers by the database's real one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Executable, Update, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.tables.messages import messages
from growth.adapters.db.types import Json
from growth.domain.kernel.messages import Delivery, Message, MessageState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms messages are handed out. A vendor's breaker opens on `failed_share` of `fewest` within `window`."""

    lease: timedelta = timedelta(seconds=15)
    window: timedelta = timedelta(minutes=5)
    fewest: int = 10
    failed_share: float = 0.7
    # A little more than the half minute that two a minute would allow: probes travel for different times.
    probe_every: timedelta = timedelta(seconds=35)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery for this worker. `probe`: the breaker is open, this one tries whether the vendor is well."""

    delivery: Delivery
    probe: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery.

    `name` for metrics; `wait` until the next attempt; `vendor_well` None tells the breaker nothing;
    `vendor_pause`: for so long the vendor wants to hear nothing.
    """

    name: str
    state: MessageState
    error: str | None = None
    wait: timedelta | None = None
    counted: bool = True
    vendor_well: bool | None = None
    vendor_pause: timedelta | None = None


class SqlDeliveries:
    """Hands messages to one worker and writes down what became of them, if they are still its own."""

    def __init__(self, engine: AsyncEngine, clock: DatabaseClock, worker: str, terms: Terms) -> None:
        self._engine = engine
        self._clock = clock
        self._worker = worker
        self._terms = terms

    async def expire(self) -> Sequence[str]:
        """Close what nobody may send any more; return the vendor of each."""
        async with self._engine.begin() as connection:
            now = await self._clock.now_on(connection)
            return list((await connection.execute(_EXPIRE, {"now": now})).scalars())

    async def claim(self, places: Mapping[str, int], otherwise: int) -> list[Claim]:
        """Take what is due, at most `places` of each vendor, `otherwise` of a vendor that is not named there."""
        async with self._engine.begin() as connection:
            values = {
                "now": await self._clock.now_on(connection),
                "places": json.dumps(places),
                "otherwise": otherwise,
                "worker": self._worker,
                "lease": self._terms.lease,
                "probe_every": self._terms.probe_every,
            }
            rows = (await connection.execute(_CLAIM, values)).all()
        return [
            Claim(Delivery(Message(*row[:7]), row.attempts + 1, row.lease), row.probe)
            for row in sorted(rows, key=lambda row: row.position)
        ]

    async def renew(self, claims: Iterable[Claim]) -> None:
        """Make the leases of these as long as new ones; those that were lost stay lost."""
        await self._write(_RENEW, claims, lease=self._terms.lease)

    async def give_back(self, claims: Iterable[Claim]) -> None:
        """Let others take these at once."""
        await self._write(_GIVE_BACK, claims)

    async def _write(self, query: Executable, claims: Iterable[Claim], **values: object) -> None:
        held = [(claim.delivery.message.id, claim.delivery.lease) for claim in claims]
        if held:
            ids, leases = zip(*held, strict=True)
            async with self._engine.begin() as connection:
                await connection.execute(query, {"ids": list(ids), "leases": list(leases), **values})

    async def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Write the outcome; False, and nothing of the message written, when its lease was lost."""
        async with self._engine.begin() as connection:
            now = await self._clock.now_on(connection)
            kept = (await connection.execute(_settled(claim.delivery, outcome, now))).rowcount == 1
            await self._tell_breaker(connection, claim, outcome)
            return kept

    async def _tell_breaker(self, connection: AsyncConnection, claim: Claim, outcome: Outcome) -> None:
        """Count the attempt, also one whose lease was lost: the vendor felt it. Locks attempts before the breaker."""
        vendor: dict[str, object] = {"vendor": claim.delivery.message.vendor}
        if outcome.vendor_well and claim.probe:
            await connection.execute(_FORGET, vendor)
            await connection.execute(_CLOSE, vendor)
            await connection.execute(_HURRY, vendor | {"now": await self._clock.now_on(connection)})
            log.info("breaker-closed", vendor=claim.delivery.message.vendor)
        elif outcome.vendor_well is not None:
            failed = int(not outcome.vendor_well)
            await connection.execute(_COUNT, vendor | {"succeeded": 1 - failed, "failed": failed})
            if failed and (await connection.execute(_OPEN, vendor | self._threshold())).first():
                log.error("breaker-opened", vendor=claim.delivery.message.vendor)
        if outcome.vendor_pause is not None:
            await connection.execute(_PAUSE, vendor | {"pause": outcome.vendor_pause})

    def _threshold(self) -> dict[str, object]:
        terms = self._terms
        return {
            "window": terms.window,
            "fewest": terms.fewest,
            "failed_share": terms.failed_share,
            "probe_every": terms.probe_every,
        }


def _settled(delivery: Delivery, outcome: Outcome, now: datetime) -> Update:
    values: dict[str, object] = {
        "state": outcome.state,
        "last_error": outcome.error,
        "attempts": messages.c.attempts + int(outcome.counted),
        "leased_until": None,
        "leased_by": None,
    }
    if outcome.wait is not None:
        values["due_at"] = now + outcome.wait
    if outcome.state is not MessageState.PENDING:
        values["done_at"] = now
    still_ours = (messages.c.id == delivery.message.id, messages.c.lease == delivery.lease)
    return update(messages).where(*still_ours, messages.c.leased_until.is_not(None)).values(values)


_EXPIRE = text("""
    UPDATE message SET state = 'expired', done_at = :now, leased_until = NULL, leased_by = NULL
    WHERE id IN (
        SELECT id FROM message
        WHERE state = 'pending' AND not_after <= :now
          AND (leased_until IS NULL OR leased_until <= clock_timestamp())
        FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING vendor
""")

# The vendors are found by jumping from one to the next along the index, however much is pending.
_CLAIM = text("""
    WITH RECURSIVE named (vendor) AS (
        (SELECT vendor FROM message WHERE state = 'pending' ORDER BY vendor LIMIT 1)
        UNION ALL
        SELECT (SELECT m.vendor FROM message m WHERE m.state = 'pending' AND m.vendor > named.vendor
                ORDER BY m.vendor LIMIT 1)
        FROM named WHERE named.vendor IS NOT NULL
    ), probing AS MATERIALIZED (
        SELECT vendor FROM vendor_breaker WHERE opened_at IS NOT NULL AND quiet_until <= clock_timestamp()
        FOR NO KEY UPDATE SKIP LOCKED
    ), allowed AS (
        SELECT named.vendor, probing.vendor IS NOT NULL AS probe,
            CASE WHEN probing.vendor IS NOT NULL THEN least(free, 1)
                 WHEN b.opened_at IS NULL AND coalesce(b.quiet_until <= clock_timestamp(), true) THEN free
                 ELSE 0 END AS places
        FROM named
        LEFT JOIN vendor_breaker b USING (vendor)
        LEFT JOIN probing USING (vendor),
        LATERAL (SELECT coalesce((CAST(:places AS jsonb) ->> named.vendor)::int, :otherwise) AS free) f
        WHERE named.vendor IS NOT NULL
    ), picked AS MATERIALIZED (
        SELECT due.id, allowed.vendor, allowed.probe FROM allowed CROSS JOIN LATERAL (
            SELECT m.id FROM message m
            WHERE m.state = 'pending' AND m.vendor = allowed.vendor AND m.due_at <= :now
              AND (m.not_after IS NULL OR m.not_after > :now)
              AND (m.leased_until IS NULL OR m.leased_until <= clock_timestamp())
              AND NOT EXISTS (
                  SELECT FROM message earlier
                  WHERE earlier.subject = m.subject AND earlier.state = 'pending'
                    AND earlier.position < m.position)
            ORDER BY m.due_at, m.position LIMIT allowed.places
            FOR NO KEY UPDATE SKIP LOCKED) due
    ), probed AS (
        UPDATE vendor_breaker SET quiet_until = clock_timestamp() + CAST(:probe_every AS interval)
        WHERE vendor IN (SELECT vendor FROM picked WHERE probe)
    )
    UPDATE message m
    SET lease = m.lease + 1, leased_by = :worker,
        leased_until = clock_timestamp() + CAST(:lease AS interval)
    FROM picked WHERE m.id = picked.id
    RETURNING m.id, m.vendor, m.kind, m.subject, m.payload, m.not_before, m.not_after,
              m.attempts, m.lease, m.position, picked.probe
""").columns(payload=Json)

# A row that its own handler has locked just now is passed over: nobody can take it meanwhile.
_STILL_HELD = """
    WHERE id IN (
        SELECT m.id FROM message m
        JOIN unnest(CAST(:ids AS uuid[]), CAST(:leases AS bigint[])) AS held (id, lease) USING (id, lease)
        WHERE m.leased_until IS NOT NULL
        FOR NO KEY UPDATE OF m SKIP LOCKED)
"""
_RENEW = text(f"UPDATE message SET leased_until = clock_timestamp() + CAST(:lease AS interval) {_STILL_HELD}")  # noqa: S608 - a constant
_GIVE_BACK = text(f"UPDATE message SET leased_until = NULL, leased_by = NULL {_STILL_HELD}")  # noqa: S608 - a constant

_COUNT = text("""
    INSERT INTO vendor_attempt (vendor, since, succeeded, failed)
    VALUES (:vendor, date_bin('10 seconds', clock_timestamp(), 'epoch'), :succeeded, :failed)
    ON CONFLICT (vendor, since) DO UPDATE
    SET succeeded = vendor_attempt.succeeded + excluded.succeeded,
        failed = vendor_attempt.failed + excluded.failed
""")
_OPEN = text("""
    INSERT INTO vendor_breaker AS b (vendor, opened_at, quiet_until)
    SELECT :vendor, clock_timestamp(), clock_timestamp() + CAST(:probe_every AS interval)
    FROM vendor_attempt
    WHERE vendor = :vendor AND since > clock_timestamp() - CAST(:window AS interval)
    HAVING sum(succeeded + failed) >= :fewest AND sum(failed) >= CAST(:failed_share AS float8) * sum(succeeded + failed)
    ON CONFLICT (vendor) DO UPDATE
    SET opened_at = excluded.opened_at, quiet_until = greatest(b.quiet_until, excluded.quiet_until)
    WHERE b.opened_at IS NULL
    RETURNING vendor
""")
# The vendor is well again: nobody waits out what he waited for the vendor's sake.
_HURRY = text("""
    UPDATE message SET due_at = greatest(CAST(:now AS timestamptz), not_before)
    WHERE vendor = :vendor AND state = 'pending' AND due_at > :now
""")
_CLOSE = text("""
    UPDATE vendor_breaker SET opened_at = NULL, quiet_until = clock_timestamp() WHERE vendor = :vendor
""")
_FORGET = text("DELETE FROM vendor_attempt WHERE vendor = :vendor")
_PAUSE = text("""
    INSERT INTO vendor_breaker AS b (vendor, quiet_until)
    VALUES (:vendor, clock_timestamp() + CAST(:pause AS interval))
    ON CONFLICT (vendor) DO UPDATE SET quiet_until = greatest(b.quiet_until, excluded.quiet_until)
""")
