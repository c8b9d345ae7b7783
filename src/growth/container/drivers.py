"""What drives the service beside HTTP."""

from collections.abc import Mapping
from datetime import time

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.adapters.db.ticks import SqlLatestTicks
from growth.deliveries import Deliveries, Wake
from growth.domain.campaigns import use_cases
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.messages import Handler
from growth.domain.referrals import use_cases as programme
from growth.schedule import CampaignJobs, Job, Scheduler, StartAgain, daily

_CONSUMED_AT = time(4)


class Drivers(Provider):
    """What drives the service beside HTTP: workers and the scheduler."""

    scope = Scope.APP

    @provide
    def routing(
        self,
        *,
        inject: use_cases.InjectBatch,
        close: use_cases.CloseRun,
        poll: use_cases.PollResults,
        again: StartAgain,
        consume: programme.ConsumeCountry,
        partner: programme.TellPartner,
        kept_payment: programme.HandleKeptPaymentEvent,
    ) -> Mapping[str, Handler]:
        """Return the routing table: which handler delivers messages of which kind."""
        return {
            "dialer.inject": inject,
            "dialer.close": close,
            "dialer.poll": poll,
            "campaign.start": again,
            "referrals.consume": consume,
            "partner.event": partner,
            "inbox.stripe": kept_payment,
        }

    @provide
    def deliveries(
        self, engine: AsyncEngine, clock: DatabaseClock, handlers: Mapping[str, Handler], wake: Wake
    ) -> Deliveries:
        return Deliveries(engine, clock, handlers, wake)

    @provide
    def scheduler(
        self,
        *,
        campaigns: CampaignJobs,
        consumption: programme.RequestConsumption,
        housekeeping: SqlHousekeeping,
        begin: Begin[CampaignsTx],
        clock: DatabaseClock,
        latest: SqlLatestTicks,
    ) -> Scheduler:
        jobs = [
            *campaigns.all(),
            Job("consume-referrals", daily(_CONSUMED_AT, "Europe/Paris"), consumption),
            Job("housekeeping", daily(time(3), "UTC"), housekeeping),
        ]
        return Scheduler(jobs, begin, clock, latest)
