"""The prospects context."""

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.operator_settings import SqlOperatorSettingViews
from growth.adapters.db.prospect_views import SqlProspectViews
from growth.adapters.db.requests import SqlRequestViews
from growth.adapters.db.retry import retried
from growth.adapters.db.sales_teams import SqlAbsenceViews
from growth.adapters.sales_teams_file import load_sales_teams
from growth.adapters.traffic_sources import load_traffic_sources
from growth.adapters.unsubscribe_tokens import HmacUnsubscribeTokens
from growth.api.event_gate import EventGate
from growth.api.webhooks.customerio_events import read_mail_news
from growth.container.examples import EXAMPLES
from growth.domain.prospects import use_cases
from growth.domain.prospects.entities.attribution import TrafficSources
from growth.domain.prospects.entities.operator_settings import SETTINGS
from growth.domain.prospects.entities.own_urls import OwnUrls
from growth.domain.prospects.entities.sales_teams import SalesTeams
from growth.domain.prospects.ports.mail_news import ReadMailNews
from growth.domain.prospects.ports.operator_settings import OperatorSettingViews
from growth.domain.prospects.ports.requests import RequestViews
from growth.domain.prospects.ports.sales_teams import AbsenceViews
from growth.domain.prospects.ports.tokens import UnsubscribeTokens
from growth.domain.prospects.ports.unsubscribing import Subscribers
from growth.domain.prospects.ports.views import ProspectViews
from growth.domain.prospects.steps.hearing_mails import HearingMails
from growth.domain.prospects.steps.looking import Looking
from growth.domain.prospects.steps.posting import Posting
from growth.domain.prospects.steps.recording import Recording
from growth.domain.prospects.steps.requesting import Requesting
from growth.domain.prospects.steps.returning import Returning
from growth.domain.prospects.steps.unsubscribing import Unsubscribing
from growth.domain.prospects.steps.welcoming import Welcoming
from growth.domain.referrals.ports.partners import PartnerWebhooks
from growth.settings import Settings


class Prospects(Provider):
    """The prospects context."""

    scope = Scope.APP
    register = provide(retried(use_cases.RegisterProspect), provides=use_cases.RegisterProspect)
    record_events = provide(retried(use_cases.RecordEvents), provides=use_cases.RecordEvents)
    gate = provide(EventGate)
    views = provide(SqlProspectViews, provides=ProspectViews)
    welcoming = provide(Welcoming)
    recording = provide(Recording)
    requesting = provide(Requesting)
    looking = provide(Looking)
    posting = provide(Posting)
    returning = provide(Returning)
    request_views = provide(SqlRequestViews, provides=RequestViews)
    absence_views = provide(SqlAbsenceViews, provides=AbsenceViews)
    request = provide(retried(use_cases.RequestSales), provides=use_cases.RequestSales)
    save_flow = provide(retried(use_cases.SaveFlow), provides=use_cases.SaveFlow)
    replace_absences = provide(retried(use_cases.ReplaceAbsences), provides=use_cases.ReplaceAbsences)
    change_setting = provide(retried(use_cases.ChangeSetting), provides=use_cases.ChangeSetting)
    post_request = provide(use_cases.PostRequest)
    post_contract = provide(use_cases.PostContract)
    unsubscribing = provide(Unsubscribing)
    hearing_mails = provide(HearingMails)
    take_mail_news = provide(retried(use_cases.TakeMailNews), provides=use_cases.TakeMailNews)
    handle_kept_mail = provide(retried(use_cases.HandleKeptMailEvent), provides=use_cases.HandleKeptMailEvent)
    tell_of_person = provide(use_cases.TellMailerOfPerson)
    tell_of_user = provide(use_cases.TellMailerOfUser)
    unsuppress = provide(use_cases.UnsuppressPerson)
    track_request = provide(use_cases.TrackRequest)
    unsubscribe = provide(retried(use_cases.Unsubscribe), provides=use_cases.Unsubscribe)
    read_link = provide(retried(use_cases.ReadUnsubscribeLink), provides=use_cases.ReadUnsubscribeLink)
    by_link = provide(retried(use_cases.UnsubscribeByLink), provides=use_cases.UnsubscribeByLink)

    @provide
    def urls(self, settings: Settings) -> OwnUrls:
        return OwnUrls(site=settings.public_site_url, api=settings.public_api_url)

    @provide
    def traffic_sources(self) -> TrafficSources:
        return load_traffic_sources()

    @provide
    def teams(self, settings: Settings) -> SalesTeams:
        return load_sales_teams(settings.sales_teams_file or EXAMPLES / "sales_teams.toml")

    @provide
    async def operator_settings(self, engine: AsyncEngine, clock: DatabaseClock) -> OperatorSettingViews:
        views = SqlOperatorSettingViews(engine)
        await views.load(SETTINGS, await clock.now())
        return views

    @provide
    def read_mail_news(self) -> ReadMailNews:
        return read_mail_news

    @provide
    def tokens(self, settings: Settings) -> UnsubscribeTokens:
        return HmacUnsubscribeTokens(settings.secret, settings.public_api_url)

    @provide
    def subscribers(self, partners: PartnerWebhooks) -> Subscribers:
        return partners
