"""Who calls, and whether he may. Each route names its roles; nothing is open that does not say so."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request, params

from growth.api.errors import Refused
from growth.api.limits import RateLimits, address_bucket, client_address
from growth.settings import Role, Settings

__all__ = ["Caller", "CallerOf", "Guard", "KeyRing", "Role", "Rule", "StoredKeys", "allow", "anyone", "unmetered"]

_FRESH_FOR = 3.0  # seconds that stored keys are kept in memory


class StoredKey(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def role(self) -> Role: ...
    @property
    def digest(self) -> bytes: ...


class StoredKeys(Protocol):
    async def live(self) -> Sequence[StoredKey]:
        """Return the keys that are not revoked; a digest is the HMAC-SHA256 of the key with GROWTH_SECRET."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """`key_id` and `role` are None on open routes. `address` has no port.

    `over_limit`: he calls a gentle route too often.
    """

    key_id: str | None
    role: Role | None
    address: str
    over_limit: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route.

    `per_minute`: a tighter limit of this route for one address; routes with the same `together` share it.
    `lenient`: parameters that are not declared are let through; links get decorated on their way.
    `gentle`: who calls too often is let in, marked `over_limit`; the route gives him what costs and tells nothing.
    """

    roles: frozenset[Role] = frozenset()
    unmetered: bool = False
    per_minute: int | None = None
    together: str | None = None
    lenient: bool = False
    gentle: bool = False

    async def __call__(self) -> None:
        """Nothing: `GrowthRoute` reads the rule and asks `Guard`."""

    @property
    def open(self) -> bool:
        return not self.roles

    @property
    def repeatable(self) -> bool:
        """Whether `Idempotency-Key` counts: for callers that are programs of ours."""
        return bool(self.roles - {Role.CAPTURE})

    def admits(self, role: Role) -> bool:
        return role in self.roles or role is Role.ADMIN


def allow(*roles: Role, per_minute: int | None = None, together: str | None = None) -> params.Depends:
    """Declare the roles of a route, in its `dependencies=`; admin may always."""
    return params.Depends(Rule(frozenset(roles or (Role.ADMIN,)), per_minute=per_minute, together=together))


def anyone(
    *, per_minute: int | None = None, together: str | None = None, lenient: bool = False, gentle: bool = False
) -> params.Depends:
    """Declare a route open: no key, but limited per address."""
    return params.Depends(Rule(per_minute=per_minute, together=together, lenient=lenient, gentle=gentle))


def unmetered(*, lenient: bool = False) -> params.Depends:
    """Declare a route that checks a signature itself: no key, no limit per address (partners send in bursts)."""
    return params.Depends(Rule(unmetered=True, lenient=lenient))


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]
"""Take this as a parameter to know who calls."""


class KeyRing:
    """All keys: those of the settings and the stored ones."""

    def __init__(self, settings: Settings, stored: StoredKeys) -> None:
        self._secret = settings.secret.encode()
        self._stored = stored
        self._fixed: dict[bytes, tuple[str, Role]] = {}
        for role, key in settings.api_keys:  # the second of a role is another caller
            number = 1 + sum(role is known for _, known in self._fixed.values())
            name = f"settings-{role}" if number == 1 else f"settings-{role}-{number}"
            self._fixed.setdefault(self._digest(key), (name, role))
        self._known: dict[bytes, tuple[str, Role]] = {}
        self._read_at = -_FRESH_FOR
        self._lock = asyncio.Lock()

    async def find(self, key: str) -> tuple[str, Role] | None:
        """Return the id and role of a key, or None."""
        digest = self._digest(key)
        if found := _matching(self._fixed, digest):
            return found
        if time.monotonic() - self._read_at >= _FRESH_FOR:
            async with self._lock:
                await self._refresh()
        return _matching(self._known, digest)

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at >= _FRESH_FOR:
            self._known = {bytes(it.digest): (str(it.id), it.role) for it in await self._stored.live()}
            self._read_at = time.monotonic()

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self._secret, key.encode(), hashlib.sha256)


def _matching(keys: dict[bytes, tuple[str, Role]], digest: bytes) -> tuple[str, Role] | None:
    found = None
    for known, holder in keys.items():  # all of them: the time tells nothing
        if hmac.compare_digest(known, digest):
            found = holder
    return found


class Guard:
    def __init__(self, settings: Settings, ring: KeyRing, limits: RateLimits) -> None:
        self._settings = settings
        self._secret = settings.secret.encode()
        self._ring = ring
        self._limits = limits

    async def admit(self, request: Request, rule: Rule, route: str) -> Caller:
        """Return the caller; raises `Refused` with 401, 403 or 429."""
        address = client_address(request.scope, self._settings.trusted_proxies)
        bucket = address_bucket(address, self._secret)
        if not rule.open:
            caller = await self._holder(request, rule, address, bucket)
            await self._count_tries(rule, bucket, route)
            return caller
        try:
            if not rule.unmetered:
                await self._count(bucket, self._settings.address_rate_limit)
            await self._count_tries(rule, bucket, route)
        except Refused:
            if not rule.gentle:
                raise
            return Caller(None, None, address, over_limit=True)
        return Caller(None, None, address)

    async def _count_tries(self, rule: Rule, bucket: str, route: str) -> None:
        if rule.per_minute is not None:
            await self._count(f"{bucket}:{rule.together or route}", rule.per_minute)

    async def _holder(self, request: Request, rule: Rule, address: str, bucket: str) -> Caller:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        found = await self._ring.find(key.strip()) if scheme.lower() == "bearer" and key.strip() else None
        if found is None:
            await self._count(f"{bucket}:unknown", self._settings.address_rate_limit)
            detail = "Send a known key: `Authorization: Bearer <key>`."
            raise Refused(401, "unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="growth"'})
        key_id, role = found
        await self._count(f"key:{key_id}", self._settings.rate_limit)
        if role is Role.CAPTURE:
            await self._count(bucket, self._settings.address_rate_limit)
        if not rule.admits(role):
            raise Refused(403, "wrong-role", f"This needs a key with the role {' or '.join(sorted(rule.roles))}.")
        return Caller(key_id, role, address)

    async def _count(self, bucket: str, ceiling: int) -> None:
        wait = await self._limits.take(bucket, ceiling)
        if wait is not None:
            detail = f"Too many requests: at most {ceiling} a minute. Wait for the seconds in Retry-After."
            raise Refused(429, "too-many-requests", detail, headers={"Retry-After": str(wait)})
