"""Statements so frequent that they go straight to the driver: through SQLAlchemy each costs twice as much."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg
from pydantic_core import from_json
from sqlalchemy import Select, TextClause, TextualSelect, Update, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = dialect(json_deserializer=from_json)  # type: ignore[no-untyped-call]
_ANYTHING = text("SELECT 1")


class Prepared:
    """A statement that SQLAlchemy compiles once; its types write the parameters and read the columns as ever.

    Raises `TypeError` at import when its text depends on its parameters (`IN` of several).
    """

    def __init__(self, statement: Select[Any] | TextualSelect | TextClause | Update) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError(f"The text depends on its parameters, so it cannot be compiled once: {compiled}")
        self._statement = statement
        self._sql = str(compiled)
        self._parameters = [
            (name, compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for name in compiled.positiontup or ()
        ]
        columns = statement.selected_columns if isinstance(statement, Select | TextualSelect) else ()
        reading = (column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for column in columns)
        self._reading: list[tuple[int, Callable[[Any], Any]]] = [(at, read) for at, read in enumerate(reading) if read]

    async def fetch(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return all rows. The first statement of a transaction goes through SQLAlchemy, which begins it with that.

        Raises `DBAPIError` as SQLAlchemy does, without the values.
        """
        if _begins_with_this(connection):
            result = await connection.execute(self._statement, values)
            return result.all() if result.returns_rows else []
        given = [write(values[name]) if write else values[name] for name, write in self._parameters]
        try:
            found: list[Sequence[Any]] = await _driver(connection).fetch(self._sql, *given)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if _driver(connection).is_closed():  # SQLAlchemy finds out, raises, and its pool parts with all as old
                await connection.execute(_ANYTHING)
            raise DBAPIError(self._sql, None, error) from error
        return [self._read(row) for row in found] if self._reading else found

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for at, read in self._reading:
            values[at] = read(values[at])
        return values


def _begins_with_this(connection: AsyncConnection) -> bool:
    adapted: Any = connection.sync_connection.connection.dbapi_connection  # type: ignore[union-attr]
    return not (adapted.autocommit or _driver(connection).is_in_transaction())


def _driver(connection: AsyncConnection) -> Any:  # noqa: ANN401 - asyncpg has no types
    return connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]
