import pytest

from growth.settings import BadSettings, Role, Settings

PRODUCTION = {
    "GROWTH_ENV": "production",
    "GROWTH_SECRET": "a-secret-of-our-own-0123",
    "GROWTH_DATABASE_URL": "postgresql://db/growth",
}


def test_nothing_set_is_a_development_machine():
    settings = Settings.from_environment({})
    assert (settings.port, str(settings.data_dir), settings.database_url) == (8000, ".growth", None)
    assert (Role.OPS, "dev-ops-key") in settings.api_keys
    assert settings.sandboxed_vendors[:2] == ["diabolocom", "customerio"]


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


def test_a_misspelt_name_is_a_warning():
    (warning,) = Settings.from_environment({"GROWTH_PROT": "1"}).warnings
    assert warning == "GROWTH_PROT is not a setting; did you mean GROWTH_PORT?"
