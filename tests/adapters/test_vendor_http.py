import asyncio
import gzip
import ssl
import time
import tracemalloc
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from growth.adapters.vendor_http import VendorHttp
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater

TOKEN = "token-that-nobody-may-see"
MEGABYTE = 2**20
DAY = timedelta(days=1)


def answer(status="200 OK", *headers, body=b"{}", length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def a_vendor(behave, *, certified=None, **options):
    """A server on a real socket that does `behave(writer)` for each request; its client, and the requests it saw."""
    requests = []

    async def serve(reader, writer):
        try:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            await behave(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certified)
    host, port = server.sockets[0].getsockname()
    client = VendorHttp(f"{'https' if certified else 'http'}://{host}:{port}", {"Private-Token": TOKEN}, **options)
    try:
        yield client, requests
    finally:
        await client.close()
        server.close()


def says(raw):
    async def behave(writer):
        writer.write(raw)
        await writer.drain()

    return behave


def certified_by_itself(folder):
    """Return what a server needs whose certificate nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
    local = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = built.add_extension(local, critical=False).sign(key, hashes.SHA256())
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (file := folder / "server.pem").write_bytes(key.private_bytes(*plain) + signed.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_who_is_not_certified_gets_nothing(tmp_path):
    async with a_vendor(says(answer()), certified=certified_by_itself(tmp_path)) as (http, seen):
        with pytest.raises(TryLater):
            await http.call("GET", "/things")
    assert seen == []


async def test_an_answer_is_decoded_and_the_credentials_are_sent():
    body = gzip.compress(b'{"id": 7}')
    async with a_vendor(says(answer("201 Created", "X-Thing: a", "Content-Encoding: gzip", body=body))) as (http, seen):
        got = await http.call("POST", "/things", json={"a": 1}, params={"page": "2"})
    assert (got.status, got.json(), got.headers["x-thing"]) == (201, {"id": 7}, "a")
    assert seen[0].startswith(b"POST /things?page=2 HTTP/1.1")
    assert TOKEN.encode() in seen[0]


async def test_nobody_listening_means_that_nothing_was_done():
    async with a_vendor(says(answer())) as (http, _):
        pass
    http = VendorHttp(str(http._base_url), {})
    with pytest.raises(TryLater) as failure:
        await http.call("POST", "/things")
    assert not isinstance(failure.value, OutcomeUnknown)
    await http.close()


async def test_a_vendor_that_hangs_up_without_an_answer_may_have_done_it():
    async def hang_up(writer):
        writer.close()

    async with a_vendor(hang_up) as (http, _):
        with pytest.raises(OutcomeUnknown):
            await http.call("POST", "/things")


async def test_no_time_left_means_that_nothing_is_sent():
    async with a_vendor(says(answer())) as (http, seen):
        with pytest.raises(TryLater) as failure:
            await http.call("POST", "/things", deadline=timedelta())
    assert not isinstance(failure.value, OutcomeUnknown)
    assert seen == []


async def test_single_bytes_do_not_extend_the_deadline():
    async def drip(writer):
        writer.write(answer(length=10_000, body=b""))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with a_vendor(drip, deadline=timedelta(seconds=0.5)) as (http, _):
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await http.call("GET", "/things")
        assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(answer("500 Oops"), id="fault"),
        pytest.param(answer("408 Request Timeout"), id="time-out on the way"),
        pytest.param(answer(body=b'{"id"', length=100), id="cut short"),
        pytest.param(answer("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"x" * 99)[:-8]), id="cut archive"),
        pytest.param(answer("200 OK", "Content-Encoding: gzip", body=b"not gzip"), id="no archive"),
        pytest.param(answer("200 OK", "Content-Encoding: br", body=b"x"), id="unwanted encoding"),
        pytest.param(answer("200 OK", "Content-Type: text/html", body=b"<html>"), id="web page"),
        pytest.param(answer("403 Forbidden", "Content-Type: text/html", body=b"<html>"), id="web page that refuses"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="not HTTP"),
    ],
)
async def test_an_unusable_answer_leaves_it_open_what_was_done(raw):
    async with a_vendor(says(raw)) as (http, _):
        with pytest.raises(OutcomeUnknown) as failure:
            await http.call("POST", "/customers/ada@example.org")
    assert "ada" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__ or failure.value.__context__ is None


async def test_an_answer_that_is_no_json_leaves_it_open_what_was_done():
    async with a_vendor(says(answer(body=b"ok"))) as (http, _):
        got = await http.call("POST", "/things")
    assert got.text() == "ok"
    with pytest.raises(OutcomeUnknown):
        got.json()


async def test_a_plain_ok_is_no_web_page_whatever_its_type():
    async with a_vendor(says(answer("200 OK", "Content-Type: text/html", body=b"ok"))) as (http, _):
        assert (await http.call("POST", "/hook")).text() == "ok"


async def test_a_redirect_is_not_followed():
    async with a_vendor(says(answer("200 OK"))) as (elsewhere, reached):
        location = f"Location: {elsewhere._base_url}/private"
        async with a_vendor(says(answer("307 Temporary Redirect", location))) as (http, _):
            with pytest.raises(OutcomeUnknown, match="unexpected answer"):
                await http.call("POST", "/things", json={})
    assert reached == []


async def test_a_path_cannot_lead_to_another_host():
    async with a_vendor(says(answer())) as (http, _):
        with pytest.raises(ValueError, match="slash"):
            await http.call("GET", "https://169.254.169.254/latest")


async def an_endless_answer(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


BOMB = gzip.compress(bytes(64 * MEGABYTE), compresslevel=1)


async def a_bomb(writer):
    writer.write(answer("200 OK", "Content-Encoding: gzip", body=BOMB))
    await writer.drain()


async def an_archive_that_never_ends(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = gzip.compress(b"{}")
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        piece = b"x" * 65536
        await writer.drain()


@pytest.mark.parametrize("behave", [an_endless_answer, a_bomb, an_archive_that_never_ends])
async def test_a_huge_answer_costs_little_memory(behave):
    async with a_vendor(behave) as (http, _):
        tracemalloc.start()
        try:
            with pytest.raises(OutcomeUnknown, match="more than"):
                await http.call("GET", "/things")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20 * MEGABYTE


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(["Retry-After: 42"], timedelta(seconds=42), id="seconds"),
        pytest.param(
            ["Date: Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After: Sat, 21 Nov 2026 10:02:00 GMT"],
            timedelta(minutes=2),
            id="date by the vendor's clock",
        ),
        pytest.param(["Retry-After: Fri, 01 Jan 2016 10:00:00 GMT"], timedelta(), id="date gone by"),
        pytest.param(["Retry-After: 99999999999"], timedelta(days=1), id="for ever"),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_the_vendors_wish_to_be_left_alone_is_told(status, header, expected):
    async with a_vendor(says(answer(status, *header))) as (http, _):
        with pytest.raises(TryLater) as failure:
            await http.call("POST", "/things")
    assert (failure.value.after, failure.value.whole_vendor) == (expected, True)
    assert isinstance(failure.value, OutcomeUnknown) is status.startswith("503")


@pytest.mark.parametrize("header", [[], ["Retry-After: soon"]])
async def test_a_busy_vendor_without_a_wish_stops_only_this_message(header):
    async with a_vendor(says(answer("429 Too Many Requests", *header))) as (http, _):
        with pytest.raises(TryLater) as failure:
            await http.call("POST", "/things")
    assert (failure.value.after, failure.value.whole_vendor) == (None, False)


TEN = "Date: Sat, 21 Nov 2026 10:00:00 GMT"
TEN_SECONDS_LATER = "X-RateLimit-Reset: 1795255210"


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        pytest.param(429, [TEN_SECONDS_LATER], timedelta(seconds=10), id="by the vendor's clock"),
        pytest.param(429, ["X-RateLimit-Reset: 1795255190"], timedelta(), id="gone by"),
        pytest.param(429, ["X-RateLimit-Reset: 9999999999"], timedelta(days=1), id="for ever"),
        pytest.param(429, [TEN_SECONDS_LATER, "Retry-After: 3"], timedelta(seconds=3), id="a wish says more"),
        pytest.param(429, ["X-RateLimit-Reset: 1795255210000"], None, id="milliseconds"),
        pytest.param(429, ["X-RateLimit-Reset: 10"], None, id="no time"),
        pytest.param(503, [TEN_SECONDS_LATER], None, id="a fault is not about the quota"),
    ],
)
async def test_a_quota_that_is_used_up_is_a_wish_to_be_left_alone(status, header, expected):
    async with a_vendor(says(answer(f"{status} Oops", TEN, *header))) as (http, _):
        with pytest.raises(TryLater) as failure:
            await http.call("POST", "/things")
    assert (failure.value.after, failure.value.whole_vendor) == (expected, expected is not None)


@pytest.mark.parametrize("status", ["200 OK", "429 Too Many Requests", "503 Oops"])
async def test_after_the_last_call_of_a_quota_none_is_made_until_the_next(status):
    async with a_vendor(says(answer(status, "X-RateLimit-Remaining: 0", TEN, TEN_SECONDS_LATER))) as (http, seen):
        for _ in range(2):
            with suppress(TryLater):
                await http.call("POST", "/things")
        with pytest.raises(TryLater, match="no more calls") as failure:
            await http.call("POST", "/things")
        assert (len(seen), failure.value.whole_vendor) == (1, True)
        assert not isinstance(failure.value, OutcomeUnknown)
        assert timedelta(seconds=5) < failure.value.after <= timedelta(seconds=10)
        http._no_calls_until -= 10  # so much later
        with suppress(TryLater):
            await http.call("POST", "/things")
        assert len(seen) == 2


@pytest.mark.parametrize("header", [["X-RateLimit-Remaining: 1", TEN_SECONDS_LATER], ["X-RateLimit-Remaining: 0"]])
async def test_while_a_quota_is_not_used_up_calls_are_made(header):
    async with a_vendor(says(answer("200 OK", TEN, *header))) as (http, seen):
        for _ in range(2):
            await http.call("POST", "/things")
    assert len(seen) == 2


async def test_a_refusal_is_the_callers_to_understand():
    async with a_vendor(says(answer("409 Conflict", body=b'{"error": "busy"}'))) as (http, _):
        got = await http.call("POST", "/things")
    assert got.json() == {"error": "busy"}
    with pytest.raises(GiveUp, match="409"):
        got.raise_for_refusal()


async def test_refused_credentials_are_no_reason_to_give_up():
    async with a_vendor(says(answer("401 Unauthorized"))) as (http, _):
        got = await http.call("POST", "/things")
    with pytest.raises(TryLater, match="credentials"):
        got.raise_for_refusal()


async def test_the_log_tells_no_address(caplog):
    caplog.set_level(0)
    async with a_vendor(says(answer())) as (http, _):
        await http.call("POST", "/services/secret-hook")
    assert "secret-hook" not in caplog.text
    assert TOKEN not in caplog.text
