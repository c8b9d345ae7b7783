"""The dialer port over Diabolocom Engage's public API."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from growth.adapters.diabolocom import wire
from growth.adapters.vendor_http import Answer, VendorHttp
from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact, Recipient
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Batch, RunId
from growth.domain.kernel.messages import TryLater

_NOT_THERE: Final = 404
_CONFLICT: Final = 409
_ON_A_CALL: Final = timedelta(seconds=30)
_PAGE: Final = 500
_MOST_PAGES: Final = 400
_DEADLINE: Final = timedelta(seconds=15)
_PATIENCE: Final = 5.0  # seconds that `progress` waits for a batch
_WRAPUPS_KEPT: Final = 3600.0
_BUSY = "the dialer is applying another batch for this campaign"


class DiabolocomDialer:
    """Speaks for one account. `settling`: how late the vendor may still apply what it took without answering."""

    def __init__(self, http: VendorHttp, settling: timedelta) -> None:
        self.settling = settling
        self._http = http
        self._wrapups: Mapping[int, wire.WrapUpEntry] = {}
        self._wrapups_until = 0.0

    async def inject(self, batch: Batch, recipients: Sequence[Recipient], within: timedelta, send_by: float) -> str:
        path = f"{_campaign(batch.dialer_campaign_id)}/contact-batch/create"
        body = wire.batch_body(batch, list(recipients))
        limits: dict[str, Any] = {"deadline": min(within, _DEADLINE), "send_by": send_by}
        return await self._batch(path, body, params={"priorityMode": "false"}, **limits)

    async def progress(self, token: str) -> BatchProgress:
        until, pause = time.monotonic() + _PATIENCE, 0.05
        while True:
            answer = await self._call("GET", f"/api/v2/voice/campaigns/contact-batch/status/{token}")
            status = answer["status"]
            if status in {"COMPLETED", "FAILED"} or time.monotonic() > until:
                return BatchProgress(
                    finished=status in {"COMPLETED", "FAILED"},
                    failed=status == "FAILED",
                    excluded=answer.get("excluded") or {},
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)

    async def busy(self, dialer_campaign_id: int) -> bool:
        """Ask by a change of no contact at all: the vendor refuses any second batch while one is being applied.

        It is first made sure that the filter fits nobody: one that the vendor did not understand would fit everybody.
        """
        query = wire.nobody(uuid4())
        async for _ in self._search(dialer_campaign_id, query):
            raise TryLater("the dialer does not obey the filter on batch_id: is that column in its campaign?")
        path = f"{_campaign(dialer_campaign_id)}/contact-batch/update"
        answer = await self._http.call("POST", path, json={"query": query.body(), "data": {"priority": 10}})
        if answer.status == _CONFLICT:
            return True
        answer.raise_for_refusal()
        return not (await self.progress(answer.json()["token"])).finished

    async def of_batch(self, batch: Batch) -> list[DialerContact]:
        return await self._contacts(batch.dialer_campaign_id, wire.of_batch(batch))

    async def of_run(self, dialer_campaign_id: int, run: RunId) -> list[DialerContact]:
        return await self._contacts(dialer_campaign_id, wire.of_run(run))

    async def empty(self, dialer_campaign_id: int, run: RunId) -> str:
        query = wire.ContactQuery(wire.RUN, str(run), never_called=True)
        return await self._batch(f"{_campaign(dialer_campaign_id)}/contact-batch/delete", query.body())

    async def take_back(self, dialer_campaign_id: int, lead_id: LeadId, at: datetime) -> str:
        """Let the lead's contacts end then: one that was called is tried again by the dialer itself."""
        query = wire.of_lead(lead_id)
        await self._of_lead(dialer_campaign_id, lead_id)
        body = {"query": query.body(), "data": {"maxCallingDateTime": wire.instant(at)}}
        return await self._batch(f"{_campaign(dialer_campaign_id)}/contact-batch/update", body)

    async def delete_of_lead(self, dialer_campaign_id: int, lead_id: UUID) -> None:
        """Delete a lead's contacts, called or not; raises `TryLater` while one of them is on a call.

        The vendor shows everybody when it does not understand a filter: only what carries the lead's id is deleted.
        """
        for raw in await self._of_lead(dialer_campaign_id, lead_id):
            path = f"{_campaign(dialer_campaign_id)}/contacts/{int(raw['contactId'])}"
            answer = await self._http.call("DELETE", path)
            if answer.status == _CONFLICT:
                raise TryLater("a contact is on a call", after=_ON_A_CALL, waiting=True)
            if answer.status != _NOT_THERE:
                answer.raise_for_refusal()

    async def _of_lead(self, dialer_campaign_id: int, lead_id: UUID) -> list[Mapping[str, Any]]:
        """Return a lead's contacts; raises `TryLater` when the vendor shows others, too, as it would change them."""
        found = [raw async for raw in self._search(dialer_campaign_id, wire.of_lead(lead_id))]
        for raw in found:
            if (raw.get("customFields") or {}).get(wire.LEAD) != str(lead_id):
                raise TryLater("the dialer does not obey the filter on lead_id: is that column in its campaign?")
        return found

    async def changed(
        self, dialer_campaign_id: int, since: datetime, page: str | None
    ) -> tuple[list[DialerContact], str | None]:
        params = {"fromDate": wire.instant(since), "limit": str(_PAGE), "dateField": "lastUpdatedAt"}
        if page:
            params |= dict(parse_qsl(urlsplit(page).query))
        answer = await self._call("GET", f"{_campaign(dialer_campaign_id)}/contacts/search/by-date", params=params)
        wrapups = await self._known_wrapups()
        return list(wire.readable(answer["contacts"], wrapups)), answer.get("next") or None

    async def _contacts(self, dialer_campaign_id: int, query: wire.ContactQuery) -> list[DialerContact]:
        wrapups = await self._known_wrapups()
        found = {raw["id"]: raw async for raw in self._search(dialer_campaign_id, query)}
        try:
            return [wire.contact(raw, wrapups) for raw in found.values()]
        except wire.UNREADABLE as error:  # who is there decides who is sent: a gap would double somebody
            raise TryLater(f"a contact of the dialer cannot be read ({type(error).__name__})") from None

    async def _search(self, dialer_campaign_id: int, query: wire.ContactQuery) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the contacts that fit, page by page until the vendor says `last`: its totals are approximate."""
        page, last = 0, False
        while not last:
            _check_pages(page)
            body = {"pageable": {"page": page, "pageSize": _PAGE}, "query": query.body()}
            answer = await self._call("POST", f"{_campaign(dialer_campaign_id)}/contacts/search", json=body)
            for raw in answer["content"]:
                yield raw
            page, last = page + 1, answer["last"]

    async def _known_wrapups(self) -> Mapping[int, wire.WrapUpEntry]:
        if time.monotonic() > self._wrapups_until:
            found: dict[int, wire.WrapUpEntry] = {}
            params: dict[str, str] | None = {}
            for page in count():
                if params is None:
                    break
                _check_pages(page)
                answer = await self._call("GET", "/api/v1/account/wrapups", params=params)
                found |= {raw["id"]: wire.wrapup_entry(raw) for raw in answer["wrapups"]}
                following = answer.get("next")
                params = dict(parse_qsl(urlsplit(following).query)) if following else None
            self._wrapups, self._wrapups_until = found, time.monotonic() + _WRAPUPS_KEPT
        return self._wrapups

    async def _batch(self, path: str, body: Mapping[str, Any], **options: Any) -> str:  # noqa: ANN401
        answer: Answer = await self._http.call("POST", path, json=body, **options)
        if answer.status == _CONFLICT:
            raise TryLater(_BUSY, after=timedelta(seconds=1), waiting=True)
        answer.raise_for_refusal()
        return str(answer.json()["token"])

    async def _call(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401
        answer = await self._http.call(method, path, **options)
        answer.raise_for_refusal()
        return answer.json()


def _check_pages(page: int) -> None:
    if page >= _MOST_PAGES:
        raise TryLater(f"the dialer has more than {_MOST_PAGES} pages, or repeats them")


def _campaign(dialer_campaign_id: int) -> str:
    return f"/api/v2/voice/campaigns/{dialer_campaign_id}"
