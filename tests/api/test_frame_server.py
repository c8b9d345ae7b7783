import asyncio
import json
import time

import pytest
from tests.api.conftest import served

BODY = json.dumps({"name": "a", "count": 1}).encode()
HEAD = (
    b"POST /v1/things HTTP/1.1\r\nHost: x\r\n"
    b"Authorization: Bearer dev-service-key\r\nContent-Type: application/json\r\n"
)


async def answer_of(reader):
    return (await asyncio.wait_for(reader.read(), 20)).decode()


async def send(port, *chunks):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    return reader, writer


async def test_a_declared_body_that_is_too_long_is_refused_before_it_is_sent(make_app):
    async with served(make_app()) as (_, port, _):
        reader, writer = await send(port, HEAD + b"Content-Length: 200000000\r\n\r\n", b"x" * 1000)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)).decode()
        assert head.startswith("HTTP/1.1 413")
        assert "connection: close" in head
        writer.close()


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v1/things", 1024 * 1024 + 1, "413"),
        ("/v1/things", 1024 * 1024, "422"),
    ],
)
async def test_a_chunked_body_is_counted_as_it_arrives(make_app, effects, path, size, status):
    head = HEAD.replace(b"/v1/things", path.encode()) + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b" " * size
    async with served(make_app()) as (_, port, _):
        reader, writer = await send(port, head, b"%x\r\n" % len(body), body, b"\r\n0\r\n\r\n")
        answer = await answer_of(reader)
        assert answer.startswith(f"HTTP/1.1 {status}"), answer
        assert "application/problem+json" in answer
        writer.close()


async def test_two_hundred_megabytes_are_refused_early_and_the_client_can_read_it(make_app):
    async with served(make_app()) as (_, port, _):
        started = time.monotonic()
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        reader, writer = await send(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 320)
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - started < 6
        writer.close()


async def drip(port, first, each, seconds):
    """Send a byte now and then; tell after how long the server hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.monotonic()
    writer.write(first)
    closed = asyncio.create_task(reader.read())
    while not closed.done() and time.monotonic() - started < seconds:
        writer.write(each)
        await asyncio.wait([closed], timeout=0.1)
    assert closed.done(), "the server still waits"
    writer.close()
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("first", "each"),
    [
        pytest.param(b"", b"", id="says nothing"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"a", id="drips a header"),
        pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", id="drips a body"),
        pytest.param(
            b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b" ", id="drips after the answer"
        ),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /li", b"v", id="drips the second request"),
    ],
)
async def test_slow_sockets_are_closed(make_app, monkeypatch, first, each):
    monkeypatch.setattr("growth.http_server._PATIENCE", 0.6)
    async with served(make_app(), timeout_keep_alive=1) as (_, port, _):
        with_reset = asyncio.gather(*(drip(port, first, each, 4) for _ in range(10)), return_exceptions=True)
        times = await with_reset
        assert all(isinstance(it, ConnectionError) or it < 3 for it in times), times


async def test_patience_and_keep_alive_together_stay_under_fifteen_seconds():
    from growth import http_server  # noqa: PLC0415

    assert http_server._PATIENCE <= 15


async def test_garbage_is_answered_with_a_problem(make_app):
    async with served(make_app()) as (_, port, _):
        reader, writer = await send(port, b"\x16\x03\x01 nonsense\r\n\r\n")
        answer = await answer_of(reader)
        assert answer.startswith("HTTP/1.1 400")
        assert json.loads(answer.partition("\r\n\r\n")[2])["code"] == "bad-request"
        writer.close()


async def test_no_version_is_told(make_app):
    async with served(make_app()) as (_, port, _):
        reader, writer = await send(port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await answer_of(reader)
        assert answer.startswith("HTTP/1.1 200")
        assert "\r\nserver:" not in answer.lower()
        writer.close()


async def test_a_stop_under_load_breaks_no_answer(make_app, effects):
    effects.wait = 0.4
    answers = []
    async with served(make_app()) as (_, port, running):
        request = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        sent = [await send(port, request) for _ in range(50)]
        await asyncio.sleep(0.2)
        running.should_exit = True
        answers = [await answer_of(reader) for reader, _ in sent]
    for _, writer in sent:
        writer.close()
    assert [it[:12] for it in answers] == ["HTTP/1.1 201"] * 50
    assert effects.done == 50


async def test_a_request_with_two_lengths_is_refused_and_its_connection_closed(make_app):
    hidden = b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: {len(hidden)}\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with served(make_app()) as (_, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + hidden)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
