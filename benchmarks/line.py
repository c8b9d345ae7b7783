"""HTTP over a bounded number of connections, for whoever loads a server: as lean as asyncio allows, TLS included."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_FRESH = 2.0  # seconds: who has rested longer may just be being closed by the server
_PATIENCE = 30  # seconds that `ask` waits for an answer
_MANY = 100_000
_NO_BODY = {204, 304}


class NoConnection(TimeoutError):
    """All connections were busy until the time was over: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes

    def told(self) -> Any:
        """Return the decoded body; None where it is no JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class _Connection:
    """One connection, and since when it rests."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._rests_since = reader, writer, time.monotonic()

    @property
    def usable(self) -> bool:
        return not self._reader.at_eof() and time.monotonic() - self._rests_since < _FRESH

    async def exchange(self, request: bytes) -> tuple[Answer, bool]:
        """Return the answer, and whether the connection can be used again."""
        self._writer.write(request)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().splitlines()
        if not first.startswith("http/1."):
            raise ValueError("this is not HTTP/1")
        fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first[9:12])
        content, whole = await self._content(status, fields)
        self._rests_since = time.monotonic()
        return Answer(status, content), whole and fields.get("connection") != "close"

    async def _content(self, status: int, fields: Mapping[str, str]) -> tuple[bytes, bool]:
        if status in _NO_BODY:
            return b"", True
        if "chunked" in fields.get("transfer-encoding", ""):
            return await self._chunks(), True
        if "content-length" in fields:
            return await self._reader.readexactly(int(fields["content-length"])), True
        return await self._reader.read(), False

    async def _chunks(self) -> bytes:
        parts = []
        while length := int((await self._reader.readline()).partition(b";")[0], 16):
            parts.append(await self._reader.readexactly(length))
            await self._reader.readexactly(2)
        while (await self._reader.readline()).strip():
            pass
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()


class Line:
    """HTTP to one server; a connection is made where none is at rest, up to so many. `key`: for all that is asked."""

    def __init__(self, url: str, key: str | None = None, *, connections: int = _MANY) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._prefix, self._fields = parts.path.rstrip("/"), {"host": parts.netloc.rpartition("@")[2]}
        self._fields |= {"authorization": f"Bearer {key}"} if key else {}
        self._free = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []

    async def exchange(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None, *, seconds: float
    ) -> Answer:
        """Ask once.

        Raises `NoConnection` or TimeoutError after so many seconds, else OSError, EOFError, and ValueError for what is
        not HTTP.
        """
        until = asyncio.get_running_loop().time() + seconds
        fields = self._fields | {"content-type": "application/json"} | dict(headers or {})
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n" + "".join(
            f"{name}: {it}\r\n" for name, it in fields.items()
        )
        request = f"{head}content-length: {len(content)}\r\n\r\n".encode() + content
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError as error:
            raise NoConnection from error
        try:
            async with asyncio.timeout_at(until):
                return await self._on_a_connection(request)
        finally:
            self._free.release()

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return the status and the decoded body; 0 where no answer came."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        try:
            answer = await self.exchange(method, path, content, headers, seconds=_PATIENCE)
        except (OSError, EOFError, ValueError):
            return 0, None
        return answer.status, answer.told()

    async def _on_a_connection(self, request: bytes) -> Answer:
        while self._idle and not self._idle[-1].usable:
            self._idle.pop().close()
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            answer, again = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        if again:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    async def _connect(self) -> _Connection:
        return _Connection(*await asyncio.open_connection(self._host, self._port, ssl=self._tls or None))

    def close(self) -> None:
        for connection in self._idle:
            connection.close()
