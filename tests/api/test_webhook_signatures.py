"""Signatures of webhooks, against the vectors and libraries of those who sign."""

import base64
import hashlib
import hmac
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from growth.api.errors import Refused
from growth.api.webhooks.signatures import BAD_SIGNATURE, verify_customerio, verify_standard, verify_stripe

VECTORS = Path(__file__).parents[1] / "data" / "webhooks" / "vectors"
NOW = 1_700_000_000
STRIPE_SECRET, STANDARD_SECRET = "whsec_test_secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()
BODY = json.dumps({"id": "evt_1", "type": "invoice.paid", "data": {"object": {"id": "in_1", "name": "Zoé"}}}).encode()
CUSTOMERIO_SECRET = "signing-key"
MUTANTS = 10_000  # of each of the three schemes


def vectors(name):
    found = json.loads((VECTORS / f"{name}.json").read_text())["vectors"]
    assert len(found) > 4
    return [pytest.param(it, id=it["name"]) for it in found]


def accepts(verify, *arguments, **options):
    """Whether the check passes; whatever it raises must be the refusal."""
    try:
        verify(*arguments, **options)
    except Refused as refusal:
        return (refusal.status_code, refusal.code) != (401, BAD_SIGNATURE)
    return True


def stripe_header(body=BODY, secret=STRIPE_SECRET, at=NOW):
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


def by_hand(secret, stamp=str(NOW), body=BODY):
    """What Stripe's library would not sign."""
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signature}"


def standard_headers(body=BODY, secret=STANDARD_SECRET, at=NOW, id="msg_1"):
    signature = Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signature}


def customerio_headers(body=BODY, secret=CUSTOMERIO_SECRET, at=NOW):
    signature = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-cio-timestamp": str(at), "x-cio-signature": signature}


def customerio_accepts(body=BODY, headers=None, secrets=(CUSTOMERIO_SECRET,)):
    return accepts(verify_customerio, body, customerio_headers() if headers is None else headers, secrets)


def stripe_accepts(body=BODY, header=None, secrets=(STRIPE_SECRET,), now=NOW):
    return accepts(verify_stripe, body, stripe_header() if header is None else header, secrets, now=now)


def standard_accepts(body=BODY, headers=None, secrets=(STANDARD_SECRET,), now=NOW):
    return accepts(verify_standard, body, standard_headers() if headers is None else headers, secrets, now=now)


@pytest.mark.parametrize("vector", vectors("stripe_signature"))
def test_stripes_own_vectors(vector):
    accepted = stripe_accepts(
        vector["body"].encode(), vector["header"]["Stripe-Signature"], [vector["secret"]], vector["now"]
    )
    # The one body that is signed but no JSON is refused by who parses it.
    assert accepted == (vector["expect"] == "accept" or vector["name"] == "signed but not JSON")


@pytest.mark.parametrize("vector", vectors("standard_webhooks"))
def test_vectors_of_standard_webhooks(vector):
    accepted = standard_accepts(vector["body"].encode(), vector["headers"], [vector["secret"]], vector["now"])
    assert accepted == (vector["expect"] == "accept")


@pytest.mark.parametrize("vector", vectors("customerio_signature"))
def test_vectors_of_customerio(vector):
    headers = {name.lower(): value for name, value in vector["headers"].items() if value is not None}
    # One way only to write a signature: in upper case it is refused.
    assert customerio_accepts(vector["body"].encode(), headers, [vector["key"]]) == (vector["expect"] == "accept")


@pytest.mark.parametrize("seconds", [-(10**9), -7 * 86_400, -301, 0, 301, 10**9])
def test_a_stamp_of_customerio_may_be_of_any_time(seconds):
    assert customerio_accepts(headers=customerio_headers(at=int(time.time()) + seconds))


def test_a_signature_of_customerio_may_say_its_version():
    headers = customerio_headers()
    signature = headers["x-cio-signature"]
    assert customerio_accepts(headers=headers | {"x-cio-signature": f"v0={signature}"})
    for prefix in ("v1=", "V0=", "v0=v0=", "v0,", "sha256=", " "):
        assert not customerio_accepts(headers=headers | {"x-cio-signature": f"{prefix}{signature}"})


