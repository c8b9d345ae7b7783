"""`Idempotency-Key`: the same request sent twice is done once and answered twice."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid4

from fastapi import Request, Response

from growth.api.errors import Refused, refuse
from growth.api.security import Caller
from growth.domain.kernel.errors import Fault

_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?", re.ASCII)
_LEASE = timedelta(seconds=60)
_RENEW_EVERY = 20.0  # seconds
_NOT_KEPT = {401, 403, 413, 415, 429}  # the request was not looked at
_SERVER_FAULT = 500
_ERASED = 410


class KeptAnswer(Protocol):
    @property
    def fingerprint(self) -> bytes: ...
    @property
    def status(self) -> int | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def body(self) -> bytes | None: ...


class IdempotentAnswers(Protocol):
    """Keeps answers for 72 hours. A claim is fenced by its lease: who lost it writes nothing."""

    async def claim(
        self, caller: str, key: str, fingerprint: bytes, lease: UUID, lasts: timedelta
    ) -> KeptAnswer | None:
        """Return None when the request may run now, else what the key has."""
        ...

    async def extend(self, caller: str, key: str, lease: UUID, lasts: timedelta) -> None: ...

    async def keep(self, caller: str, key: str, lease: UUID, answer: tuple[int, str | None, bytes]) -> None: ...

    async def release(self, caller: str, key: str, lease: UUID) -> None: ...


class Repeats:
    """Runs a request once per caller and key."""

    def __init__(self, answers: IdempotentAnswers) -> None:
        self._answers = answers

    async def once(
        self, request: Request, caller: Caller, key: str, run: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the answer of `run`, or the one of its first run; raises `Refused` (409, 422)."""
        if not _KEY.fullmatch(key):
            fault = Fault("Idempotency-Key", "bad-key", "Send 1 to 255 printable ASCII characters.")
            raise Refused(422, "idempotency-key-bad", fault.message, faults=[fault])
        fingerprint, lease = await _fingerprint(request), uuid4()
        held = (str(caller.key_id), key, lease)
        kept = await self._answers.claim(*held[:2], fingerprint, lease, _LEASE)
        if kept is not None:
            return _repeated(kept, fingerprint)
        renewal = asyncio.create_task(self._renew(*held))
        try:
            answer = await _answered(request, run)
            if answer.status_code >= _SERVER_FAULT or answer.status_code in _NOT_KEPT:
                await self._answers.release(*held)
            else:
                await self._answers.keep(*held, (answer.status_code, answer.media_type, bytes(answer.body)))
        except BaseException:
            # Also when the client hangs up or the process stops: then the request can be sent again.
            with suppress(Exception):
                await asyncio.shield(self._answers.release(*held))
            raise
        finally:
            renewal.cancel()
        return answer

    async def _renew(self, caller: str, key: str, lease: UUID) -> None:
        while True:
            await asyncio.sleep(_RENEW_EVERY)
            await self._answers.extend(caller, key, lease, _LEASE)


async def _answered(request: Request, run: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await run()
    except Exception as error:  # noqa: BLE001 - `refuse` raises what is not a refusal
        return await refuse(request, error)


async def _fingerprint(request: Request) -> bytes:
    path, query = request.scope["path"].encode(errors="replace"), request.scope["query_string"]
    head = b"\n".join((request.method.encode(), path, query, b""))
    return hashlib.sha256(head + await request.body()).digest()


def _repeated(kept: KeptAnswer, fingerprint: bytes) -> Response:
    if kept.fingerprint != fingerprint:
        detail = "This Idempotency-Key was sent with another request before: make a new key for a new request."
        raise Refused(422, "idempotency-key-reused", detail)
    if kept.status is None:
        detail = "The first request with this Idempotency-Key is still running: send it again in a moment."
        raise Refused(409, "idempotency-key-in-progress", detail, headers={"Retry-After": "1"})
    if kept.status == _ERASED:
        detail = "The answer held somebody who was erased since: it is kept no more, and the request is not done again."
        raise Refused(_ERASED, "erased", detail)
    headers = {"Idempotency-Replayed": "true"}
    return Response(kept.body or b"", kept.status, headers, kept.content_type)
