"""What commands take and print alike."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from growth.api.referral_schemas import Name
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Invalid
from growth.domain.kernel.ids import UserId

CheckedT = TypeVar("CheckedT")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report what would happen, and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, like the API's.")]
User = Annotated[str, typer.Argument(metavar="USER", help="The main application's id.")]
InCountry = Annotated[Country | None, typer.Option("--country", help="Default: all.")]
Reason = Annotated[str, typer.Option(help="Why; nothing personal, it is kept for ever.")]


def print_json(value: object) -> None:
    typer.echo(json.dumps(to_jsonable_python(value), indent=2, ensure_ascii=False))


def instant(text: str | None) -> datetime | None:
    """Return the instant that an option names. Raises `Invalid`."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid(f"{text!r} is not a time with zone: write one like 2026-11-23T10:00:00+01:00.")
    return at


def checked(make: Callable[[], CheckedT], what: str = "") -> CheckedT:
    """Return what the API's schema makes of the texts; `what` names a text without a field. Raises `Invalid`."""
    try:
        return make()
    except ValidationError as error:
        name = ".".join(map(str, error.errors()[0]["loc"])) or what
        raise Invalid(
            f"{name} cannot be used: write visible characters, not too many, without blanks around them."
        ) from None


def named(text: str, what: str) -> str:
    """Return a name, as the API takes one, that `what` gives. Raises `Invalid`."""
    return checked(lambda: TypeAdapter(Name).validate_python(text), what)


def user_named(text: str) -> UserId:
    return UserId(named(text, "USER"))


def shown(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%F %T} UTC" if at else ""