@pytest.mark.parametrize("signature_accepted", [stripe_accepts, standard_accepts])
@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(-301, False), (-300, True), (0, True), (300, True), (301, False), (300.5, False), (10**9, False)],
)
def test_a_stamp_counts_for_five_minutes_before_and_after(signature_accepted, seconds, accepted):
    assert signature_accepted(now=NOW + seconds) is accepted


def test_real_time_is_taken_when_none_is_given():
    now = int(time.time())
    fresh, old = stripe_header(at=now), stripe_header(at=now - 400)
    assert accepts(verify_stripe, BODY, fresh, [STRIPE_SECRET])
    assert not accepts(verify_stripe, BODY, old, [STRIPE_SECRET])
    assert accepts(verify_standard, BODY, standard_headers(at=now), [STANDARD_SECRET])
    assert not accepts(verify_standard, BODY, standard_headers(at=now - 400), [STANDARD_SECRET])


def test_stripes_library_accepts_what_we_accept():
    header = stripe_header(at=int(time.time()))
    assert accepts(verify_stripe, BODY, header, [STRIPE_SECRET])
    assert stripe.Webhook.construct_event(BODY, header, STRIPE_SECRET)["type"] == "invoice.paid"


def test_the_library_of_standard_webhooks_accepts_what_we_accept():
    headers = standard_headers(at=int(time.time()))
    assert accepts(verify_standard, BODY, headers, [STANDARD_SECRET])
    assert Webhook(STANDARD_SECRET).verify(BODY, headers)["type"] == "invoice.paid"


def test_while_secrets_are_rotated_either_is_accepted():
    both = stripe_header() + "," + stripe_header(secret=OTHER_SECRET).partition(",")[2]
    for secrets in ([OTHER_SECRET, STRIPE_SECRET], [STRIPE_SECRET, OTHER_SECRET], [STRIPE_SECRET]):
        assert stripe_accepts(secrets=secrets)
        assert stripe_accepts(header=both, secrets=secrets)
    assert stripe_accepts(header=both, secrets=[OTHER_SECRET])
    assert not stripe_accepts(secrets=[OTHER_SECRET])
    for secrets in (["other", CUSTOMERIO_SECRET], [CUSTOMERIO_SECRET, "other"]):
        assert customerio_accepts(secrets=secrets)
    assert not customerio_accepts(secrets=["other"])
    for secrets in ([OTHER_SECRET, STANDARD_SECRET], [STANDARD_SECRET, OTHER_SECRET], ["é", STANDARD_SECRET]):
        assert standard_accepts(secrets=secrets)
    assert not standard_accepts(secrets=[OTHER_SECRET])


def test_no_secret_opens_nothing():
    assert not stripe_accepts(secrets=[])
    assert not standard_accepts(secrets=[])
    assert not customerio_accepts(secrets=[])
    for empty in ("", "  "):
        assert not customerio_accepts(headers=customerio_headers(secret=empty), secrets=[empty])
        assert not stripe_accepts(header=by_hand(empty), secrets=[empty])
    signed = hmac.digest(b"", b"msg_1.%d." % NOW + BODY, hashlib.sha256)
    forged = standard_headers() | {"webhook-signature": "v1," + base64.b64encode(signed).decode()}
    for empty in ("", "whsec_"):
        assert not standard_accepts(headers=forged, secrets=[empty])


