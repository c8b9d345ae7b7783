import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import (
    BadEmail,
    Email,
    Phone,
    Prospect,
    clean_phone_number,
    parse_email,
    parse_phone,
    registered,
)

FR, BE, ES = Country.FR, Country.BE, Country.ES
A_MOBILE = Phone("+33612345678", valid=True)
ANOTHER_MOBILE = Phone("+33712345678", valid=True)
NONSENSE = Phone("12345678", valid=False)


def a_prospect(**changes):
    prospect = Prospect(
        id=ProspectId(UUID(int=7)),
        email=Email("ada@example.org"),
        phone=None,
        phone_valid=False,
        first_name="Ada",
        last_name=None,
        country_code=FR,
        pending_task=False,
        owner_agent_id=None,
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    return replace(prospect, **changes)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        pytest.param("ada@example.org", "ada@example.org", id="a plain address stays"),
        pytest.param(" \t Ada.Love@Example.ORG\n", "ada.love@example.org", id="blanks and capitals go"),
        pytest.param("ada+home@example.org", "ada+home@example.org", id="a tag is kept"),
        pytest.param("ada@EXÄMPLE.org", "ada@xn--exmple-cua.org", id="an international domain becomes ASCII"),
        pytest.param("ada@exa\u0308mple.org", "ada@xn--exmple-cua.org", id="composed or not is one domain"),
        pytest.param("ada@XN--EXMPLE-CUA.org", "ada@xn--exmple-cua.org", id="ASCII form of it, in capitals"),
        pytest.param("ada@\uff25\uff38ample.org", "ada@example.org", id="full-width letters are letters"),
        pytest.param("JOSE\u0301@example.org", "jos\u00e9@example.org", id="the local part is composed"),
        pytest.param("\u212a@example.org", "k@example.org", id="the Kelvin sign is a k"),
        pytest.param("ada@shop.test", "ada@shop.test", id="the reserved test domain is allowed"),
    ],
)
def test_an_address_is_stored_in_one_form(raw, stored):
    assert parse_email(raw) == stored


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "a b@example.org",
        "Ada <ada@example.org>",
        "ada@@example.org",
        "ada@example..org",
        "ada@[127.0.0.1]",
        "ada\x00@example.org",
        "ada\ud800@example.org",
        "ada@\udfff.org",
        "ada@example.org\r\nbcc: eve@example.org",
        "ada@" + 63 * "ü" + ".org",
        64 * "a" + "@" + 62 * "b" + "." + 62 * "c" + "." + 62 * "d" + ".org",
        100_000 * "a" + "@example.org",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(raw):
    with pytest.raises(BadEmail) as refused:
        parse_email(raw)
    assert refused.value.code == "bad-email"
    assert str(refused.value) == str(BadEmail())
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_an_address_of_254_bytes_is_the_longest():
    domain = 62 * "b" + "." + 62 * "c" + "." + 59 * "d" + ".org"
    longest = (254 - 1 - len(domain)) * "a" + "@" + domain
    assert parse_email(longest) == longest
    with pytest.raises(BadEmail):
        parse_email("a" + longest)


def test_the_ascii_form_of_the_domain_counts_for_the_length():
    with pytest.raises(BadEmail):
        parse_email("é" + 20 * "a" + "@" + 30 * "é." + "org")  # 22 + 1 + 30 times xn--9ca.


letters = st.characters(exclude_characters="@", exclude_categories=["Cs", "Cc", "Zs"])


@given(st.text(letters, min_size=1, max_size=20), st.text(letters, min_size=1, max_size=15))
def test_parsing_a_stored_address_again_changes_nothing(local, label):
    try:
        email = parse_email(f"{local}@{label}.org")
    except BadEmail:
        return
    assert parse_email(email) == email
    assert email == unicodedata.normalize("NFC", email)
    assert email.partition("@")[2].isascii()


@given(st.emails(), st.sampled_from([str.upper, str.lower, str.title, lambda email: f"\u00a0{email}\t "]))
def test_a_capital_or_a_blank_never_makes_a_second_prospect(email, written):
    try:
        expected = parse_email(email)
    except BadEmail:
        return
    assert parse_email(written(email)) == expected


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        pytest.param("06 12-34.56 (78)", "0612345678", id="only digits stay"),
        pytest.param("  +33 6 12 34 56 78", "+33612345678", id="a leading plus stays"),
        pytest.param("(+33) 6 12 34 56 78", "33612345678", id="a plus after something else goes"),
        pytest.param("+33+6+12345678", "+33612345678", id="only the first plus stays"),
        pytest.param("1234567", None, id="seven characters are no number"),
        pytest.param("12345678", "12345678", id="eight are"),
        pytest.param("+1234567", "+1234567", id="the plus counts as one of the eight"),
        pytest.param("+123456", None, id="a plus and six digits are no number"),
        pytest.param("12345678901234567", "1234567890123456", id="longer than sixteen is cut"),
        pytest.param("+1234567890123456", "+123456789012345", id="the plus counts as one of the sixteen"),
        pytest.param("٠٦١٢٣٤٥٦٧٨", "0612345678", id="digits of other scripts are digits"),
        pytest.param("06²12345678", "0612345678", id="a superscript is none"),
        pytest.param("call me", None, id="no digit at all"),
        pytest.param("", None, id="nothing"),
        pytest.param("\x00\ud800 0612345678", "0612345678", id="what cannot be stored goes"),
    ],
)
def test_a_phone_number_is_cleaned(raw, cleaned):
    assert clean_phone_number(raw) == cleaned


