"""Everything that can be done with prospects."""

from growth.domain.prospects.use_cases.change_setting import ChangeSetting
from growth.domain.prospects.use_cases.record_events import RecordEvents
from growth.domain.prospects.use_cases.register_prospect import RegisterProspect
from growth.domain.prospects.use_cases.replace_absences import ReplaceAbsences
from growth.domain.prospects.use_cases.request_sales import RequestSales
from growth.domain.prospects.use_cases.save_flow import SaveFlow
from growth.domain.prospects.use_cases.take_mail_news import HandleKeptMailEvent, TakeMailNews
from growth.domain.prospects.use_cases.tell_mailer import TellMailerOfPerson, TellMailerOfUser, UnsuppressPerson
from growth.domain.prospects.use_cases.tell_requests import PostContract, PostRequest, TrackRequest
from growth.domain.prospects.use_cases.unsubscribe import Unsubscribe
from growth.domain.prospects.use_cases.unsubscribe_by_link import ReadUnsubscribeLink, UnsubscribeByLink

__all__ = [
    "ChangeSetting",
    "HandleKeptMailEvent",
    "PostContract",
    "PostRequest",
    "ReadUnsubscribeLink",
    "RecordEvents",
    "RegisterProspect",
    "ReplaceAbsences",
    "RequestSales",
    "SaveFlow",
    "TakeMailNews",
    "TellMailerOfPerson",
    "TellMailerOfUser",
    "TrackRequest",
    "Unsubscribe",
    "UnsubscribeByLink",
    "UnsuppressPerson",
]