def test_an_id_cannot_move_the_border_between_id_time_and_body():
    headers = standard_headers(body=f"{NOW}.{{}}".encode(), id="msg")
    moved = headers | {"webhook-id": f"msg.{NOW}"}
    assert standard_headers(body=b"{}", id=f"msg.{NOW}")["webhook-signature"] == headers["webhook-signature"]
    assert not standard_accepts(b"{}", moved)
    stamped = customerio_headers(body=b"5:{}", at=7)
    assert stamped["x-cio-signature"] == customerio_headers(body=b"{}", at="7:5")["x-cio-signature"]
    assert customerio_accepts(b"5:{}", stamped)
    assert not customerio_accepts(b"{}", stamped | {"x-cio-timestamp": "7:5"})


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        ",",
        "=",
        "t",
        "t=",
        f"t={NOW}",
        f"t={NOW},v1",
        f"t={NOW},v1=",
        f"t={NOW},v1=é",
        f"t={NOW},v1=\ud800",
        "v1=" + "0" * 64,
        stripe_header().replace("v1", "v0"),
        stripe_header().replace("v1", "V1"),
        stripe_header().upper(),
        f"t={NOW}," + stripe_header(),
    ],
)
def test_a_strange_header_of_stripes_is_only_refused(header):
    assert not accepts(verify_stripe, BODY, header, [STRIPE_SECRET], now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_é"},
        {"webhook-id": "\ud800"},
        {"webhook-timestamp": f"{NOW}.5"},
        {"webhook-timestamp": f"0{NOW}"},
        {"webhook-timestamp": "inf"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": standard_headers()["webhook-signature"].replace("v1", "v1a")},
        {"webhook-signature": standard_headers()["webhook-signature"].replace("v1,", "v1,!")},
        {"webhook-signature": standard_headers()["webhook-signature"].replace("v1,", "")},
    ],
)
def test_strange_headers_of_standard_webhooks_are_only_refused(change):
    assert not standard_accepts(headers=standard_headers() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"x-cio-timestamp": ""},
        {"x-cio-timestamp": f"0{NOW}"},
        {"x-cio-timestamp": f" {NOW}"},
        {"x-cio-timestamp": f"{NOW}.0"},
        {"x-cio-timestamp": "\ud800"},
        {"x-cio-signature": ""},
        {"x-cio-signature": "v0="},
        {"x-cio-signature": "é\ud800"},
        {"x-cio-signature": customerio_headers()["x-cio-signature"].upper()},
        {"x-cio-signature": customerio_headers()["x-cio-signature"][:-1]},
        {"x-cio-signature": ",".join([customerio_headers()["x-cio-signature"]] * 2)},
    ],
)
def test_strange_headers_of_customerio_are_only_refused(change):
    assert not customerio_accepts(headers=customerio_headers() | change)


@given(st.binary(max_size=40), st.text(max_size=60), st.text(max_size=20), st.text(max_size=80))
def test_nothing_raises_anything_but_a_refusal(body, header, stamp, signature):
    assert not accepts(verify_stripe, body, header, [STRIPE_SECRET], now=NOW)
    assert not accepts(verify_stripe, body, f"t={NOW},v1={signature}", [STRIPE_SECRET], now=NOW)
    for given_stamp in (stamp, str(NOW)):
        assert not customerio_accepts(body, {"x-cio-timestamp": given_stamp, "x-cio-signature": signature})
        headers = {"webhook-id": header, "webhook-timestamp": given_stamp, "webhook-signature": signature}
        assert not accepts(verify_standard, body, headers, [STANDARD_SECRET], now=NOW)


@pytest.mark.parametrize("stamp", ["", f"0{NOW}", f" {NOW}", f"+{NOW}", f"{NOW}.0", "1_700_000_000", "1.7e9", "nan"])
def test_a_stamp_is_written_in_one_way_only_however_well_it_is_signed(stamp):
    assert stripe_accepts(header=by_hand(STRIPE_SECRET, str(NOW)))
    assert not stripe_accepts(header=by_hand(STRIPE_SECRET, stamp))


def test_digits_of_other_scripts_are_no_stamp():
    stamp = "".join(chr(0x0660 + int(digit)) for digit in str(NOW))
    assert int(stamp) == NOW
    assert not stripe_accepts(header=by_hand(STRIPE_SECRET, stamp))
    assert not standard_accepts(headers=standard_headers() | {"webhook-timestamp": stamp})


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"\r\n{}\n", "é".encode()])
def test_the_raw_bytes_count(body):
    header = by_hand(STRIPE_SECRET, body=body)
    assert stripe_accepts(body, header)
    assert not stripe_accepts(body + b" ", header)


