from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth.adapters import referral_codes
from growth.adapters.referral_codes import draw_code
from growth.domain.kernel import marketing
from growth.domain.referrals.business_rules.codes import (
    ALPHABET,
    CODE_LENGTH,
    is_robot,
    parse_code,
    visit_url,
)
from growth.domain.referrals.entities.codes import ReferralCode

CODE = ReferralCode("ABCDEFGH")
SITE = "https://example.org"
SEPARATORS = " -_.:/\t\n\u00a0\u2014\u200b01oOiIlL"
CHROME = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"

codes = st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH)


def test_the_alphabet_has_31_characters_none_of_them_mistakable():
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set(ALPHABET) & set("0O1IL")


def test_drawn_codes_use_the_whole_alphabet_and_do_not_repeat():
    drawn = [draw_code() for _ in range(10_000)]
    assert {len(code) for code in drawn} == {CODE_LENGTH}
    for place in zip(*drawn, strict=True):  # at every place, a missing character has odds below 1e-140
        assert set(place) == set(ALPHABET)
    assert len(set(drawn)) > 9_990
    assert all(parse_code(code) == code for code in drawn)


def test_codes_are_drawn_from_the_systems_randomness(monkeypatch):
    monkeypatch.setattr(referral_codes.secrets, "choice", lambda letters: letters[-1])
    assert draw_code() == "99999999"


@given(codes, st.data())
def test_a_code_survives_separators_and_any_case(code, data):
    gaps = st.text(SEPARATORS, max_size=3)
    typed = "".join(data.draw(gaps) + data.draw(st.sampled_from((it, it.lower()))) for it in code) + data.draw(gaps)
    assert parse_code(typed) == code


@given(st.text())
def test_what_is_read_is_a_code_and_read_again_stays(raw):
    code = parse_code(raw)
    if code is not None:
        assert len(code) == CODE_LENGTH
        assert set(code) <= set(ALPHABET)
        assert parse_code(code) == code


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("abcd-efgh", CODE, id="a dash"),
        pytest.param(" AbCd EfGh ", CODE, id="blanks"),
        pytest.param("", None, id="nothing"),
        pytest.param("ABCDEFG", None, id="seven"),
        pytest.param("ABCDEFGHJ", None, id="nine"),
        pytest.param("ABCDEFG0", None, id="a zero is no character of it"),
        pytest.param("ABCDEF\u00df", None, id="an eszett is not SS"),
        pytest.param("ABCDEF\ufb06", None, id="nor is a ligature ST"),
        pytest.param("ABCDEFG\u017f", None, id="a long s is no S"),
        pytest.param("ABCDEFG\uff28", None, id="a full-width letter is none"),
        pytest.param("ABCDEFG\u0395", None, id="nor is a Greek one"),
        pytest.param("ABCDEFG\u0662", None, id="nor an Arabic digit"),
        pytest.param("ABCDEFGH\u00df", CODE, id="what is beyond ASCII is dropped"),
        pytest.param("ABCD\x00EFGH\ud800", CODE, id="hostile characters too"),
        pytest.param("ABCDEFGH" + 56 * " ", CODE, id="64 characters are read"),
        pytest.param("ABCDEFGH" + 57 * " ", None, id="65 are not"),
    ],
)
def test_a_typed_code(raw, code):
    assert parse_code(raw) == code


