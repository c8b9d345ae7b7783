"""How the text of a variable becomes a value; raises ValueError with what is wrong, without the value itself."""

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Secrets = tuple[str, ...]  # several while a secret is rotated
WEBHOOK_KEY_BYTES = range(24, 65)


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Role(StrEnum):
    """What a key may do. Roles do not nest, but an admin may everything."""

    CAPTURE = "capture"  # publishable, used in browsers, write-only
    SERVICE = "service"  # the main application's backend
    OPS = "ops"
    ADMIN = "admin"


def text(raw: str) -> str:
    return raw


def number(least: int, most: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not least <= int(raw) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return int(raw)

    return read


def switch(raw: str) -> bool:
    if raw not in {"on", "off"}:
        raise ValueError("is neither on nor off")
    return raw == "on"


def environment(raw: str) -> Environment:
    try:
        return Environment(raw)
    except ValueError:
        raise ValueError(f"is not one of {', '.join(Environment)}") from None


def url(raw: str) -> str:
    return endpoint(raw).rstrip("/")


def endpoint(raw: str) -> str:
    """Return a URL as it is: a slash at its end is part of somebody else's path."""
    try:
        parts = urlsplit(raw)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not a URL that begins with http:// or https://")
    return raw


def database_url(raw: str) -> str:
    if not re.match(r"postgres(ql)?(\+asyncpg)?://", raw):
        raise ValueError("is not a URL that begins with postgresql://")
    return raw


def list_of(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda raw: tuple(read(part.strip()) for part in raw.split(",") if part.strip())


def origin(raw: str) -> str:
    if raw != "*" and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", raw):
        raise ValueError("holds something that is not an origin like https://www.example.org")
    return raw


def network(raw: str) -> Network:
    try:
        return ipaddress.ip_network(raw, strict=False)
    except ValueError:
        raise ValueError("holds something that is not an address or a network like 10.0.0.0/8") from None


def api_key(raw: str) -> tuple[Role, str]:
    role, separator, key = raw.partition(":")
    if not separator or role not in set(Role) or not re.fullmatch(r"[!-~]{8,200}", key):
        raise ValueError(f"is not a list of role:key, with roles {', '.join(Role)} and keys of 8 to 200 characters")
    return Role(role), key


def secrets(raw: str) -> Secrets:
    return tuple(part.strip() for part in raw.split("|") if part.strip())


def signs_webhooks(secret: str) -> bool:
    """Tell whether it is a secret of Standard Webhooks: base64, perhaps without its padding, often after `whsec_`."""
    digits = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        return False
    return len(key) in WEBHOOK_KEY_BYTES


def pairs(separator: str, read: Callable[[str], Any]) -> Callable[[str], Mapping[str, Any]]:
    def pair(raw: str) -> tuple[str, Any]:
        name, found, value = raw.partition(separator)
        if not found or not name or not value:
            raise ValueError(f"is not a list of name{separator}value, parted by commas")
        return name.strip(), read(value.strip())

    return lambda raw: dict(list_of(pair)(raw))
