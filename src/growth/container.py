"""The DI container: the only module that knows every adapter."""

from collections.abc import AsyncIterator, Mapping
from datetime import time, timedelta
from pathlib import Path
from uuid import UUID

from dishka import AsyncContainer, Provider, Scope, from_context, make_async_container, provide
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from growth.adapters.campaigns_file import load_campaigns, remember
from growth.adapters.db.access import SqlApiKeys, SqlIdempotentAnswers, SqlRateBudgets
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.engine import create_engine
from growth.adapters.db.health import DatabaseHealth
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.adapters.db.invariants import SqlInvariants
from growth.adapters.db.lead_views import SqlLeadViews
from growth.adapters.db.messages import SqlMessageViews
from growth.adapters.db.retry import retried
from growth.adapters.db.run_views import SqlRunViews, SqlTickViews
from growth.adapters.db.ticks import SqlLatestTicks
from growth.adapters.db.transaction import InTurn, SqlBegin
from growth.adapters.diabolocom.dialer import DiabolocomDialer
from growth.adapters.vendor_http import VendorHttp
from growth.api.app import frame_provider
from growth.api.idempotency import IdempotentAnswers
from growth.api.limits import RateBudgets
from growth.api.security import StoredKeys
from growth.deliveries import Deliveries, Wake
from growth.domain.campaigns import use_cases
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import LeadViews, RunViews
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import InboxViews
from growth.domain.kernel.messages import Handler, MessageViews
from growth.domain.kernel.operating import Health, Invariants, MovableClock, TickViews
from growth.schedule import CampaignJobs, Job, Scheduler, StartAgain, daily
from growth.settings import Settings

_SETTLING, _SANDBOX_SETTLING = timedelta(seconds=60), timedelta(seconds=3)
SANDBOX_TOKEN = "sandbox"  # noqa: S105 - it keeps nothing of value


# A wheel carries the examples inside the package; a checkout keeps them at its root.
_PLACES = (Path(__file__).parent / "examples", Path(__file__).resolve().parents[2] / "examples")
EXAMPLES = next((folder for folder in _PLACES if folder.is_dir()), _PLACES[0])


class Database(Provider):
    """The pool, the clock, and what reads and writes."""

    scope = Scope.APP
    settings = from_context(Settings)
    wake = provide(Wake)
    health = provide(DatabaseHealth, provides=Health)
    invariants = provide(SqlInvariants, provides=Invariants)
    latest = provide(SqlLatestTicks)
    housekeeping = provide(SqlHousekeeping)
    messages = provide(SqlMessageViews)
    answers = provide(SqlIdempotentAnswers, provides=IdempotentAnswers)
    budgets = provide(SqlRateBudgets, provides=RateBudgets)
    lead_views = provide(SqlLeadViews, provides=LeadViews)
    run_views = provide(SqlRunViews, provides=RunViews)
    tick_views = provide(SqlTickViews, provides=TickViews)

    @provide
    async def engine(self, settings: Settings) -> AsyncIterator[AsyncEngine]:
        engine = create_engine(
            settings.database_url or "", pool_size=settings.pool_size, behind_pgbouncer=settings.pgbouncer
        )
        yield engine
        await engine.dispose()

    @provide
    def clock(self, engine: AsyncEngine, settings: Settings) -> DatabaseClock:
        return DatabaseClock(engine, movable=settings.env == "test")

    @provide
    def movable(self, clock: DatabaseClock) -> MovableClock:
        return clock

    @provide
    def outbox_views(self, views: SqlMessageViews) -> MessageViews:
        return views

    @provide
    def inbox_views(self, views: SqlMessageViews) -> InboxViews:
        return views

    @provide
    def keys(self, engine: AsyncEngine, settings: Settings, new_id: NewId) -> SqlApiKeys:
        return SqlApiKeys(engine, settings.secret, new_id)

    @provide
    def stored_keys(self, keys: SqlApiKeys) -> StoredKeys:
        return keys

    @provide
    def transactions(self, engine: AsyncEngine, clock: DatabaseClock, wake: Wake) -> SqlBegin:
        return SqlBegin(engine, clock, wake.set)

    @provide
    def campaigns(self, begin: SqlBegin) -> Begin[CampaignsTx]:
        return begin

    @provide
    def new_id(self) -> NewId:
        def new() -> UUID:
            return uuid7()

        return new


