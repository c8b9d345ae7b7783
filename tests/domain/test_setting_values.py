import pytest

from growth.domain.kernel.country import Country
from growth.domain.prospects.business_rules.setting_values import backup, checked, excluded
from growth.domain.prospects.entities.operator_settings import SETTINGS, Kind, UnknownSetting, WrongKind

OF_KIND = {definition.kind: name for name, definition in SETTINGS.items()}


def test_the_settings_are_those_of_the_business_with_their_defaults():
    assert {name: definition.default for name, definition in SETTINGS.items()} == {
        "fr_enable_chat": True,
        "fr_warning_in_contact_modal": None,
        "fr_enable_callback_button_on_first_step": True,
        "fr_enable_callback_button_on_email_capture_step": False,
        "fr_backup_inbound_sales_emails": None,
        "be_backup_inbound_sales_emails": None,
        "inbound_sales_emails_to_exclude": None,
        "fr_b2c_weekly_capacity_per_person": 0,
        "fr_b2b_weekly_capacity_per_person": 0,
    }
    for name, definition in SETTINGS.items():
        assert checked(name, definition.default) == definition.default


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Kind.SWITCH, False, False),
        (Kind.NUMBER, 1_000_000, 1_000_000),
        (Kind.TEXT, "", ""),
        (Kind.TEXT, None, None),
        (Kind.EMAILS, [], []),
        (Kind.EMAILS, None, None),
        (Kind.EMAILS, [" A@Example.org", "b@example.org", "a@example.org"], ["a@example.org", "b@example.org"]),
    ],
)
def test_a_value_of_the_kind_is_kept(kind, value, kept):
    found = checked(OF_KIND[kind], value)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.SWITCH, [None, 0, 1, "true", [], {}]),
        (Kind.NUMBER, [None, True, 1.5, "1", -1, 1_000_001, []]),
        (Kind.TEXT, [True, 0, [], {}, "x" * 2_001]),
        (
            Kind.EMAILS,
            ["a@example.org", ["nobody"], [None], [["a@example.org"]], [1], {}, ["a@example.org"] * 101, True],
        ),
    ],
)
def test_a_value_of_another_kind_is_refused_with_what_is_wanted(kind, values):
    for value in values:
        with pytest.raises(WrongKind, match="Send ") as refused:
            checked(OF_KIND[kind], value)
        assert [fault.pointer for fault in refused.value.faults] == ["/value"]
        assert "nobody" not in str(refused.value)


def test_an_unknown_setting_is_told_with_the_known_ones():
    with pytest.raises(UnknownSetting, match="fr_enable_chat"):
        checked("fr_enable_fax", True)


def test_who_is_excluded_and_who_stands_in_is_read_from_the_values():
    values = {"inbound_sales_emails_to_exclude": ["a@example.org"], "be_backup_inbound_sales_emails": ["b@example.org"]}
    assert excluded(values) == ("a@example.org",)
    assert [backup(values, country) for country in Country] == [(), ("b@example.org",), ()]
    assert excluded({}) == excluded({"inbound_sales_emails_to_exclude": None}) == ()
