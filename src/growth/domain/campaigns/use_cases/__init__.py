"""Everything that campaigns can be asked to do."""

from growth.domain.campaigns.use_cases.change_lead import ChangeLead
from growth.domain.campaigns.use_cases.close_run import CloseRun
from growth.domain.campaigns.use_cases.explain_lead import ExplainLead
from growth.domain.campaigns.use_cases.import_leads import ImportLeads
from growth.domain.campaigns.use_cases.inject_batch import InjectBatch
from growth.domain.campaigns.use_cases.miss_slot import MissSlot
from growth.domain.campaigns.use_cases.poll_results import PollResults, RequestResults
from growth.domain.campaigns.use_cases.recover_forgotten_leads import RecoverForgottenLeads
from growth.domain.campaigns.use_cases.start_campaigns import StartCampaigns
from growth.domain.campaigns.use_cases.stop_campaigns import StopCampaigns
from growth.domain.campaigns.use_cases.take_leads import TakeLeads
from growth.domain.campaigns.use_cases.take_pushed_lead import TakePushedLead

__all__ = [
    "ChangeLead",
    "CloseRun",
    "ExplainLead",
    "ImportLeads",
    "InjectBatch",
    "MissSlot",
    "PollResults",
    "RecoverForgottenLeads",
    "RequestResults",
    "StartCampaigns",
    "StopCampaigns",
    "TakeLeads",
    "TakePushedLead",
]
