"""Files in TOML that an operator writes. What is wrong in one is said with its name, and where it stands."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from growth.domain.kernel.errors import Invalid

ReadT = TypeVar("ReadT")
_DEEPEST = 20
# The parser's time grows with the square of a key's parts.
_DEEP_KEY = re.compile(rf"""(?:[\w"'-]+[ \t]*\.[ \t]*){{{_DEEPEST}}}""")


def text_of(path: Path, refusal: type[Invalid], remedy: str) -> str:
    """Return the file's text. Raises `refusal`, with `remedy` where it cannot be read, else with the line to mend."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except OSError as error:
        raise refusal(f"{path} cannot be read ({error.strerror}): {remedy}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise refusal(f"{path}, line {line}: this is not UTF-8, save the file as UTF-8.") from None


def parsed(source: str, name: str, refusal: type[Invalid], parse: Callable[[Mapping[str, object]], ReadT]) -> ReadT:
    """Return what `parse` makes of a file's text; `name` stands for the file in errors.

    Raises `refusal`: where it is no TOML, the line and column; else what `parse` refused with it.
    """
    if _DEEP_KEY.search(source):
        raise refusal(f"{name} has a key of more than {_DEEPEST} parts: no setting lies so deep.")
    try:
        raw = tomllib.loads(source)
    except (ValueError, RecursionError) as error:
        raise refusal(f"{name} is not TOML, mend this and start again: {error}") from None
    try:
        return parse(raw)
    except RecursionError:
        raise refusal(f"{name} is nested too deeply: no setting lies so deep.") from None
    except refusal as error:
        raise refusal(f"{name}: {error}", *error.faults) from None