def a_flip(chance, text):
    data = bytearray(text)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def a_cut(chance, text):
    start = chance.randrange(len(text))
    return text[:start] + text[start + chance.randint(1, 5) :]


def a_swap(chance, text):
    here, there = sorted(chance.sample(range(len(text)), 2))
    return text[:here] + text[there : there + 1] + text[here + 1 : there] + text[here : here + 1] + text[there + 1 :]


def rewritten(chance, body):
    told = json.loads(body)
    options = {"indent": chance.choice([1, 2, None]), "sort_keys": chance.random() < 0.5, "ensure_ascii": False}
    return json.dumps(told | {"n": chance.random()} if chance.random() < 0.5 else told, **options).encode()


CHANGES = [a_flip, a_cut, a_swap]


def mutants(seed, genuine):
    """Bodies and header values that differ from the genuine ones: each a body, and the headers as a list of bytes."""
    chance = random.Random(seed)
    body, *headers = genuine
    while True:
        which = chance.randrange(len(genuine) + 1)
        if which == 0:
            yield rewritten(chance, body), headers
        else:
            parts = [body, *headers]
            parts[which - 1] = chance.choice(CHANGES)(chance, parts[which - 1])
            yield parts[0], parts[1:]


def refused_mutants(genuine, accepted):
    """How many of so many mutants were refused; the genuine one itself is accepted."""
    assert accepted(genuine[0], genuine[1:])
    seen = 0
    for body, headers in mutants(7, genuine):
        if [body, *headers] != genuine:
            assert not accepted(body, headers), (body, headers)
            seen += 1
        if seen == MUTANTS:
            return seen
    return None


def test_no_mutant_of_a_body_or_header_of_stripes_is_accepted():
    def accepted(body, headers):
        return stripe_accepts(body, headers[0].decode("latin-1"))

    assert refused_mutants([BODY, stripe_header().encode()], accepted) == MUTANTS


def test_no_mutant_of_a_body_or_header_of_standard_webhooks_is_accepted():
    names = list(standard_headers())

    def accepted(body, headers):
        texts = (it.decode("latin-1") for it in headers)
        return standard_accepts(body, dict(zip(names, texts, strict=True)))

    assert refused_mutants([BODY, *(it.encode() for it in standard_headers().values())], accepted) == MUTANTS


def test_no_mutant_of_a_body_or_header_of_customerio_is_accepted():
    names = list(customerio_headers())

    def accepted(body, headers):
        texts = (it.decode("latin-1") for it in headers)
        return customerio_accepts(body, dict(zip(names, texts, strict=True)))

    assert refused_mutants([BODY, *(it.encode() for it in customerio_headers().values())], accepted) == MUTANTS


def test_no_signature_with_another_secret_or_of_another_scheme_is_accepted():
    chance = random.Random(11)
    for _ in range(500):
        secret = "whsec_" + base64.b64encode(chance.randbytes(32)).decode()
        assert not stripe_accepts(header=stripe_header(secret=secret))
        assert not customerio_accepts(headers=customerio_headers(secret=secret))
        of_stripe = by_hand(CUSTOMERIO_SECRET, "v0:" + str(NOW)).partition("v1=")[2]
        assert not customerio_accepts(headers=customerio_headers() | {"x-cio-signature": of_stripe})
        assert not standard_accepts(headers=standard_headers(secret=secret))
        scheme = "v" + chance.choice(["0", "2", "10", "1a", "", "1 "])
        assert not stripe_accepts(header=stripe_header().replace("v1=", f"{scheme}="))
        signature = standard_headers()["webhook-signature"].replace("v1,", f"{scheme},")
        assert not standard_accepts(headers=standard_headers() | {"webhook-signature": signature})
