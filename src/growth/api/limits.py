"""How often somebody may call. Every process draws a tenth of a bucket's minute at a time, so all share one ceiling."""

import asyncio
import hashlib
import hmac
import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from starlette.types import Scope

from growth.settings import Network

_PARTS = 10  # of a bucket's budget that a process draws at once
_MOST_BUCKETS = 50_000  # in the memory of one process
_IPV6_NETWORK = 64  # one customer's addresses are one address


class RateBudgets(Protocol):
    async def draw(self, bucket: str, amount: int, ceiling: int) -> tuple[int, float]:
        """Take up to `amount` of what is left of the bucket's minute; returns it and the minute's seconds left."""
        ...


@dataclass(slots=True)
class _Hand:
    """What this process has left of one bucket, until `ends` on the monotonic clock."""

    left: int = 0
    ends: float = 0.0
    spent: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RateLimits:
    def __init__(self, budgets: RateBudgets) -> None:
        self._budgets = budgets
        self._hands: dict[str, _Hand] = {}

    async def take(self, bucket: str, ceiling: int) -> int | None:
        """Count one call; None: go on, else the seconds after which the next one can succeed."""
        hand = self._hands.get(bucket) or self._new_hand(bucket)
        if time.monotonic() < hand.ends and hand.left:
            hand.left -= 1
            return None
        async with hand.lock:
            now = time.monotonic()
            if now >= hand.ends or not (hand.left or hand.spent):
                hand.left, seconds = await self._budgets.draw(bucket, max(1, ceiling // _PARTS), ceiling)
                hand.ends, hand.spent = now + seconds, hand.left == 0
            if not hand.left:
                return max(1, round(hand.ends - now + 0.5))
            hand.left -= 1
            return None

    def _new_hand(self, bucket: str) -> _Hand:
        if len(self._hands) >= _MOST_BUCKETS:
            now = time.monotonic()
            self._hands = {name: hand for name, hand in self._hands.items() if hand.ends > now}
        return self._hands.setdefault(bucket, _Hand())


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return whose call it is. `X-Forwarded-For` counts only as far as trusted proxies have written it."""
    client = scope.get("client")
    address = client[0] if client else ""
    if not trusted or not _is_in(address, trusted):
        return address
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for hop in reversed([part.strip() for part in b",".join(forwarded).decode("latin-1").split(",")]):
        try:
            address = str(ipaddress.ip_address(hop))
        except ValueError:
            return address
        if not _is_in(address, trusted):
            return address
    return address


@lru_cache(maxsize=10_000)
def address_bucket(address: str, secret: bytes) -> str:
    """Return the bucket of an address; the address itself is personal and is not stored."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is not None and parsed.version == 6:  # noqa: PLR2004 - the name of the protocol
        address = str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return "address:" + hmac.digest(secret, address.encode(), hashlib.sha256).hex()[:32]


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
