# ruff: noqa: RUF009 - `_setting` is a dataclass field
"""Everything that an operator can set, read from the environment once and checked as a whole.

A field is its variable: `public_site_url` is `GROWTH_PUBLIC_SITE_URL`. An empty variable counts as not set.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "GROWTH_"
DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105 - production refuses it
SHORTEST_SECRET = 16
INTERCOM_COUNTRIES = ("FR", "BE")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Secrets = tuple[str, ...]  # several while a secret is rotated


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


DEVELOPMENT_KEYS = tuple((role, f"dev-{role}-key") for role in Role)


class BadSettings(Exception):
    """The environment cannot be used. `errors` has one sentence for each wrong variable."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("Change these settings and start again:\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors


def _text(raw: str) -> str:
    return raw


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not least <= int(raw) <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return int(raw)

    return read


def _switch(raw: str) -> bool:
    if raw not in {"on", "off"}:
        raise ValueError("is neither on nor off")
    return raw == "on"


def _environment(raw: str) -> Environment:
    try:
        return Environment(raw)
    except ValueError:
        raise ValueError(f"is not one of {', '.join(Environment)}") from None


def _url(raw: str) -> str:
    try:
        parts = urlsplit(raw)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not a URL that begins with http:// or https://")
    return raw.rstrip("/")


def _database_url(raw: str) -> str:
    if not re.match(r"postgres(ql)?(\+asyncpg)?://", raw):
        raise ValueError("is not a URL that begins with postgresql://")
    return raw


