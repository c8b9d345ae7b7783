"""The keys with which Google signs tokens: a JSON Web Key Set, fetched and kept as long as its answer says."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

import jwt

from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.kernel.messages import GiveUp, TryLater

_MAX_AGE: Final = re.compile(r"max-age=(\d{1,9})")
_SHORTEST, _LONGEST = 60.0, 86_400.0  # seconds
_SILENT: Final = 5.0  # seconds for which nobody asks again when no key is known
_ASKED_AGAIN: Final = 60.0  # seconds: a key that nobody knows is looked for once in that time


class GoogleKeys:
    """`path`: of the key set, at the host of `http`. `monotonic`: seconds that only grow."""

    def __init__(self, http: VendorHttp, path: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._path = path
        self._monotonic = monotonic
        self._keys: dict[str, jwt.PyJWK] = {}
        self._until = self._asked_at = -_LONGEST
        self._asking = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key of this id. Raises `TryLater` when no key is known and Google does not answer."""
        if self._is_due(key_id):
            async with self._asking:
                if self._is_due(key_id):
                    await self._ask()
        if not self._keys:
            raise TryLater("Google's keys are not known.")
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        now = self._monotonic()
        due = now >= self._until or key_id not in self._keys
        return due and now - self._asked_at >= (_ASKED_AGAIN if self._keys else _SILENT)

    async def _ask(self) -> None:
        try:
            answer = await self._http.call("GET", self._path)
            answer.raise_for_refusal()
            found = {it.key_id: it for it in jwt.PyJWKSet.from_dict(answer.json()).keys if it.key_id}
        except (TryLater, GiveUp, jwt.PyJWTError, AttributeError, TypeError) as failure:
            if not self._keys:
                raise TryLater("Google's keys cannot be read.") from failure
            return  # the last ones hold on
        finally:
            self._asked_at = self._monotonic()  # after a silence as long as a deadline nobody queues up for the next
        self._keys = found
        self._until = self._monotonic() + _age(answer)


def _age(answer: Answer) -> float:
    told = _MAX_AGE.search(answer.headers.get("cache-control", ""))
    return min(max(float(told[1]) if told else 0.0, _SHORTEST), _LONGEST)
