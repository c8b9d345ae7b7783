"""One way to call vendors over HTTP: bounded in time and size, no redirects, and clear about what may have happened."""

import asyncio
import json
import logging
import re
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any, NoReturn

import httpx2

from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater

# What these two log holds addresses and headers, which are secret or personal with some vendors.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_DEADLINE = timedelta(seconds=15)
_MOST_BYTES = 5 * 2**20
_LONGEST_PAUSE = timedelta(days=1)
_EPOCH_SECONDS = re.compile(r"[0-9]{10}")
_GZIP_OR_ZLIB = 47  # zlib: 32 finds out which of the two, 15 is the largest window
_LIMITS = httpx2.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=30)
# Without its body the vendor takes no request for whole.
_WRITES = (".send_request_headers.started", ".send_request_body.started")
_ENCODINGS = {"identity", "gzip", "x-gzip", "deflate"}
_BUSY = {HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_FAULTS = {HTTPStatus.REQUEST_TIMEOUT, *range(500, 600)}
_REFUSALS = range(400, 500)
_USABLE = {*range(200, 300), *_REFUSALS}


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom all clients trust: the certificates are read once, which takes some 20 ms."""
    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor answered: 2xx, or a 4xx that is the caller's to understand. Header names are in lower case."""

    host: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    def raise_for_refusal(self) -> None:
        """Raise `GiveUp` for a 4xx; `TryLater` for 401, which an operator can put right."""
        if self.status == HTTPStatus.UNAUTHORIZED:
            raise TryLater(f"{self.host} does not accept our credentials (401): check the settings.")
        if self.status in _REFUSALS:
            raise GiveUp(f"{self.host} refused with {self.status}.")

    def json(self) -> Any:  # noqa: ANN401
        """Return the decoded body; raises `OutcomeUnknown` when it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise OutcomeUnknown(f"{self.host} gave an unexpected answer: no JSON.") from None

    def text(self) -> str:
        return self.content.decode(errors="replace")


class VendorHttp:
    """The client of one vendor; `headers` (the credentials) go with each call. Errors name the host, nothing else.

    `status_only`: what the vendor says besides its status means nothing and is not read.
    Once an answer says that it was the last of a quota, no call is made until there is a new one.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        deadline: timedelta = _DEADLINE,
        max_answer_bytes: int = _MOST_BYTES,
        status_only: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = httpx2.URL(base_url.rstrip("/"))
        self._deadline = deadline
        self._most = max_answer_bytes
        self._status_only = status_only
        self._no_calls_until = 0.0  # of the monotonic clock
        self._client = httpx2.AsyncClient(
            headers={"Accept-Encoding": "gzip", **headers},
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
            timeout=None,  # one deadline over everything instead of one for each read
            limits=_LIMITS,
            transport=transport,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        deadline: timedelta | None = None,
        send_by: float | None = None,
        **parts: Any,  # noqa: ANN401
    ) -> Answer:
        """Call the vendor and return its answer, a 2xx or 4xx.

        `path` begins with a slash; `parts`: `json`, `params`, `content`, `headers`. The deadline is for all of it.
        `send_by`, of the monotonic clock: a request that is not on its way by then, as the process was held up, is
        not sent any more.
        Raises `TryLater` when the call surely had no effect, else `OutcomeUnknown`.
        """
        self._check_quota()
        sent = False
        allowed = self._deadline if deadline is None else deadline

        async def watch(event: str, _info: object) -> None:
            nonlocal sent
            if send_by is not None and event.endswith(_WRITES) and time.monotonic() > send_by:
                raise TimeoutError
            sent = sent or event.endswith(_WRITES)

        try:
            async with asyncio.timeout(allowed.total_seconds()):
                request = self._request(method, path, parts)
                request.extensions["trace"] = watch
                return await self._exchange(request)
        except (TimeoutError, httpx2.TransportError) as failure:
            kind = OutcomeUnknown if sent else TryLater
            # `from None`: the cause holds the address of the call
            raise kind(f"{self._base_url.host} gave no answer: {type(failure).__name__}.") from None

    def _request(self, method: str, path: str, parts: Mapping[str, Any]) -> httpx2.Request:
        if not path.startswith("/"):
            raise ValueError("A vendor's path begins with a slash; it can lead to no other host.")
        return self._client.build_request(method, f"{self._base_url}{path}", **parts)

    async def _exchange(self, request: httpx2.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            self._note_quota(response.headers)
            self._check_status(response)
            content = b"" if self._status_only else await self._read(response)
        finally:
            await response.aclose()
        # by the body too, for Slack calls its plain "ok" HTML
        if "html" in response.headers.get("content-type", "") and content.lstrip().startswith(b"<"):
            self._unexpected("a web page")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self._base_url.host, response.status_code, headers, content)

    def _check_quota(self) -> None:
        left = timedelta(seconds=self._no_calls_until - time.monotonic())
        if left > timedelta():
            raise TryLater(f"{self._base_url.host} allows no more calls for now.", after=left, whole_vendor=True)

    def _note_quota(self, headers: Mapping[str, str]) -> None:
        renewed = _quota_renewed(headers)
        if renewed is not None and headers.get("x-ratelimit-remaining", "").strip() == "0":
            self._no_calls_until = time.monotonic() + renewed.total_seconds()

    def _check_status(self, response: httpx2.Response) -> None:
        status, host = response.status_code, self._base_url.host
        after = _retry_after(response.headers)
        if status in _BUSY:
            after = _quota_renewed(response.headers) if after is None else after
            raise TryLater(f"{host} is busy ({status}).", after=after, whole_vendor=after is not None)
        if status in _FAULTS:
            raise OutcomeUnknown(f"{host} failed ({status}).", after=after, whole_vendor=after is not None)
        if status not in _USABLE:
            self._unexpected(f"status {status}")

    async def _read(self, response: httpx2.Response) -> bytes:
        """Return the body, decoded piece by piece: what a few bytes unpack to is never whole in memory."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in _ENCODINGS:
            self._unexpected("an encoding that was not asked for")
        inflate = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
        content, received = bytearray(), 0
        async for piece in response.aiter_raw():
            received += len(piece)
            content += self._inflated(inflate, piece, self._most - len(content)) if inflate else piece
            if max(received, len(content)) > self._most:
                self._unexpected(f"more than {self._most} bytes")
        if inflate and received and not inflate.eof:
            self._unexpected("an answer without its end")
        return bytes(content)

    def _inflated(self, inflate: "zlib._Decompress", piece: bytes, room: int) -> bytes:
        try:
            return inflate.decompress(piece, room + 1)
        except zlib.error:
            self._unexpected("an answer that cannot be unpacked")

    def _unexpected(self, what: str) -> NoReturn:
        raise OutcomeUnknown(f"{self._base_url.host} gave an unexpected answer: {what}.") from None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the vendor's wish, at most a day; a date counts from the answer's own, not from our clock."""
    raw = headers.get("retry-after", "").strip()
    if raw.isdecimal():
        return min(timedelta(seconds=min(int(raw[:9]), 10**6)), _LONGEST_PAUSE)
    until, now = _date(raw), _date(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else min(max(until - now, timedelta()), _LONGEST_PAUSE)


def _quota_renewed(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a vendor that counts calls wants none, at most a day; its clock is that of the answer."""
    raw = headers.get("x-ratelimit-reset", "").strip()
    if not _EPOCH_SECONDS.fullmatch(raw):
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(datetime.fromtimestamp(int(raw), UTC) - now, timedelta()), _LONGEST_PAUSE)


def _date(raw: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(raw)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
