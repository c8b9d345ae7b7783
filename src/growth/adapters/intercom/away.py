"""Which admins are away: who answers people cannot answer now."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from growth.adapters.intercom import wire
from growth.adapters.vendor_http import VendorHttp
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import AdminId
from growth.domain.kernel.messages import GiveUp, TryLater

log = structlog.get_logger(__name__)
_KEPT: Final = 60.0  # seconds
_SOON: Final = timedelta(seconds=2)  # somebody waits


@dataclass(frozen=True, slots=True)
class _Known:
    away: frozenset[AdminId]
    until: float


class IntercomAway:
    """Asks a workspace at most once a minute; when it gives no answer, the last one holds on, at first nobody away.

    `monotonic`: seconds that only grow.
    """

    def __init__(self, http: Mapping[Country, VendorHttp], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._monotonic = monotonic
        self._known: dict[Country, _Known] = {}
        self._asking: defaultdict[Country, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, country: Country) -> frozenset[AdminId]:
        http = self._http.get(country)
        if http is None:
            return frozenset()
        async with self._asking[country]:  # those who ask at once share one call
            known = self._known.get(country)
            if known is None or self._monotonic() >= known.until:
                away = await self._ask(http, country, known.away if known else frozenset())
                known = self._known[country] = _Known(away, self._monotonic() + _KEPT)
            return known.away

    async def _ask(self, http: VendorHttp, country: Country, last: frozenset[AdminId]) -> frozenset[AdminId]:
        try:
            answer = await http.call("GET", "/admins", deadline=_SOON)
            answer.raise_for_refusal()
            return wire.away(answer.json())
        except (TryLater, GiveUp) as failure:
            log.warning("away-modes-not-read", country=country.value, reason=str(failure))
            return last
