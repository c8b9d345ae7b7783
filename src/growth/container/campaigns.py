"""The campaigns context."""

from dishka import Provider, Scope, provide
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.campaigns_file import load_campaigns, remember
from growth.adapters.db.campaign_reports import SqlCampaignFigures
from growth.adapters.db.consents import SqlConsentViews
from growth.adapters.db.retry import retried
from growth.adapters.db.transaction import InTurn, SqlBegin
from growth.api.webhooks.dialer_calls import read_call_news
from growth.api.webhooks.partners import SOURCE as PARTNERS
from growth.api.webhooks.partners import read_partner_lead
from growth.api.webhooks.pubsub_estimates import read_submission
from growth.container.examples import EXAMPLES
from growth.domain.campaigns import use_cases
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.ports.call_news import ReadCallNews
from growth.domain.campaigns.ports.consents import ConsentViews
from growth.domain.campaigns.ports.reports import CampaignFigures
from growth.domain.campaigns.ports.submissions import ReadSubmission
from growth.domain.kernel.ids import NewId
from growth.schedule import CampaignJobs, StartAgain
from growth.settings import Settings


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
    take_pushed = provide(retried(use_cases.TakePushedLead), provides=use_cases.TakePushedLead)
    take_call_news = provide(retried(use_cases.TakeCallNews), provides=use_cases.TakeCallNews)
    record_consent = provide(retried(use_cases.RecordConsent), provides=use_cases.RecordConsent)
    withdraw_consent = provide(retried(use_cases.WithdrawConsent), provides=use_cases.WithdrawConsent)
    replan = provide(retried(use_cases.ReplanPerson), provides=use_cases.ReplanPerson)
    list_numbers = provide(retried(use_cases.ListNumbers), provides=use_cases.ListNumbers)
    import_numbers = provide(use_cases.ImportDoNotCall)  # its lines are read once
    consent_views = provide(SqlConsentViews, provides=ConsentViews)
    explain = provide(use_cases.ExplainLead)
    explain_score = provide(use_cases.ExplainScore)
    rescore = provide(use_cases.RescoreLeads)
    figures = provide(SqlCampaignFigures, provides=CampaignFigures)
    report = provide(use_cases.ReportCampaigns)
    replay = provide(use_cases.ReplayRun)
    add_model = provide(retried(use_cases.AddModel), provides=use_cases.AddModel)
    judge_model = provide(use_cases.JudgeModel)
    promote_model = provide(retried(use_cases.PromoteModel), provides=use_cases.PromoteModel)
    retire_model = provide(retried(use_cases.RetireModel), provides=use_cases.RetireModel)
    watch_scoring = provide(use_cases.WatchScoring)
    export_calls = provide(use_cases.ExportCalls)
    simulate = provide(use_cases.SimulateCampaigns)
    inject = provide(retried(use_cases.InjectBatch), provides=use_cases.InjectBatch)
    close = provide(retried(use_cases.CloseRun), provides=use_cases.CloseRun)
    take_back = provide(retried(use_cases.TakeBack), provides=use_cases.TakeBack)
    poll = provide(retried(use_cases.PollResults), provides=use_cases.PollResults)
    again = provide(StartAgain)
    jobs = provide(CampaignJobs)

    @provide
    def start(self, begin: SqlBegin, configuration: Configuration, new_id: NewId) -> use_cases.StartCampaigns:
        return retried(use_cases.StartCampaigns)(InTurn(begin), configuration, new_id)

    @provide
    def read_call_news(self) -> ReadCallNews:
        return read_call_news

    @provide
    def read_submission(self) -> ReadSubmission:
        return lambda event: (read_partner_lead if event.source == PARTNERS else read_submission)(event)

    @provide
    async def configuration(self, settings: Settings, engine: AsyncEngine) -> Configuration:
        configuration, source = load_campaigns(settings.campaigns_file or EXAMPLES / "campaigns.toml")
        await remember(engine, configuration, source)
        return configuration
