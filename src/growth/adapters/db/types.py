"""How value types live in columns."""

from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Enum, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from growth.domain.kernel.month import Month

Id = Uuid
Instant = DateTime(timezone=True)
Json = JSONB(none_as_null=True)
Words = Text


def choice(enum: type[StrEnum], name: str) -> TypeEngine[Any]:
    """Return a text column with a CHECK that allows just the enum's values; `name` names the check."""
    return Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )


def _month(stored: str) -> Month:
    """Return a month as it was stored: what may be told was checked then, and one odd value must not break a list."""
    year, _, number = stored.partition("-")
    return Month(int(year), int(number))


class MonthText(TypeDecorator[Month]):
    """A month as text like `2026-11`, which sorts in time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's own
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Month | None:  # noqa: ARG002
        return None if value is None else _month(value)


class MonthTexts(TypeDecorator[tuple[Month, ...]]):
    """Several months."""

    impl = ARRAY(Text)
    cache_ok = True

    def process_bind_param(self, value: tuple[Month, ...] | None, dialect: Dialect) -> list[str] | None:  # noqa: ARG002
        return None if value is None else [str(month) for month in value]

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[Month, ...] | None:  # noqa: ARG002
        return None if value is None else tuple(_month(month) for month in value)


class WordList(TypeDecorator[tuple[str, ...]]):
    """Several words, as a tuple."""

    impl = ARRAY(Text)
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> list[str] | None:  # noqa: ARG002
        return None if value is None else [str(word) for word in value]

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        return None if value is None else tuple(value)