@given(st.text(st.sampled_from("+0123456789 ().-/x\n٣"), max_size=40))
def test_cleaning_a_cleaned_number_changes_nothing(raw):
    cleaned = clean_phone_number(raw)
    if cleaned is not None:
        assert 8 <= len(cleaned) <= 16
        assert cleaned.isascii()
        assert clean_phone_number(cleaned) == cleaned


@pytest.mark.parametrize(
    ("raw", "country", "phone"),
    [
        pytest.param("06 12 34 56 78", FR, A_MOBILE, id="national"),
        pytest.param("+33 (0)6 12 34 56 78", FR, A_MOBILE, id="with the zero that nobody dials"),
        pytest.param("0033 6 12 34 56 78", FR, A_MOBILE, id="with 00 for the plus"),
        pytest.param("0470 12 34 56", BE, Phone("+32470123456", valid=True), id="Belgian"),
        pytest.param("612 345 678", ES, Phone("+34612345678", valid=True), id="Spanish"),
        pytest.param("+32 470 12 34 56", FR, Phone("+32470123456", valid=True), id="a Belgian number in France"),
        pytest.param("+33 6 12 34 56 78", None, A_MOBILE, id="its own country is enough"),
        pytest.param("0690 12 34 56", FR, Phone("+590690123456", valid=True), id="a mobile on Guadeloupe"),
        pytest.param("0696 12 34 56", FR, Phone("+596696123456", valid=True), id="a mobile on Martinique"),
        pytest.param("0694 20 12 34", FR, Phone("+594694201234", valid=True), id="a mobile in Guyane"),
        pytest.param("0692 12 34 56", FR, Phone("+262692123456", valid=True), id="a mobile on Réunion"),
        pytest.param("01 99 00 12 34", FR, Phone("+33199001234", valid=True), id="a landline of fiction"),
        pytest.param("06 12 34 56 78", None, Phone("0612345678", valid=False), id="national where nobody knows"),
        pytest.param("06 12 34 56 78", ES, Phone("0612345678", valid=False), id="of another country without plus"),
        pytest.param("06 12 34 56 7", FR, Phone("061234567", valid=False), id="a digit short"),
        pytest.param("0612345678 0698765432", FR, Phone("0612345678069876", valid=False), id="two numbers"),
        pytest.param("+999 12345678", FR, Phone("+99912345678", valid=False), id="no such country"),
        pytest.param("123", FR, None, id="too short to be one"),
        pytest.param(None, FR, None, id="none given"),
    ],
)
def test_a_phone_number_is_stored_as_it_is_dialled(raw, country, phone):
    assert parse_phone(raw, country) == phone


def test_what_is_left_of_a_number_that_was_cut_is_not_called():
    somebody = "+4930123456789012"[:16]
    assert parse_phone(somebody, FR) == Phone(somebody, valid=True)
    assert parse_phone(somebody + "9", FR) == Phone(somebody, valid=False)


@given(st.text(st.sampled_from("+0123456789 "), max_size=20), st.sampled_from([*Country, None]))
def test_a_stored_number_is_stored_again_as_it_is(raw, country):
    phone = parse_phone(raw, country)
    if phone is not None and phone.valid:
        assert parse_phone(phone.number, None) == phone


@pytest.mark.parametrize(
    ("stored", "given_now", "kept"),
    [
        pytest.param(None, A_MOBILE, A_MOBILE, id="a first number is stored"),
        pytest.param(None, NONSENSE, NONSENSE, id="an invalid one fills an empty place"),
        pytest.param(A_MOBILE, ANOTHER_MOBILE, ANOTHER_MOBILE, id="a valid one replaces a valid one"),
        pytest.param(NONSENSE, A_MOBILE, A_MOBILE, id="a valid one replaces an invalid one"),
        pytest.param(A_MOBILE, NONSENSE, A_MOBILE, id="an invalid one erases no valid one"),
        pytest.param(NONSENSE, Phone("87654321", valid=False), NONSENSE, id="nor an invalid one"),
        pytest.param(A_MOBILE, None, A_MOBILE, id="no number changes nothing"),
        pytest.param(None, None, None, id="still none"),
    ],
)
def test_registering_again_with_a_phone_number(stored, given_now, kept):
    before = a_prospect(phone=stored and stored.number, phone_valid=bool(stored and stored.valid))
    after = registered(before, given_now, None, None)
    assert (after.phone, after.phone_valid) == ((kept.number, kept.valid) if kept else (None, False))


def test_new_names_replace_and_no_name_erases_none():
    prospect = a_prospect(first_name="Ada", last_name="Byron")
    assert registered(prospect, None, None, "Lovelace") == replace(prospect, last_name="Lovelace")
    assert registered(prospect, None, "", None) == prospect


@given(
    st.text("abz09._+-AZ", max_size=70),
    st.sampled_from(
        ["example.org", "EXÄMPLE.org", "a..b", "x", "test", "shop.test", "-a.org", "a" * 60 + ".example.org"]
    ),
)
def test_plain_addresses_are_judged_as_the_library_judges_them(local, domain):
    raw = f"{local}@{domain}"
    try:
        judged = validate_email(raw.strip().lower(), check_deliverability=False, test_environment=True)
        expected = f"{judged.local_part}@{judged.ascii_domain}"
    except EmailNotValidError:
        expected = None
    try:
        found = parse_email(raw)
    except BadEmail:
        found = None
    assert found == expected
