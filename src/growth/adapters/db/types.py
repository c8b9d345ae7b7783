"""How value types live in columns."""

from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Enum, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

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
