"""What commands take and print alike."""

import json
from datetime import datetime
from typing import Annotated

import typer
from pydantic_core import to_jsonable_python

from growth.domain.kernel.errors import Invalid

DryRun = Annotated[bool, typer.Option("--dry-run", help="Report what would happen, and change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, like the API's.")]


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
