"""Whether the database is there, and whether an error means that it is not."""

import asyncio

import asyncpg
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.migrate import expected_revision, present_revision

_WITHIN = 3.0  # seconds: /readyz has to answer within five
_OUTAGES = (
    exc.TimeoutError,  # the pool has no connection to give
    exc.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # somebody shuts the server down
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    OSError,  # refused, timed out, its socket or its name is not there
)


class DatabaseHealth:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._expected = expected_revision()

    async def faults(self) -> list[str]:
        """Return what is wrong, one sentence each, within three seconds; nothing: the service can work."""
        try:
            async with asyncio.timeout(_WITHIN), self._engine.connect() as connection:
                present = await present_revision(connection)
        except (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return ["The database does not answer."]
        if present != self._expected:
            return [f"The database has schema {present}, not {self._expected}: run `growth migrate`."]
        return []

    @staticmethod
    def lost(error: BaseException) -> bool:
        """Tell whether the error means that the database is gone or has no connection free."""
        if isinstance(error, exc.DBAPIError):
            cause = getattr(error.orig, "__cause__", None) or error.orig
            return error.connection_invalidated or isinstance(cause, _OUTAGES) or isinstance(error.orig, _OUTAGES)
        return isinstance(error, _OUTAGES)
