"""Somebody is found in a text however it writes her address or number, and nobody else is."""

import base64
import json
import re
from urllib.parse import quote

import pytest

from growth.domain.kernel.addresses import addresses_in
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import parse_email
from growth.domain.privacy.business_rules.traces import numbers_told, pattern_of
from growth.domain.privacy.entities import Traces

ANA, PHONE = "ana+x@example.org", "+33612345678"


def holds(text, emails=(ANA,), phones=(PHONE,)):
    traces = Traces(tuple(map(parse_email, emails)), phones)
    return re.search(pattern_of(traces), text, re.IGNORECASE) is not None


@pytest.mark.parametrize(
    "text",
    [
        ANA,
        ANA.upper(),
        f'{{"to": "Ana <{ANA}>"}}',
        f"?email={quote(ANA)}&x=1",
        f"?next={quote(quote(ANA))}",
        "%3Dana%2Bx%40example.org",
        json.dumps({"inner": json.dumps({"email": "\n" + ANA})}),
        r'"ana\u002bx\u0040example.org"',
        r"\"ana\\u002bx\\u0040example.org\"",
        f"write to {ANA}.",
    ],
)
def test_an_address_is_found_however_it_is_written(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "diana+x@example.org",
        "ana+x@example.org.uk",
        "ana+x@example.organic",
        "ana@example.org",
        "ana-x@example.org",
        "x.ana+x@example.org",
        "",
    ],
)
def test_another_address_is_not(text):
    assert not holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "+33612345678",
        "33612345678",
        "0033 6 12 34 56 78",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "+33 (0)6 12 34 56 78",
        "%2B33612345678",
        '{"phone":"0612345678"}',
        "06\u00a012\u202f34\u201356\u221278",
        json.dumps("06\u00a012\u202f34\u201356\u221278"),
        json.dumps(json.dumps("\u00a006\u00a012\u202f34\u201356\u221278")),
        quote("\u00a006\u00a012\u202f34\u201356\u221278"),
        quote(quote("06\u00a012\u202f34\u201356\u221278")),
        r"\302\24006\302\24012\342\200\25734\342\200\22356\342\210\22278",
    ],
)
def test_a_number_is_found_however_it_is_written(text):
    assert holds(text)


@pytest.mark.parametrize("text", ["+336123456789", "133612345678", "0612345679", "a612345678b", "+34612345678"])
def test_another_number_is_not(text):
    assert not holds(text)


def test_a_number_of_unknown_country_is_found_as_it_is_dialled_in_ours():
    assert holds("06 12 34 56 78", phones=("0612345678",))
    assert holds("+33 6 12 34 56 78", phones=("0612345678",))


def test_what_is_no_number_is_found_in_one_piece_only():
    assert holds("20260115", phones=("20260115",))
    assert not holds("on 2026-01-15 at 10", phones=("20260115",))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param({"a": [{"b": "06 12 34 56 78"}]}, (PHONE,), id="anywhere in a document"),
        pytest.param({"a": "call 06 12 34 56 78"}, (), id="not within a text"),
        pytest.param({"born": "1990-01-02", "n": 612345678}, (), id="not what is no number"),
        pytest.param({"a": "+33 6 99 88 77 66"}, (), id="not what is known"),
        pytest.param([f"06 12 34 56 {n}" for n in range(10, 15)], tuple(f"+336123456{n}" for n in range(10, 15))),
        pytest.param([f"06 12 34 56 {n}" for n in range(10, 16)], (), id="not a list of many"),
    ],
)
def test_numbers_are_told_as_a_whole_text(told, expected):
    assert numbers_told([told], Country.FR, ("+33699887766",)) == expected


def test_a_domain_is_found_in_its_own_letters():
    assert holds("Ana <ana@bücher.example>", emails=["ana@bücher.example"])
    assert holds("ana@xn--bcher-kva.example", emails=["ana@bücher.example"])
    assert holds(json.dumps("ana@bücher.example"), emails=["ana@bücher.example"])


def test_letters_beyond_ascii_are_found_in_octal_bytes():
    assert holds(r"zo\303\253@example.org", emails=["zoë@example.org"])
    assert not holds(base64.b64encode(b"ana+x@example.org").decode())


def test_the_addresses_of_a_body_are_read_as_they_are_stored():
    body = {"a": [{"to": "Ana <ANA@Example.ORG>"}], "b": "https://x.example/?e=zo%40example.org&c=1", "c": 3, "d": None}
    assert addresses_in(body) == {"ana@example.org", "zo@example.org"}
