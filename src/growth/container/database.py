"""The pool, the clock, and what reads and writes."""

from collections.abc import AsyncIterator
from uuid import UUID

from dishka import Provider, Scope, from_context, provide
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from growth.adapters.campaigns_file import read_campaigns
from growth.adapters.db.access import SqlApiKeys, SqlIdempotentAnswers, SqlRateBudgets
from growth.adapters.db.attribution_views import SqlAttributionViews
from growth.adapters.db.calls import SqlPlannedCalls
from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.drifts import SqlDrifts
from growth.adapters.db.engine import create_engine
from growth.adapters.db.fillings import SqlJudged
from growth.adapters.db.health import DatabaseHealth
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.adapters.db.invariants import SqlInvariants
from growth.adapters.db.lead_views import SqlLeadViews
from growth.adapters.db.ledger_views import SqlLedgerViews
from growth.adapters.db.messages import SqlMessageViews
from growth.adapters.db.referral_views import SqlReferralViews
from growth.adapters.db.rescoring import SqlStoredLeads
from growth.adapters.db.retry import retried
from growth.adapters.db.run_views import SqlRunViews, SqlTickViews
from growth.adapters.db.scoring_models import ModelFiles, SqlModelViews
from growth.adapters.db.ticks import SqlLatestTicks
from growth.adapters.db.transaction import Followers, SqlBegin, Surroundings
from growth.adapters.models import file_of, read_model
from growth.api.idempotency import IdempotentAnswers
from growth.api.limits import RateBudgets
from growth.api.security import StoredKeys
from growth.deliveries import Wake
from growth.domain.accounts.ports import AccountsTx
from growth.domain.campaigns.ports.models import Drifts, ModelViews, ReadModel
from growth.domain.campaigns.ports.replays import Judged
from growth.domain.campaigns.ports.rescoring import StoredLeads
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.views import LeadViews, PlannedCalls, RunViews
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import HandlerTx, InboxTx, InboxViews, KeepFailed, KeepToHandle
from growth.domain.kernel.messages import MessageViews
from growth.domain.kernel.operating import Health, Invariants, MovableClock, TickViews
from growth.domain.kernel.pseudonyms import Pseudonyms
from growth.domain.prospects.ports.attribution import AttributionViews
from growth.domain.prospects.ports.stores import ProspectsTx
from growth.domain.referrals.ports.stores import ReferralsTx
from growth.domain.referrals.ports.views import LedgerViews, ReferralViews
from growth.settings import Settings


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
    keep_failed = provide(retried(KeepFailed), provides=KeepFailed)
    keep_to_handle = provide(retried(KeepToHandle), provides=KeepToHandle)
    answers = provide(SqlIdempotentAnswers, provides=IdempotentAnswers)
    budgets = provide(SqlRateBudgets, provides=RateBudgets)
    stored_leads = provide(SqlStoredLeads, provides=StoredLeads)
    lead_views = provide(SqlLeadViews, provides=LeadViews)
    run_views = provide(SqlRunViews, provides=RunViews)
    drifts = provide(SqlDrifts, provides=Drifts)
    model_views = provide(SqlModelViews, provides=ModelViews)
    planned_calls = provide(SqlPlannedCalls, provides=PlannedCalls)
    tick_views = provide(SqlTickViews, provides=TickViews)
    referral_views = provide(SqlReferralViews, provides=ReferralViews)
    ledger_views = provide(SqlLedgerViews, provides=LedgerViews)
    attribution_views = provide(SqlAttributionViews, provides=AttributionViews)

    @provide
    async def engine(self, settings: Settings) -> AsyncIterator[AsyncEngine]:
        engine = create_engine(
            settings.database_url or "", pool_size=settings.pool_size, behind_pgbouncer=settings.pgbouncer
        )
        yield engine
        await engine.dispose()

    @provide
    def model_files(self) -> ModelFiles:
        return ModelFiles(file_of, read_model)

    @provide
    def read_model(self) -> ReadModel:
        return read_model

    @provide
    def judged(self, engine: AsyncEngine) -> Judged:
        return SqlJudged(engine, read_campaigns)

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
    def transactions(
        self,
        *,
        engine: AsyncEngine,
        clock: DatabaseClock,
        new_id: NewId,
        followers: Followers,
        pseudonyms: Pseudonyms,
        models: ModelFiles,
        wake: Wake,
    ) -> SqlBegin:
        return SqlBegin(engine, Surroundings(clock, new_id, followers, pseudonyms, models), wake.set)

    @provide
    def campaigns(self, begin: SqlBegin) -> Begin[CampaignsTx]:
        return begin

    @provide
    def accounts(self, begin: SqlBegin) -> Begin[AccountsTx]:
        return begin

    @provide
    def referrals(self, begin: SqlBegin) -> Begin[ReferralsTx]:
        return begin

    @provide
    def prospects(self, begin: SqlBegin) -> Begin[ProspectsTx]:
        return begin

    @provide
    def inbox(self, begin: SqlBegin) -> Begin[InboxTx]:
        return begin

    @provide
    def handling(self, begin: SqlBegin) -> Begin[HandlerTx]:
        return begin

    @provide
    def new_id(self) -> NewId:
        def new() -> UUID:
            return uuid7()

        return new
