"""Everything that campaigns can be asked to do."""

from growth.domain.campaigns.use_cases.change_lead import ChangeLead
from growth.domain.campaigns.use_cases.close_run import CloseRun
from growth.domain.campaigns.use_cases.explain_lead import ExplainLead
from growth.domain.campaigns.use_cases.explain_score import ExplainScore
from growth.domain.campaigns.use_cases.export_calls import ExportCalls
from growth.domain.campaigns.use_cases.import_do_not_call import ImportDoNotCall
from growth.domain.campaigns.use_cases.import_leads import ImportLeads
from growth.domain.campaigns.use_cases.inject_batch import InjectBatch
from growth.domain.campaigns.use_cases.list_numbers import ListNumbers
from growth.domain.campaigns.use_cases.miss_slot import MissSlot
from growth.domain.campaigns.use_cases.poll_results import PollResults, RequestResults
from growth.domain.campaigns.use_cases.record_consent import RecordConsent, ReplanPerson
from growth.domain.campaigns.use_cases.recover_forgotten_leads import RecoverForgottenLeads
from growth.domain.campaigns.use_cases.replay_run import ReplayRun
from growth.domain.campaigns.use_cases.report_campaigns import ReportCampaigns
from growth.domain.campaigns.use_cases.rescore_leads import RescoreLeads
from growth.domain.campaigns.use_cases.send_call_to_speech import DeleteAtSpeech, SendCallToSpeech
from growth.domain.campaigns.use_cases.send_calls_to_speech import SendCallsToSpeech
from growth.domain.campaigns.use_cases.simulate_campaigns import SimulateCampaigns
from growth.domain.campaigns.use_cases.start_campaigns import StartCampaigns
from growth.domain.campaigns.use_cases.stop_campaigns import StopCampaigns
from growth.domain.campaigns.use_cases.take_analysis import TakeAnalysis
from growth.domain.campaigns.use_cases.take_back import TakeBack
from growth.domain.campaigns.use_cases.take_call_news import TakeCallNews
from growth.domain.campaigns.use_cases.take_leads import TakeLeads
from growth.domain.campaigns.use_cases.take_pushed_lead import TakePushedLead
from growth.domain.campaigns.use_cases.use_models import AddModel, JudgeModel, PromoteModel, RetireModel
from growth.domain.campaigns.use_cases.watch_scoring import WatchScoring
from growth.domain.campaigns.use_cases.withdraw_consent import WithdrawConsent

__all__ = [
    "AddModel",
    "ChangeLead",
    "CloseRun",
    "DeleteAtSpeech",
    "ExplainLead",
    "ExplainScore",
    "ExportCalls",
    "ImportDoNotCall",
    "ImportLeads",
    "InjectBatch",
    "JudgeModel",
    "ListNumbers",
    "MissSlot",
    "PollResults",
    "PromoteModel",
    "RecordConsent",
    "RecoverForgottenLeads",
    "ReplanPerson",
    "ReplayRun",
    "ReportCampaigns",
    "RequestResults",
    "RescoreLeads",
    "RetireModel",
    "SendCallToSpeech",
    "SendCallsToSpeech",
    "SimulateCampaigns",
    "StartCampaigns",
    "StopCampaigns",
    "TakeAnalysis",
    "TakeBack",
    "TakeCallNews",
    "TakeLeads",
    "TakePushedLead",
    "WatchScoring",
    "WithdrawConsent",
]
