"""Waiting for everybody else who handles something known by the same names."""

import hashlib
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The array's order is the order of the locks: everybody takes them alike.
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


async def lock_names(connection: AsyncConnection, room: str, names: Collection[str]) -> None:
    """Lock these names of a room until the transaction ends; there need be no row of theirs."""
    if names:
        await connection.execute(_LOCK, {"keys": keys_of(room, names)})


def keys_of(room: str, names: Collection[str]) -> list[int]:
    """Return the keys of the names' locks, in the order in which they are taken."""
    return sorted({_key(f"{room}:{name}") for name in names})


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
