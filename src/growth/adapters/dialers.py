"""Several dialers as one: each campaign has its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact, Recipient
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Batch, RunId
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.privacy.entities import Subject

_SEPARATOR = ":"


class ForgettingDialer(Dialer, Protocol):
    async def delete_of_lead(self, dialer_campaign_id: int, lead_id: UUID) -> None:
        """Delete what there is of a lead. Raises `TryLater` or `GiveUp`."""
        ...


class Dialers:
    """`of`: the name of each campaign's dialer, by the campaign's number; of others it is `otherwise`."""

    def __init__(self, dialers: Mapping[str, ForgettingDialer], of: Mapping[int, str], otherwise: str) -> None:
        self._dialers = dialers
        self._of = of
        self._otherwise = otherwise
        self.settling: timedelta = max(it.settling for it in dialers.values())

    async def inject(self, batch: Batch, recipients: Sequence[Recipient], within: timedelta, send_by: float) -> str:
        token = await self._dialer(batch.dialer_campaign_id).inject(batch, recipients, within, send_by)
        return self._named(batch.dialer_campaign_id, token)

    async def progress(self, token: str) -> BatchProgress:
        name, found, rest = token.partition(_SEPARATOR)
        if not found or name not in self._dialers:
            name, rest = self._otherwise, token
        return await self._dialers[name].progress(rest)

    async def busy(self, dialer_campaign_id: int) -> bool:
        return await self._dialer(dialer_campaign_id).busy(dialer_campaign_id)

    async def of_batch(self, batch: Batch) -> list[DialerContact]:
        return await self._dialer(batch.dialer_campaign_id).of_batch(batch)

    async def of_run(self, dialer_campaign_id: int, run: RunId) -> list[DialerContact]:
        return await self._dialer(dialer_campaign_id).of_run(dialer_campaign_id, run)

    async def empty(self, dialer_campaign_id: int, run: RunId) -> str:
        token = await self._dialer(dialer_campaign_id).empty(dialer_campaign_id, run)
        return self._named(dialer_campaign_id, token)

    async def take_back(self, dialer_campaign_id: int, lead_id: LeadId, at: datetime) -> str:
        token = await self._dialer(dialer_campaign_id).take_back(dialer_campaign_id, lead_id, at)
        return self._named(dialer_campaign_id, token)

    async def changed(
        self, dialer_campaign_id: int, since: datetime, page: str | None
    ) -> tuple[list[DialerContact], str | None]:
        return await self._dialer(dialer_campaign_id).changed(dialer_campaign_id, since, page)

    async def delete_of_lead(self, dialer_campaign_id: int, lead_id: UUID) -> None:
        await self._dialer(dialer_campaign_id).delete_of_lead(dialer_campaign_id, lead_id)

    def _dialer(self, dialer_campaign_id: int) -> ForgettingDialer:
        return self._dialers[self._name(dialer_campaign_id)]

    def _name(self, dialer_campaign_id: int) -> str:
        return self._of.get(dialer_campaign_id, self._otherwise)

    def _named(self, dialer_campaign_id: int, token: str) -> str:
        return f"{self._name(dialer_campaign_id)}{_SEPARATOR}{token}"


class DialerErasure:
    """Deletes the contacts of somebody's leads, wherever they were handed over; one on a call when the call is over.

    Contacts are found by the id of the lead, so that nobody who shares a number with her is deleted.
    """

    def __init__(self, dialer: ForgettingDialer) -> None:
        self._dialer = dialer

    async def erase(self, subject: Subject) -> None:
        for trace in subject.dialer:
            await self._dialer.delete_of_lead(trace.dialer_campaign_id, trace.lead_id)