class Vendors(Provider):
    """Who is called: the real vendor, or the sandbox where there are no credentials."""

    scope = Scope.APP

    @provide
    async def dialer(self, settings: Settings) -> AsyncIterator[Dialer]:
        real = settings.diabolocom_token is not None
        url = settings.diabolocom_base_url or f"{settings.sandbox_url}"
        http = VendorHttp(url, {"Private-Token": settings.diabolocom_token or SANDBOX_TOKEN})
        yield DiabolocomDialer(http, _SETTLING if real else _SANDBOX_SETTLING)
        await http.close()


class Campaigns(Provider):
    """The campaigns context."""

    scope = Scope.APP
    take_leads = provide(retried(use_cases.TakeLeads), provides=use_cases.TakeLeads)
    import_leads = provide(retried(use_cases.ImportLeads), provides=use_cases.ImportLeads)
    stop = provide(retried(use_cases.StopCampaigns), provides=use_cases.StopCampaigns)
    miss = provide(retried(use_cases.MissSlot), provides=use_cases.MissSlot)
    recover = provide(retried(use_cases.RecoverForgottenLeads), provides=use_cases.RecoverForgottenLeads)
    change = provide(retried(use_cases.ChangeLead), provides=use_cases.ChangeLead)
    results = provide(retried(use_cases.RequestResults), provides=use_cases.RequestResults)
    explain = provide(use_cases.ExplainLead)
    inject = provide(retried(use_cases.InjectBatch), provides=use_cases.InjectBatch)
    close = provide(retried(use_cases.CloseRun), provides=use_cases.CloseRun)
    poll = provide(retried(use_cases.PollResults), provides=use_cases.PollResults)
    again = provide(StartAgain)
    jobs = provide(CampaignJobs)

    @provide
    def start(self, begin: SqlBegin, configuration: Configuration, new_id: NewId) -> use_cases.StartCampaigns:
        return retried(use_cases.StartCampaigns)(InTurn(begin), configuration, new_id)

    @provide
    async def configuration(self, settings: Settings, engine: AsyncEngine) -> Configuration:
        configuration, source = load_campaigns(settings.campaigns_file or EXAMPLES / "campaigns.toml")
        await remember(engine, configuration, source)
        return configuration


class Drivers(Provider):
    """What drives the service beside HTTP: workers and the scheduler."""

    scope = Scope.APP

    @provide
    def routing(
        self,
        inject: use_cases.InjectBatch,
        close: use_cases.CloseRun,
        poll: use_cases.PollResults,
        again: StartAgain,
    ) -> Mapping[str, Handler]:
        """Return the routing table: which handler delivers messages of which kind."""
        return {"dialer.inject": inject, "dialer.close": close, "dialer.poll": poll, "campaign.start": again}

    @provide
    def deliveries(
        self, engine: AsyncEngine, clock: DatabaseClock, handlers: Mapping[str, Handler], wake: Wake
    ) -> Deliveries:
        return Deliveries(engine, clock, handlers, wake)

    @provide
    def scheduler(
        self,
        campaigns: CampaignJobs,
        housekeeping: SqlHousekeeping,
        begin: Begin[CampaignsTx],
        clock: DatabaseClock,
        latest: SqlLatestTicks,
    ) -> Scheduler:
        jobs = [*campaigns.all(), Job("housekeeping", daily(time(3), "UTC"), housekeeping)]
        return Scheduler(jobs, begin, clock, latest)


def make_container(settings: Settings) -> AsyncContainer:
    """Return the container of a process. It opens nothing before the first thing is asked of it."""
    providers = (Database(), Vendors(), Campaigns(), Drivers(), frame_provider())
    return make_async_container(*providers, context={Settings: settings})
