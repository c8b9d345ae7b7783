"""The one mapping between entities and tables: the field's name is the column's name."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Table, Update, bindparam
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

EntityT = TypeVar("EntityT")
_OF = "of"  # the id in `update`, where a column's name would mean that it is written


class Rows(Generic[EntityT]):
    """Reads and writes the entities of one table.

    Raises `TypeError` at import when a field has no column or a column no field; `apart` names the columns that
    belong to the adapter alone (leases, search keys), `fixed` those which `update` leaves as they are.
    """

    def __init__(
        self, entity: type[EntityT], table: Table, apart: Collection[str] = (), *, fixed: Collection[str] = ()
    ) -> None:
        names = [field.name for field in fields(entity)]  # type: ignore[arg-type]
        without_column = set(names) - set(table.c.keys())
        without_field = set(table.c.keys()) - set(names) - set(apart)
        if without_column or without_field:
            raise TypeError(
                f"{entity.__name__} and table {table.name} differ: "
                f"no column for {sorted(without_column)}, no field for {sorted(without_field)}"
            )
        self._entity: Callable[..., EntityT] = entity
        self._table = table
        self._names = names
        self._changing = [name for name in names if name not in {"id", *fixed}]
        self.columns: list[Column[Any]] = [table.c[name] for name in names]

    def read(self, row: Sequence[Any] | None) -> EntityT | None:
        """Return the entity of a row selected with `columns`, or None for no row."""
        return None if row is None else self._entity(*row)

    def all(self, rows: Iterable[Sequence[Any]]) -> list[EntityT]:
        """Return the entities of rows selected with `columns`."""
        return [self._entity(*row) for row in rows]

    def one(self, row: Sequence[Any]) -> EntityT:
        """Return the entity of a row that is there."""
        return self._entity(*row)

    def write(self, entity: EntityT) -> dict[str, Any]:
        """Return the entity as column values."""
        return {name: getattr(entity, name) for name in self._names}

    async def put(self, connection: AsyncConnection, entities: Sequence[EntityT]) -> None:
        """Write the entities as they are: new ones are inserted, those with a known key replaced."""
        if entities:
            await connection.execute(self._upsert, [self.write(entity) for entity in entities])

    async def add(self, connection: AsyncConnection, entities: Sequence[EntityT]) -> None:
        """Insert the entities that are not there yet."""
        if entities:
            await connection.execute(self._insert, [self.write(entity) for entity in entities])

    @cached_property
    def update(self) -> Update:
        """The statement that writes an entity over the row of its id, with the values of `changes`."""
        values: dict[str, Any] = {name: bindparam(name) for name in self._changing}
        return self._table.update().where(self._table.c.id == bindparam(_OF)).values(values)

    def changes(self, entity: EntityT) -> dict[str, Any]:
        """Return the values for `update`."""
        row = self.write(entity)
        return {_OF: row["id"]} | {name: row[name] for name in self._changing}

    @cached_property
    def _insert(self) -> Insert:
        return insert(self._table).on_conflict_do_nothing()

    @cached_property
    def _upsert(self) -> Insert:
        query = insert(self._table)
        keys = [column.name for column in self._table.primary_key]
        replaced = {name: query.excluded[name] for name in self._names if name not in keys}
        return query.on_conflict_do_update(index_elements=keys, set_=replaced)
