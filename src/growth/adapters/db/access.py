"""API keys, answers kept for retries, and the budgets of rate limits.

Every call is a transaction of its own; the time is the real one, the test clock does not move it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.access import api_keys, idempotent_answers, rate_budgets
from growth.settings import Role

KEPT_FOR = timedelta(hours=72)
_NOW = func.clock_timestamp()


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    role: Role
    label: str
    digest: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


_keys = Rows(ApiKey, api_keys)


class SqlApiKeys:
    """Keys of `growth keys create`. `secret` is GROWTH_SECRET: with another one all stored keys are unknown."""

    def __init__(self, engine: AsyncEngine, secret: str, new_id: Callable[[], UUID]) -> None:
        self._engine = engine
        self._secret = secret.encode()
        self._new_id = new_id

    async def create(self, role: Role, label: str) -> str:
        """Make a key and return it. It is shown this once: only its keyed hash is stored."""
        key = f"{role}_{secrets.token_urlsafe(32)}"
        digest = hmac.digest(self._secret, key.encode(), hashlib.sha256)
        row = {"id": self._new_id(), "role": role, "label": label, "digest": digest, "created_at": _NOW}
        async with self._engine.begin() as connection:
            await connection.execute(insert(api_keys).values(row))
        return key

    async def all(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too, oldest first."""
        async with self._engine.connect() as connection:
            return _keys.all(await connection.execute(select(*_keys.columns).order_by(api_keys.c.id)))

    async def live(self) -> list[ApiKey]:
        """Return the keys that are not revoked."""
        query = select(*_keys.columns).where(api_keys.c.revoked_at.is_(None))
        async with self._engine.connect() as connection:
            return _keys.all(await connection.execute(query))

    async def revoke(self, key_id: UUID) -> bool:
        """Revoke the key; False when there is no such live key. Processes notice within seconds."""
        live = (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
        async with self._engine.begin() as connection:
            done = await connection.execute(update(api_keys).where(live).values(revoked_at=_NOW))
        return done.rowcount == 1


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered to a key before; `status` is None while the first request still runs."""

    fingerprint: bytes
    status: int | None
    content_type: str | None
    body: bytes | None = field(repr=False)


class SqlIdempotentAnswers:
    """Answers hold personal data: the housekeeping deletes them after 72 hours.

    Keys may hold some: callers like to put an address into them. Only their hashes are kept.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(
        self, caller: str, key: str, fingerprint: bytes, lease: UUID, lasts: timedelta
    ) -> KeptAnswer | None:
        """Return None when the caller may go on and holds the key for `lasts`, else what the key has.

        A key whose holder died (no answer when its lease ended), or older than 72 hours, is claimed anew.
        """
        row, key = idempotent_answers.c, _hashed(key)
        mine = {"fingerprint": fingerprint, "lease": lease, "leased_until": _NOW + lasts, "created_at": _NOW}
        abandoned = row.status.is_(None) & (row.leased_until < _NOW)
        claim = insert(idempotent_answers).values(caller=caller, key=key, **mine)
        claim = claim.on_conflict_do_update(
            index_elements=[row.caller, row.key],
            set_={**mine, "status": None, "content_type": None, "body": None},
            where=abandoned | (row.created_at < _NOW - KEPT_FOR),
        )
        kept = select(row.fingerprint, row.status, row.content_type, row.body)
        async with self._engine.begin() as connection:
            if (await connection.execute(claim)).rowcount == 1:
                return None
            found = (await connection.execute(kept.where(row.caller == caller, row.key == key))).first()
        return KeptAnswer(*found) if found else KeptAnswer(fingerprint, None, None, None)

    async def extend(self, caller: str, key: str, lease: UUID, lasts: timedelta) -> None:
        """Hold the key longer: the request still runs."""
        await self._write(caller, key, lease, leased_until=_NOW + lasts)

    async def keep(self, caller: str, key: str, lease: UUID, answer: tuple[int, str | None, bytes]) -> None:
        """Store status, content type and body, unless somebody else has taken the key over."""
        status, content_type, body = answer
        await self._write(caller, key, lease, status=status, content_type=content_type, body=body)

    async def release(self, caller: str, key: str, lease: UUID) -> None:
        """Let the key go without an answer, so that the request can be sent again."""
        held = _held(caller, key, lease)
        async with self._engine.begin() as connection:
            await connection.execute(delete(idempotent_answers).where(held))

    async def _write(self, caller: str, key: str, lease: UUID, **values: object) -> None:
        held = _held(caller, key, lease)
        async with self._engine.begin() as connection:
            await connection.execute(update(idempotent_answers).where(held).values(values))


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _held(caller: str, key: str, lease: UUID) -> ColumnElement[bool]:
    row = idempotent_answers.c
    return (row.caller == caller) & (row.key == _hashed(key)) & (row.lease == lease)


class SqlRateBudgets:
    """One row per bucket and the running minute: all processes draw from it, so the ceiling is exact."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def draw(self, bucket: str, amount: int, ceiling: int) -> tuple[int, float]:
        """Take up to `amount` of what is left this minute; returns what was got and the minute's seconds left."""
        window = func.date_trunc("minute", _NOW)
        row = rate_budgets.c
        first = min(amount, ceiling)
        new = insert(rate_budgets).values(bucket=bucket, window_at=window, drawn=first, granted=first)
        same = row.window_at == new.excluded.window_at
        granted = case((same, func.greatest(0, func.least(amount, ceiling - row.drawn))), else_=first)
        query = new.on_conflict_do_update(
            index_elements=[row.bucket],
            set_={
                "window_at": new.excluded.window_at,
                "granted": granted,
                "drawn": case((same, row.drawn + granted), else_=first),
            },
        ).returning(row.granted, func.extract("epoch", row.window_at + timedelta(minutes=1) - _NOW))
        async with self._engine.begin() as connection:
            await connection.execute(text("SET LOCAL synchronous_commit = off"))
            got, seconds = (await connection.execute(query)).one()
        return got, max(0.0, float(seconds))
