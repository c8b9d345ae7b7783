"""Telling a request on: to the mailer, whose campaigns begin with it, and to the crew of its country."""

from dataclasses import dataclass
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.messages import Delivery
from growth.domain.prospects.business_rules.announcing import of_contract, of_request
from growth.domain.prospects.business_rules.requesting import tracked
from growth.domain.prospects.entities.own_urls import OwnUrls
from growth.domain.prospects.entities.requests import RequestId
from growth.domain.prospects.entities.sales_teams import SalesTeams
from growth.domain.prospects.ports.announcer import Announcer
from growth.domain.prospects.ports.mailer import Mailer
from growth.domain.prospects.ports.requests import RequestViews
from growth.domain.prospects.steps.looking import Looking


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """Tell the mailer of the request in the payload; of a person who was erased it hears nothing."""

    requests: RequestViews
    mailer: Mailer
    urls: OwnUrls

    async def __call__(self, delivery: Delivery) -> None:
        request = await self.requests.get(_request_id(delivery))
        event = tracked(request, self.urls.site) if request else None
        if request and event:
            await self.mailer.track(request.prospect_id, event.name, event.attributes, request.requested_at, request.id)


@dataclass(frozen=True, slots=True)
class PostRequest:
    """Tell the crew of the request in the payload, with who is there to take it."""

    requests: RequestViews
    look: Looking
    announcer: Announcer
    urls: OwnUrls

    async def __call__(self, delivery: Delivery) -> None:
        request = await self.requests.get(_request_id(delivery))
        if request is None:
            return
        view = await self.look(request.country_code)
        await self.announcer.announce(view.team.crew_slack_channel, of_request(request, view, self.urls.api))


@dataclass(frozen=True, slots=True)
class PostContract:
    """Tell those who won it of the signed contract in the payload."""

    teams: SalesTeams
    announcer: Announcer

    async def __call__(self, delivery: Delivery) -> None:
        payload = delivery.message.payload
        country = Country(str(payload["country"]))
        channel = self.teams.of[country].won_contracts_slack_channel
        await self.announcer.announce(channel, of_contract(str(payload["contract_ref"]), country))


def _request_id(delivery: Delivery) -> RequestId:
    return RequestId(UUID(str(delivery.message.payload["request_id"])))
