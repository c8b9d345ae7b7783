# ruff: noqa: RUF009 - `_setting` is a dataclass field
"""Everything that an operator can set, read from the environment once and checked as a whole.

A field is its variable: `public_site_url` is `GROWTH_PUBLIC_SITE_URL`. An empty variable counts as not set.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from growth.settings import readers
from growth.settings.readers import Environment, Network, Role, Secrets

__all__ = [
    "DEVELOPMENT_KEYS",
    "DEVELOPMENT_SECRET",
    "INTERCOM_COUNTRIES",
    "PREFIX",
    "SHORTEST_SECRET",
    "BadSettings",
    "Environment",
    "Intercom",
    "Network",
    "Role",
    "Secrets",
    "Settings",
]

PREFIX = "GROWTH_"
DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105 - production refuses it
SHORTEST_SECRET = 16
INTERCOM_COUNTRIES = ("FR", "BE")
DEVELOPMENT_KEYS = tuple((role, f"dev-{role}-key") for role in Role)


class BadSettings(Exception):
    """The environment cannot be used. `errors` has one sentence for each wrong variable."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("Change these settings and start again:\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors


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

    env: Environment = _setting(readers.environment, Environment.DEVELOPMENT)
    # None: the embedded Postgres in `data_dir`
    database_url: str | None = _setting(readers.database_url, secret=True)
    data_dir: Path = _setting(Path, Path(".growth"))
    pgbouncer: bool = _setting(readers.switch, default=False)
    pool_size: int = _setting(readers.number(1, 500), 10)
    host: str = _setting(readers.text, "127.0.0.1")
    port: int = _setting(readers.number(0, 65535), 8000)
    api_keys: tuple[tuple[Role, str], ...] = _setting(readers.list_of(readers.api_key), (), secret=True)
    secret: str = _setting(readers.text, DEVELOPMENT_SECRET, secret=True)
    campaigns_file: Path | None = _setting(Path)
    referral_terms_file: Path | None = _setting(Path)
    sales_teams_file: Path | None = _setting(Path)
    # Both are this server's own address where they are not set.
    public_site_url: str = _setting(readers.url, "http://127.0.0.1:8000")
    public_api_url: str = _setting(readers.url, "http://127.0.0.1:8000")
    retention_years: int = _setting(readers.number(1, 30), 3)
    scheduler: bool = _setting(readers.switch, default=True)
    cors_origins: tuple[str, ...] = _setting(readers.list_of(readers.origin), ())
    trusted_proxies: tuple[Network, ...] = _setting(readers.list_of(readers.network), ())
    # Requests a minute, in all processes together: of one key, and of one address on open and capture routes.
    rate_limit: int = _setting(readers.number(1, 10**9), 60_000)
    address_rate_limit: int = _setting(readers.number(1, 10**9), 600)
    sandbox_url: str = _setting(readers.url, "http://127.0.0.1:8090")
    stripe_webhook_secret: Secrets = _setting(readers.secrets, (), secret=True)
    customerio_webhook_secret: Secrets = _setting(readers.secrets, (), secret=True)
    dialer_webhook_secret: Secrets = _setting(readers.secrets, (), secret=True)
    speech_webhook_secret: Secrets = _setting(readers.secrets, (), secret=True)
    partner_secrets: Mapping[str, Secrets] = _setting(readers.pairs(":", readers.secrets), secret=True)
    # Where a partner hears of the referrals it brought, and `*` (the main application) of every one.
    partner_webhooks: Mapping[str, str] = _setting(readers.pairs("=", readers.endpoint), secret=True)
    pubsub_audience: str | None = _setting(readers.text)
    pubsub_email: str | None = _setting(readers.text)
    pubsub_certs_url: str = _setting(readers.url, "https://www.googleapis.com/oauth2/v3/certs")
    diabolocom_base_url: str | None = _setting(readers.url)
    dialer_csv_folder: Path | None = _setting(Path)  # None: `dialer` in `data_dir`
    diabolocom_token: str | None = _setting(readers.text, secret=True)
    customerio_base_url: str | None = _setting(readers.url)
    customerio_site_id: str | None = _setting(readers.text)
    customerio_api_key: str | None = _setting(readers.text, secret=True)
    intercom_base_url: str | None = _setting(readers.url)
    intercom: Mapping[str, Intercom] = field(default_factory=dict, repr=False)
    intercom_chat_tag: str = _setting(readers.text, "self serve chat")
    salesforce_base_url: str | None = _setting(readers.url)
    salesforce_client_id: str | None = _setting(readers.text)
    salesforce_client_secret: str | None = _setting(readers.text, secret=True)
    speech_base_url: str | None = _setting(readers.url)
    speech_token: str | None = _setting(readers.text, secret=True)
    slack_webhooks: Mapping[str, str] = _setting(readers.pairs("=", readers.endpoint), secret=True)
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
_IDENTITIES: Mapping[str, str] = {
    "customerio_site_id": "customerio_api_key",
    "salesforce_client_id": "salesforce_client_secret",
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
    for name in ("partner_secrets", "partner_webhooks", "slack_webhooks"):
        values.setdefault(name, {})
    for name in ("public_site_url", "public_api_url"):
        values.setdefault(name, _own_address(values.get("host", "127.0.0.1"), values.get("port") or 8000))
    return values, errors


def _own_address(host: str, port: int) -> str:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened to
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _intercom(given: Mapping[str, str]) -> dict[str, Intercom]:
    def workspace(country: str) -> Intercom:
        start = f"{PREFIX}INTERCOM_{country}_"
        return Intercom(
            app_id=given.get(start + "APP_ID"),
            token=given.get(start + "TOKEN"),
            admin_id=given.get(start + "ADMIN_ID"),
            webhook_secret=readers.secrets(given.get(start + "WEBHOOK_SECRET", "")),
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
    errors += [
        f"{PREFIX}{identity.upper()} is missing: set it together with {PREFIX}{secret.upper()}."
        for identity, secret in _IDENTITIES.items()
        if getattr(settings, secret) and not getattr(settings, identity)
    ]
    if settings.pubsub_audience and not settings.pubsub_email:
        errors.append(f"{PREFIX}PUBSUB_EMAIL is missing: name the account that signs, together with the audience.")
    return errors + _unsigned(settings) + _not_of_slack(settings)


def _unsigned(settings: Settings) -> list[str]:
    """Return what is wrong with the secrets that sign the webhooks to partners."""
    errors = []
    for name in settings.partner_webhooks:
        secrets = settings.partner_secrets.get(name)
        make = f"make one with `echo whsec_$(openssl rand -base64 32)`, add {name}:whsec_… and give it to the partner."
        if not secrets:
            errors.append(f"{PREFIX}PARTNER_SECRETS has none for {name}, whose webhook has to be signed: {make}")
        elif not all(map(readers.signs_webhooks, secrets)):
            errors.append(
                f"{PREFIX}PARTNER_SECRETS holds one for {name} that cannot sign its webhook, as it is not whsec_ and "
                f"the base64 of 24 to 64 bytes: {make}"
            )
    return errors


def _not_of_slack(settings: Settings) -> list[str]:
    """Return the channels whose webhook leads elsewhere: whatever is posted would go there."""
    allowed = ("https://hooks.slack.com/", *(() if settings.production else (f"{settings.sandbox_url}/",)))
    wrong = [channel for channel, url in settings.slack_webhooks.items() if not url.startswith(allowed)]
    text = "has a URL that does not begin with https://hooks.slack.com/: copy the webhook's URL from Slack."
    return [f"{PREFIX}SLACK_WEBHOOKS: {channel} {text}" for channel in wrong]


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
    if any(not url.startswith("https://") for url in settings.partner_webhooks.values()):
        errors.append(f"{PREFIX}PARTNER_WEBHOOKS holds a URL without https: production sends to no other.")
    return errors
