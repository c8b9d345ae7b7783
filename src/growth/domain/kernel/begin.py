"""One call of `Begin` opens one transaction: it commits on a clean exit and rolls back on any exception.

Each context names in its own `Tx` protocol exactly the stores that it may touch. Inside the transaction only `tx.…`
is awaited, so that no call to the outside ever holds a lock.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeVar

Tx_co = TypeVar("Tx_co", covariant=True)


class Undo(Exception):
    """Raised inside a transaction, ends it quietly and without any effect: the end of a dry run."""


class Begin(Protocol[Tx_co]):
    def __call__(self) -> AbstractAsyncContextManager[Tx_co]: ...


class Timed(Protocol):
    """What every transaction has: the time."""

    async def now(self) -> datetime:
        """Return the database's clock (aware, UTC), moved by the test clock where there is one.

        It is the only clock of the domain: processes may disagree about the time, the database does not.
        """
        ...
