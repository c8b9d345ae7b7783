"""What all bodies have in common. Derive what comes in from `Input` and what goes out from `Output`."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

ItemT = TypeVar("ItemT")

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EARLIEST, _LATEST = 1900, 2200  # years; outside of them it is a mistake, and arithmetic may overflow
# What the years and validators below let through, for the description of the API.
_DATE = (
    "((19|2[01])[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))|((19|2[01])(0[48]|[2468][048]|[13579][26])|2000)-02-29)"
)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


def _moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise ValueError("write a time with its zone, like 2026-11-21T09:30:00Z")


def _in_utc(value: datetime) -> datetime:
    # Judged in UTC, as which it is given out again: near New Year it may have another year there.
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        moment = None
    if value.tzinfo is None or moment is None or not _EARLIEST <= moment.year < _LATEST:
        raise ValueError(f"write a time with its zone, in a year from {_EARLIEST} to {_LATEST - 1}")
    return moment


def _day(value: object) -> object:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("write a day like 2026-11-21")


def _plausible(value: date) -> date:
    if not _EARLIEST <= value.year < _LATEST:
        raise ValueError(f"write a day in a year from {_EARLIEST} to {_LATEST - 1}")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_DATE}T{_TIME}$"}, mode="validation"),
]
"""An RFC 3339 time with zone; it becomes, and is answered in, UTC."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    AfterValidator(_plausible),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE}$"}, mode="validation"),
]
"""A day like 2026-11-21."""

EmailIn = Annotated[str, Field(max_length=320, json_schema_extra={"format": "email"})]
"""An address as somebody wrote it; `parse_email` judges it."""

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.")]


def _make_strict(schema: Any) -> None:  # noqa: ANN401 - any node of a core schema
    # `strict=True` on the model would refuse UUIDs, enums and days in JSON too: they arrive as text.
    if isinstance(schema, list | tuple):
        for node in schema:
            _make_strict(node)
    elif isinstance(schema, dict):
        kind = schema.get("type")  # a dictionary where a model has a field of that name
        if isinstance(kind, str) and kind in {"int", "float", "bool", "str"}:
            schema["strict"] = True
        for key, node in schema.items():
            if key not in {"metadata", "serialization", "default"}:
                _make_strict(node)


class Input(BaseModel):
    """A body that comes in: unknown fields are refused, `"1"` is no number and `1` no boolean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        schema = handler(source)
        _make_strict(schema)
        return schema


class Output(BaseModel):
    """A body that goes out; `model_validate(entity)` reads the attributes of the same names."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class Page(Output, Generic[ItemT]):
    """One page of a list; `next_cursor` is null on the last."""

    items: Sequence[ItemT]
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page.")
