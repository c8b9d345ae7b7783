"""W1, W3 on signatures of Intercom: vectors, and mutants of bodies, headers and secrets."""

import hashlib
import hmac
import json
import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.test_webhook_signatures import accepts, mutants, vectors

from growth.api.webhooks.signatures import verify_intercom

SECRET, OTHER = "test_client_secret", "another_client_secret"
BODY = json.dumps({"type": "notification_event", "topic": "ping", "id": "notif_1", "name": "Zoé"}).encode()
MUTANTS = 10_000


def signed(body=BODY, secret=SECRET, algorithm="sha1"):
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


def accepted(body=BODY, header=None, secrets=(SECRET,)):
    return accepts(verify_intercom, body, signed() if header is None else header, secrets)


@pytest.mark.parametrize("vector", vectors("intercom_signature"))
def test_vectors_of_intercom(vector):
    header = vector["headers"]["X-Hub-Signature"]
    assert accepted(vector["body"].encode(), header, [vector["client_secret"]]) == (vector["expect"] == "accept")


def test_a_signature_of_openssl_is_accepted():
    body = b'{"type":"notification_event","topic":"ping","id":"notif_1"}'  # openssl dgst -sha1 -hmac client-secret
    assert accepted(body, "sha1=4474b70fc0f02344316a0dfc25a75d0c834a9f1f", ["client-secret"])


def test_while_secrets_are_rotated_either_is_accepted():
    for secrets in ([OTHER, SECRET], [SECRET, OTHER], ["é", SECRET], ["", SECRET]):
        assert accepted(secrets=secrets)
        assert accepted(header=signed(secret=secrets[0] or SECRET), secrets=secrets)
    assert not accepted(secrets=[OTHER])


def test_no_secret_opens_nothing():
    assert not accepted(secrets=[])
    for empty in ("", "  "):
        assert not accepted(header=signed(secret=empty), secrets=[empty])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha1",
        "sha1=",
        "sha1=é\ud800",
        signed().removeprefix("sha1="),
        signed().upper(),
        signed().replace("sha1=", "SHA1="),
        signed().replace("sha1=", "sha1=sha1="),
        "sha1=" + signed()[5:].upper(),
        signed()[:-1],
        signed() + "0",
        f" {signed()}",
        f"{signed()},{signed()}",
        signed(algorithm="sha256"),
        signed(algorithm="sha256").replace("sha256", "sha1"),
        signed(algorithm="md5").replace("md5", "sha1"),
        "sha1=" + hashlib.sha1(BODY).hexdigest(),
    ],
)
def test_strange_headers_are_only_refused(header):
    assert not accepted(header=header)


def test_a_missing_header_is_refused():
    assert not accepts(verify_intercom, BODY, None, [SECRET])


@given(st.binary(max_size=40), st.text(max_size=60))
def test_nothing_raises_anything_but_a_refusal(body, header):
    assert not accepted(body, header)
    assert not accepted(body, f"sha1={header}")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"\r\n{}\n", "é".encode(), b"\x00"])
def test_the_raw_bytes_count(body):
    assert accepted(body, signed(body))
    assert not accepted(body + b" ", signed(body))


def test_no_mutant_of_a_body_or_header_is_accepted():
    genuine = [BODY, signed().encode()]
    changed = ((body, header) for body, (header,) in mutants(5, genuine) if [body, header] != genuine)
    passed = [(body, header) for body, header in islice(changed, MUTANTS) if accepted(body, header.decode("latin-1"))]
    assert (accepted(), passed) == (True, [])


def test_no_signature_with_another_secret_is_accepted():
    chance = random.Random(13)
    others = [SECRET.upper(), SECRET[:-1], f"{SECRET} ", "", *(chance.randbytes(20).hex() for _ in range(500))]
    assert [secret for secret in others if accepted(header=signed(secret=secret))] == []
