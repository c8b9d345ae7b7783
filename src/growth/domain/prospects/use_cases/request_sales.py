"""Somebody asks something of sales: a meeting, a callback, a quote … or leaves an address for it."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.prospects.entities.requests import RequestId, RequestNews
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.requesting import Requesting


@dataclass(frozen=True, slots=True)
class RequestSales:
    """Take the request, all of it or nothing; returns its id.

    Raises `UnknownFlow`, `FlowOfAnotherCountry`, `NotInThisCountry`, `BadEvent`.
    """

    begin: Begin[ProspectsTx]
    take: Requesting
    new_id: NewId

    async def __call__(self, news: RequestNews) -> RequestId:
        id_ = RequestId(self.new_id())
        async with self.begin() as tx:
            await self.take(tx, news, id_)
        return id_
