"""Finding email addresses in what others wrote."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import unquote

from growth.domain.kernel.person import BadEmail, Email, parse_email

_ADDRESS = re.compile(r"[^\s@<>\"'(),:;=&?%\\\[\]/{}|]{1,64}@[^\s@<>\"'(),:;=&?%\\\[\]/{}|#]{3,255}")
_MOST_DECODINGS = 3


def addresses_in(body: object) -> set[Email]:
    """Return all addresses that are anywhere in a decoded body, be they URL-encoded."""
    match body:
        case str():
            return {email for text in _decoded(body) for email in _read_addresses(text)}
        case Mapping():
            return {email for each in (*body.keys(), *body.values()) for email in addresses_in(each)}
        case list() | tuple():
            return {email for each in body for email in addresses_in(each)}
    return set()


def _decoded(text: str) -> Iterator[str]:
    for _ in range(_MOST_DECODINGS):
        yield text
        following = unquote(text)
        if following == text:
            return
        text = following


def _read_addresses(text: str) -> Iterator[Email]:
    for found in _ADDRESS.findall(text) if "@" in text else ():
        with suppress(BadEmail):
            yield parse_email(found.rstrip("."))