def _list(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda raw: tuple(read(part.strip()) for part in raw.split(",") if part.strip())


def _origin(raw: str) -> str:
    if raw != "*" and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", raw):
        raise ValueError("holds something that is not an origin like https://www.example.org")
    return raw


def _network(raw: str) -> Network:
    try:
        return ipaddress.ip_network(raw, strict=False)
    except ValueError:
        raise ValueError("holds something that is not an address or a network like 10.0.0.0/8") from None


def _api_key(raw: str) -> tuple[Role, str]:
    role, separator, key = raw.partition(":")
    if not separator or role not in set(Role) or not re.fullmatch(r"[!-~]{8,200}", key):
        raise ValueError(f"is not a list of role:key, with roles {', '.join(Role)} and keys of 8 to 200 characters")
    return Role(role), key


def _secrets(raw: str) -> Secrets:
    return tuple(part.strip() for part in raw.split("|") if part.strip())


def _pairs(separator: str, read: Callable[[str], Any]) -> Callable[[str], Mapping[str, Any]]:
    def pair(raw: str) -> tuple[str, Any]:
        name, found, value = raw.partition(separator)
        if not found or not name or not value:
            raise ValueError(f"is not a list of name{separator}value, parted by commas")
        return name.strip(), read(value.strip())

    return lambda raw: dict(_list(pair)(raw))


def _setting(read: Callable[[str], Any], default: Any = None, *, secret: bool = False) -> Any:  # noqa: ANN401
    return field(default=default, repr=not secret, metadata={"read": read})


@dataclass(frozen=True, slots=True)
class Intercom:
    """One country's workspace."""

    app_id: str | None = None
    token: str | None = field(default=None, repr=False)
    admin_id: str | None = None
    webhook_secret: Secrets = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A vendor whose credentials are None is played by the sandbox; so is one whose base URL is None."""

    env: Environment = _setting(_environment, Environment.DEVELOPMENT)
    # None: the embedded Postgres in `data_dir`
    database_url: str | None = _setting(_database_url, secret=True)
    data_dir: Path = _setting(Path, Path(".growth"))
    pgbouncer: bool = _setting(_switch, default=False)
    pool_size: int = _setting(_number(1, 500), 10)
    host: str = _setting(_text, "127.0.0.1")
    port: int = _setting(_number(0, 65535), 8000)
    api_keys: tuple[tuple[Role, str], ...] = _setting(_list(_api_key), (), secret=True)
    secret: str = _setting(_text, DEVELOPMENT_SECRET, secret=True)
    campaigns_file: Path | None = _setting(Path)
    public_site_url: str = _setting(_url, "http://127.0.0.1:8000")
    public_api_url: str = _setting(_url, "http://127.0.0.1:8000")
    scheduler: bool = _setting(_switch, default=True)
    cors_origins: tuple[str, ...] = _setting(_list(_origin), ())
    trusted_proxies: tuple[Network, ...] = _setting(_list(_network), ())
    # Requests a minute, in all processes together: of one key, and of one address on open and capture routes.
    rate_limit: int = _setting(_number(1, 10**9), 60_000)
    address_rate_limit: int = _setting(_number(1, 10**9), 600)
    sandbox_url: str = _setting(_url, "http://127.0.0.1:8090")
    stripe_webhook_secret: Secrets = _setting(_secrets, (), secret=True)
    customerio_webhook_secret: Secrets = _setting(_secrets, (), secret=True)
    dialer_webhook_secret: Secrets = _setting(_secrets, (), secret=True)
    speech_webhook_secret: Secrets = _setting(_secrets, (), secret=True)
    partner_secrets: Mapping[str, Secrets] = _setting(_pairs(":", _secrets), secret=True)
    pubsub_audience: str | None = _setting(_text)
    pubsub_email: str | None = _setting(_text)
    pubsub_certs_url: str = _setting(_url, "https://www.googleapis.com/oauth2/v3/certs")
    diabolocom_base_url: str | None = _setting(_url)
    diabolocom_token: str | None = _setting(_text, secret=True)
    customerio_base_url: str | None = _setting(_url)
    customerio_site_id: str | None = _setting(_text)
    customerio_api_key: str | None = _setting(_text, secret=True)
    intercom_base_url: str | None = _setting(_url)
    intercom: Mapping[str, Intercom] = field(default_factory=dict, repr=False)
    salesforce_base_url: str | None = _setting(_url)
    salesforce_client_id: str | None = _setting(_text)
    salesforce_client_secret: str | None = _setting(_text, secret=True)
    speech_base_url: str | None = _setting(_url)
    speech_token: str | None = _setting(_text, secret=True)
    slack_webhooks: Mapping[str, str] = _setting(_pairs("=", _url), secret=True)
    warnings: tuple[str, ...] = ()  # unknown variables, with the nearest known name

    @property
    def production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def sandboxed_vendors(self) -> list[str]:
        """The vendors that the sandbox plays; production says so loudly."""
        tokens = {name: getattr(self, variable) for name, variable in _CREDENTIALS.items()}
        tokens |= {f"intercom {country}": it.token for country, it in self.intercom.items()}
        return [name for name, token in tokens.items() if token is None]

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Read everything; raises `BadSettings` with all errors. Unknown names become `warnings`."""
        ours = {name: value.strip() for name, value in env.items() if name.startswith(PREFIX)}
        given = {name: value for name, value in ours.items() if value}
        values, errors = _read(given)
        settings = cls(**values, intercom=_intercom(given), warnings=tuple(_unknown(given)))
        errors += [*_incomplete(settings), *(_unsafe(settings) if settings.production else ())]
        if errors:
            raise BadSettings(errors)
        return settings


_CREDENTIALS: Mapping[str, str] = {
    "diabolocom": "diabolocom_token",
    "customerio": "customerio_api_key",
    "salesforce": "salesforce_client_secret",
    "speech": "speech_token",
}
_READERS: Mapping[str, Callable[[str], Any]] = {
    PREFIX + it.name.upper(): it.metadata["read"] for it in fields(Settings) if "read" in it.metadata
}
_INTERCOM = {
    f"{PREFIX}INTERCOM_{country}_{it.name.upper()}" for country in INTERCOM_COUNTRIES for it in fields(Intercom)
}


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    errors = []
    for name in sorted(given.keys() & _READERS.keys()):
        try:
            values[name.removeprefix(PREFIX).lower()] = _READERS[name](given[name])
        except ValueError as error:
            errors.append(f"{name} {error}.")
    if values.get("env") is not Environment.PRODUCTION:
        values.setdefault("api_keys", DEVELOPMENT_KEYS)
    for name in ("partner_secrets", "slack_webhooks"):
        values.setdefault(name, {})
    return values, errors


def _intercom(given: Mapping[str, str]) -> dict[str, Intercom]:
    def workspace(country: str) -> Intercom:
        start = f"{PREFIX}INTERCOM_{country}_"
        return Intercom(
            app_id=given.get(start + "APP_ID"),
            token=given.get(start + "TOKEN"),
            admin_id=given.get(start + "ADMIN_ID"),
            webhook_secret=_secrets(given.get(start + "WEBHOOK_SECRET", "")),
        )

    return {country: workspace(country) for country in INTERCOM_COUNTRIES}


def _unknown(given: Mapping[str, str]) -> list[str]:
    known = _READERS.keys() | _INTERCOM
    return [
        f"{name} is not a setting"
        + "".join(f"; did you mean {near}?" for near in difflib.get_close_matches(name, known, 1))
        for name in sorted(given.keys() - known)
    ]


def _incomplete(settings: Settings) -> list[str]:
    signed = {vendor: getattr(settings, variable) for vendor, variable in _CREDENTIALS.items()}
    signed["intercom"] = next((it.token for it in settings.intercom.values() if it.token), None)
    errors = [
        f"{PREFIX}{vendor.upper()}_BASE_URL is missing: its credentials are set, so say where the vendor is."
        for vendor, token in signed.items()
        if token and not getattr(settings, f"{vendor}_base_url")
    ]
    if settings.pubsub_audience and not settings.pubsub_email:
        errors.append(f"{PREFIX}PUBSUB_EMAIL is missing: name the account that signs, together with the audience.")
    return errors


def _unsafe(settings: Settings) -> list[str]:
    known = {DEVELOPMENT_SECRET} | {key for _, key in DEVELOPMENT_KEYS}
    errors = []
    if settings.secret in known or len(settings.secret) < SHORTEST_SECRET:
        errors.append(f"{PREFIX}SECRET needs {SHORTEST_SECRET} or more characters of your own in production.")
    if any(key in known or len(key) < SHORTEST_SECRET for _, key in settings.api_keys):
        errors.append(
            f"{PREFIX}API_KEYS holds a development key or one shorter than {SHORTEST_SECRET} characters: "
            "make keys with `growth keys create`."
        )
    if "*" in settings.cors_origins:
        errors.append(f"{PREFIX}CORS_ORIGINS is * in production: name the sites.")
    return errors
