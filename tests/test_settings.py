import pytest

from growth.settings import BadSettings, Role, Settings

PRODUCTION = {
    "GROWTH_ENV": "production",
    "GROWTH_SECRET": "a-secret-of-our-own-0123",
    "GROWTH_DATABASE_URL": "postgresql://db/growth",
}
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_nothing_set_is_a_development_machine():
    settings = Settings.from_environment({})
    assert (settings.port, str(settings.data_dir), settings.database_url) == (8000, ".growth", None)
    assert settings.public_site_url == settings.public_api_url == "http://127.0.0.1:8000"
    assert (Role.OPS, "dev-ops-key") in settings.api_keys
    assert settings.sandboxed_vendors[:2] == ["diabolocom", "customerio"]


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", "http://127.0.0.1:9123"),
        ("0.0.0.0", "http://127.0.0.1:9123"),
        ("::", "http://[::1]:9123"),
        ("growth.local", "http://growth.local:9123"),
    ],
)
def test_links_lead_to_this_very_server_until_told_otherwise(host, own):
    env = {"GROWTH_HOST": host, "GROWTH_PORT": "9123"}
    settings = Settings.from_environment(env)
    assert (settings.public_site_url, settings.public_api_url) == (own, own)
    told = Settings.from_environment(env | {"GROWTH_PUBLIC_API_URL": "https://api.example.org"})
    assert (told.public_site_url, told.public_api_url) == (own, "https://api.example.org")


def test_every_error_is_told_at_once_with_its_variable():
    env = {
        "GROWTH_ENV": "staging",
        "GROWTH_PORT": "80a",
        "GROWTH_API_KEYS": "boss:secret-key-123",
        "GROWTH_PUBLIC_SITE_URL": "example.org",
        "GROWTH_SCHEDULER": "yes",
        "GROWTH_TRUSTED_PROXIES": "10.0.0.0/99",
        "GROWTH_DATABASE_URL": "mysql://x",
        "GROWTH_SPEECH_TOKEN": "t",
    }
    with pytest.raises(BadSettings) as bad:
        Settings.from_environment(env)
    named = {error.split()[0] for error in bad.value.errors}
    assert named == (set(env) - {"GROWTH_SPEECH_TOKEN"}) | {"GROWTH_SPEECH_BASE_URL"}
    assert "secret-key-123" not in str(bad.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"GROWTH_SECRET": ""}, "GROWTH_SECRET"),
        ({"GROWTH_SECRET": "short"}, "GROWTH_SECRET"),
        ({"GROWTH_API_KEYS": "ops:dev-ops-key"}, "GROWTH_API_KEYS"),
        ({"GROWTH_CORS_ORIGINS": "*"}, "GROWTH_CORS_ORIGINS"),
        (
            {"GROWTH_PARTNER_WEBHOOKS": "acme=http://acme.example", "GROWTH_PARTNER_SECRETS": f"acme:{SIGNING}"},
            "GROWTH_PARTNER_WEBHOOKS",
        ),
    ],
)
def test_production_refuses_what_everybody_knows(change, named):
    with pytest.raises(BadSettings) as bad:
        Settings.from_environment(PRODUCTION | change)
    assert [error.split()[0] for error in bad.value.errors] == [named]


def test_production_has_no_keys_but_its_own():
    assert Settings.from_environment(PRODUCTION).api_keys == ()


def test_lists_and_rotated_secrets_are_read():
    settings = Settings.from_environment(
        {
            "GROWTH_API_KEYS": "ops:key-number-1, service:key-number-2",
            "GROWTH_PARTNER_SECRETS": "kadran:one|two,acme:three",
            "GROWTH_SLACK_WEBHOOKS": "sales=https://hooks.slack.com/a?b=c",
            "GROWTH_INTERCOM_BE_APP_ID": "app",
            "GROWTH_STRIPE_WEBHOOK_SECRET": "new|old",
        }
    )
    assert settings.api_keys == ((Role.OPS, "key-number-1"), (Role.SERVICE, "key-number-2"))
    assert settings.partner_secrets == {"kadran": ("one", "two"), "acme": ("three",)}
    assert settings.slack_webhooks == {"sales": "https://hooks.slack.com/a?b=c"}
    assert settings.stripe_webhook_secret == ("new", "old")
    assert settings.intercom["BE"].app_id == "app"
    assert "key-number-1" not in repr(settings)
    assert "three" not in repr(settings)


def test_partners_are_told_where_they_want_to_hear():
    settings = Settings.from_environment(
        PRODUCTION
        | {
            "GROWTH_PARTNER_SECRETS": f"kadran:plain,acme:{SIGNING}|{SIGNING.removeprefix('whsec_')},*:{SIGNING}",
            "GROWTH_PARTNER_WEBHOOKS": "acme=https://acme.example/hook/?key=a=b, *=https://main.example",
        }
    )
    assert settings.partner_webhooks == {"acme": "https://acme.example/hook/?key=a=b", "*": "https://main.example"}
    assert "acme.example" not in repr(settings)


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        pytest.param("", "none for acme", id="no secrets"),
        pytest.param(f"kadran:{SIGNING}", "none for acme", id="of another"),
        pytest.param("acme:plain-text-secret-0123456789abcdef", "cannot sign", id="no base64"),
        pytest.param("acme:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "cannot sign", id="23 bytes"),
        pytest.param(f"acme:whsec_{'AAAA' * 22}", "cannot sign", id="66 bytes"),
        pytest.param(f"acme:{SIGNING}-_-_", "cannot sign", id="base64 for URLs"),
        pytest.param(f"acme:{SIGNING}|old-plain-secret", "cannot sign", id="the old one"),
    ],
)
def test_a_webhook_needs_a_secret_that_signs(secrets, told):
    env = {"GROWTH_PARTNER_WEBHOOKS": "acme=https://acme.example", "GROWTH_PARTNER_SECRETS": secrets}
    with pytest.raises(BadSettings, match=told) as bad:
        Settings.from_environment(env)
    (error,) = bad.value.errors
    assert error.startswith("GROWTH_PARTNER_SECRETS ")
    assert not any(secret in error for secret in secrets.removeprefix("acme:").split("|") if secret)


@pytest.mark.parametrize(
    ("vendor", "identity", "secret"),
    [("CUSTOMERIO", "SITE_ID", "API_KEY"), ("SALESFORCE", "CLIENT_ID", "CLIENT_SECRET")],
)
def test_a_secret_needs_the_name_it_belongs_to(vendor, identity, secret):
    env = {f"GROWTH_{vendor}_BASE_URL": "https://vendor.example", f"GROWTH_{vendor}_{secret}": "a-secret-key"}
    with pytest.raises(BadSettings, match=f"GROWTH_{vendor}_{identity} is missing") as bad:
        Settings.from_environment(env)
    assert len(bad.value.errors) == 1
    assert Settings.from_environment(env | {f"GROWTH_{vendor}_{identity}": "me"}).warnings == ()


def test_a_misspelt_name_is_a_warning():
    (warning,) = Settings.from_environment({"GROWTH_PROT": "1"}).warnings
    assert warning == "GROWTH_PROT is not a setting; did you mean GROWTH_PORT?"