@pytest.mark.parametrize(
    ("site", "code", "query", "url"),
    [
        pytest.param(SITE, CODE, [], f"{SITE}/?ref=ABCDEFGH", id="the link"),
        pytest.param(f"{SITE}/", CODE, [], f"{SITE}/?ref=ABCDEFGH", id="one slash is enough"),
        pytest.param(SITE, None, [], f"{SITE}/", id="an unknown code: the site"),
        pytest.param(f"{SITE}/fr", CODE, [], f"{SITE}/fr/?ref=ABCDEFGH", id="a site in a folder"),
        pytest.param(f"{SITE}?a=1&b=", CODE, [], f"{SITE}/?a=1&b=&ref=ABCDEFGH", id="a site with a query"),
        pytest.param(f"{SITE}/x.php?a=1", CODE, [], f"{SITE}/x.php?a=1&ref=ABCDEFGH", id="a page with a query"),
        pytest.param(f"{SITE}/?ref=JJJJJJJJ", None, [], f"{SITE}/", id="a ref in the site's own query goes"),
        pytest.param(f"{SITE}/#top", CODE, [], f"{SITE}/?ref=ABCDEFGH#top", id="a site with an anchor"),
        pytest.param(SITE, None, [("utm_source", "x")], f"{SITE}/?utm_source=x", id="utm without a code"),
        pytest.param(SITE, CODE, [("ref", "JJJJJJJJ")], f"{SITE}/?ref=ABCDEFGH", id="never the visitor's ref"),
        pytest.param(SITE, None, [("ref", "JJJJJJJJ"), ("next", "x")], f"{SITE}/", id="nor anything else of his"),
        pytest.param(SITE, None, [("utm_", "x"), ("utm_x y", "x"), ("xutm_a", "x")], f"{SITE}/", id="look-alikes"),
        pytest.param(SITE, None, [("utm_id", "1"), ("utm_id", "2")], f"{SITE}/?utm_id=1", id="the first of a name"),
        pytest.param(f"{SITE}/?utm_id=1", None, [("utm_id", "2")], f"{SITE}/?utm_id=2", id="instead of the site's"),
        pytest.param(SITE, None, [("utm_id", "a\ud800")], f"{SITE}/?utm_id=a%3F", id="half a surrogate pair"),
        pytest.param(SITE, None, [("gclid", "")], f"{SITE}/", id="an empty one says nothing"),
    ],
)
def test_where_a_visitor_is_sent(site, code, query, url):
    assert visit_url(site, code, query) == url


def test_every_marketing_parameter_of_a_url_is_kept():
    names = [*(f"utm_{name}" for name in marketing._UTMS), *marketing._CLIDS]
    url = visit_url(SITE, CODE, [(name, f"1 {name}") for name in names])
    assert parse_qsl(urlsplit(url).query) == [("ref", CODE), *((name, f"1 {name}") for name in names)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("ref", "utm_source", "utm_x", "gclid", "a")) | st.text(),
            st.text(st.characters(exclude_categories=())),
        ),
        max_size=30,
    )
)
def test_nothing_in_a_query_leads_elsewhere_or_forges_a_ref(query):
    url = visit_url(SITE, CODE, query)
    assert url.startswith(f"{SITE}/?ref=ABCDEFGH")
    assert url.isascii()
    assert url.isprintable()
    kept = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert [value for name, value in kept if name == "ref"] == [CODE]
    assert {name for name, _ in kept} <= {"ref"} | {name for name, _ in query if name.startswith("utm_")} | {"gclid"}


def test_a_long_query_is_cut():
    url = visit_url(SITE, None, [(f"utm_{at}", "x" * 300) for at in range(100)])
    kept = parse_qsl(urlsplit(url).query)
    assert [len(value) for _, value in kept] == 20 * [255]


@pytest.mark.parametrize(
    "user_agent",
    [
        None,
        "",
        "  ",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23.20.0",
        "Twitterbot/1.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        CHROME.format("Nexus 5X") + " (compatible; AdsBot-Google-Mobile)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15 (Applebot/0.1)",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/131.0 Safari/537.36",
    ],
)
def test_robots_are_no_visitors(user_agent):
    assert is_robot(user_agent)


@pytest.mark.parametrize(
    "user_agent",
    [
        CHROME.format("Pixel 8"),
        CHROME.format("CUBOT X30"),
        CHROME.format("KINGKONG) [FBAN/FB4A;FBAV/400.0"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Instagram 320.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "curl/8.5.0",
    ],
)
def test_people_are_visitors(user_agent):
    assert not is_robot(user_agent)
