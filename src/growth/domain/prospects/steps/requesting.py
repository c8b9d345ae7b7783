"""Taking a request to sales: the person, the event, the request, the flow's link, and what has to be told on."""

from dataclasses import dataclass

from growth.domain.kernel.errors import GrowthError
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId
from growth.domain.kernel.person import Prospect
from growth.domain.prospects.business_rules.mailing import person_to_tell, request_to_track
from growth.domain.prospects.business_rules.requesting import (
    after_request,
    event_of,
    in_flow,
    kept,
    request_to_post,
    tracked,
)
from growth.domain.prospects.entities.events import Told
from growth.domain.prospects.entities.own_urls import OwnUrls
from growth.domain.prospects.entities.people import UnknownFlow
from growth.domain.prospects.entities.requests import RequestId, RequestNews, SalesRequest
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.prospects.steps.recording import Recording


@dataclass(frozen=True, slots=True)
class Requesting:
    """The step, with what it needs beside its transaction."""

    record: Recording
    urls: OwnUrls
    new_id: NewId

    async def __call__(self, tx: ProspectsTx, news: RequestNews, id: RequestId) -> None:
        """Take one request. Raises `UnknownFlow`, `FlowOfAnotherCountry`, `NotInThisCountry`, `BadEvent`."""
        if news.self_serve_flow_id:
            flow = await tx.flows.get(news.self_serve_flow_id)
            if flow is None:
                raise UnknownFlow
            news = in_flow(news, flow)
        # The event first: it is what makes a stranger a prospect, and has the rules for what must be known.
        (outcome,) = await self.record(tx, [event_of(news, id)])
        if isinstance(outcome, GrowthError):
            raise outcome
        if outcome is Told.OF_NOBODY:  # erased while she asked: what came before it is not kept
            return
        person = await self._person(tx, news)
        request = kept(news, id, person.id, await tx.now())
        await tx.requests.add(request)
        if news.self_serve_flow_id:
            await tx.flows.link(news.self_serve_flow_id, person.id)
        await self._tell(tx, request)

    async def _person(self, tx: ProspectsTx, news: RequestNews) -> Prospect:
        stored = (await tx.people.lock_known([news.email]))[news.email]
        person = after_request(stored, news)
        if person != stored:
            await tx.people.save([person])
        return person

    async def _tell(self, tx: ProspectsTx, request: SalesRequest) -> None:
        messages = [
            request_to_post(request, MessageId(self.new_id())),
            person_to_tell(request.prospect_id, MessageId(self.new_id())),
        ]
        if tracked(request, self.urls.site):
            messages.append(request_to_track(request, MessageId(self.new_id())))
        await tx.outbox.add(*messages)
