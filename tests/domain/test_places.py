from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.kernel.country import Country
from growth.domain.kernel.places import BadPostalCode, normalised_address, parse_postal_code, timezone_of

FR, BE, ES = Country.FR, Country.BE, Country.ES


@pytest.mark.parametrize(
    ("country", "postal_code", "timezone"),
    [
        (FR, "75011", "Europe/Paris"),
        (FR, "01000", "Europe/Paris"),
        (FR, "20000", "Europe/Paris"),
        (FR, "97110", "America/Guadeloupe"),
        (FR, "97200", "America/Martinique"),
        (FR, "97300", "America/Cayenne"),
        (FR, "97400", "Indian/Reunion"),
        (FR, "97500", "America/Miquelon"),
        (FR, "97600", "Indian/Mayotte"),
        (FR, "97700", "America/St_Barthelemy"),
        (FR, "97800", "America/Marigot"),
        (FR, "98600", "Pacific/Wallis"),
        (FR, "98714", "Pacific/Tahiti"),
        (FR, "98800", "Pacific/Noumea"),
        (BE, "1000", "Europe/Brussels"),
        (BE, "3500", "Europe/Brussels"),
        (ES, "28013", "Europe/Madrid"),
        (ES, "35001", "Atlantic/Canary"),
        (ES, "38001", "Atlantic/Canary"),
        (ES, "03800", "Europe/Madrid"),
    ],
)
def test_a_person_is_called_in_the_time_of_his_place(country, postal_code, timezone):
    assert timezone_of(country, postal_code) == timezone
    assert ZoneInfo(timezone).key == timezone


@given(st.sampled_from(Country), st.integers(0, 99_999))
def test_every_postal_code_has_a_time_zone(country, number):
    try:
        postal_code = parse_postal_code(country, f"{number:05}" if country != BE else f"{number:04}")
    except BadPostalCode:
        return
    ZoneInfo(timezone_of(country, postal_code))


@pytest.mark.parametrize(
    ("country", "raw", "code"),
    [
        (FR, " 75 011\n", "75011"),
        (FR, "01000", "01000"),
        (BE, "1000", "1000"),
        (ES, "01001", "01001"),
        (ES, "52006", "52006"),
    ],
)
def test_a_postal_code_is_kept_without_blanks(country, raw, code):
    assert parse_postal_code(country, raw) == code


@pytest.mark.parametrize(
    ("country", "raw"),
    [
        (FR, ""),
        (FR, "7501"),
        (FR, "750111"),
        (FR, "7501A"),
        (FR, "\u0667\u0665\u0660\u0661\u0661"),
        (FR, "75011\x00"),
        (FR, "\ud80075011"),
        (BE, "10000"),
        (BE, "B-1000"),
        (ES, "00999"),
        (ES, "53000"),
        (ES, "2801"),
    ],
)
def test_a_code_of_no_place_is_refused(country, raw):
    with pytest.raises(BadPostalCode, match=f"postal code of {country}: write") as refused:
        parse_postal_code(country, raw)
    assert refused.value.code == "bad-postal-code"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 avenue de la République", "12, Av. de la Republique"),
        ("12 AVENUE DE LA RÉPUBLIQUE", "12  ave de la re\u0301publique "),
        ("3 bis boulevard Saint-Michel", "3bis, Bd St Michel"),
        ("5 rue de l'Église", "5 R. de l\u2019eglise"),
        ("8 place du Sacré-Cœur", "8 pl. du sacre coeur"),
        ("10 allée des Érables", "10 all des erables"),
        ("Calle Mayor, 5", "C/ Mayor 5"),
        ("Avenida de América 7", "Avda. de America, 7"),
        ("Paseo de Gracia 1", "Pº de Gracia 1"),
        ("Straße 4", "STRASSE 4"),
    ],
)
def test_two_ways_to_write_an_address_are_one(one, other):
    assert normalised_address(one) == normalised_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 rue Monge", "1 2 rue Monge"),
        ("12 rue Monge", "12 avenue Monge"),
        ("12 rue Monge", "12 bis rue Monge"),
        ("1 rue Saint-Paul", "1 rue Sainte-Paule"),
    ],
)
def test_two_addresses_stay_two(one, other):
    assert normalised_address(one) != normalised_address(other)


@given(st.text())
def test_a_normalised_address_is_its_own_normalised_form(address):
    form = normalised_address(address)
    assert normalised_address(form) == form
    form.encode()


def test_what_cannot_be_stored_falls_out_of_an_address():
    assert normalised_address("5\x00 rue \ud800 Monge") == "5 r monge"
