"""Everything that campaigns can be asked to do."""

from growth.domain.campaigns.use_cases.change_lead import ChangeLead
from growth.domain.campaigns.use_cases.close_run import CloseRun
from growth.domain.campaigns.use_cases.explain_lead import ExplainLead
from growth.domain.campaigns.use_cases.import_do_not_call import ImportDoNotCall
from growth.domain.campaigns.use_cases.import_leads import ImportLeads
from growth.domain.campaigns.use_cases.inject_batch import InjectBatch
from growth.domain.campaigns.use_cases.list_numbers import ListNumbers
from growth.domain.campaigns.use_cases.miss_slot import MissSlot
from growth.domain.campaigns.use_cases.poll_results import PollResults, RequestResults
from growth.domain.campaigns.use_cases.record_consent import RecordConsent, ReplanPerson
from growth.domain.campaigns.use_cases.recover_forgotten_leads import RecoverForgottenLeads
from growth.domain.campaigns.use_cases.start_campaigns import StartCampaigns
from growth.domain.campaigns.use_cases.stop_campaigns import StopCampaigns
from growth.domain.campaigns.use_cases.take_call_news import TakeCallNews
from growth.domain.campaigns.use_cases.take_leads import TakeLeads
from growth.domain.campaigns.use_cases.take_pushed_lead import TakePushedLead
from growth.domain.campaigns.use_cases.withdraw_consent import WithdrawConsent

__all__ = [
    "ChangeLead",
    "CloseRun",
    "ExplainLead",
    "ImportDoNotCall",
    "ImportLeads",
    "InjectBatch",
    "ListNumbers",
    "MissSlot",
    "PollResults",
    "RecordConsent",
    "RecoverForgottenLeads",
    "ReplanPerson",
    "RequestResults",
    "StartCampaigns",
    "StopCampaigns",
    "TakeCallNews",
    "TakeLeads",
    "TakePushedLead",
    "WithdrawConsent",
]
