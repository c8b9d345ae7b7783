"""Everything that can be done with conversations."""

from growth.domain.conversations.use_cases.close_signed import CloseSigned, CloseSignedForMessage
from growth.domain.conversations.use_cases.detect_duplicates import (
    DetectDuplicates,
    DetectForMessage,
    FindDuplicates,
    RetrieveDuplicates,
)
from growth.domain.conversations.use_cases.hear_notification import HandleKeptNotification
from growth.domain.conversations.use_cases.reopen_conversation import ReopenIfPossible
from growth.domain.conversations.use_cases.write_to_helpdesk import CloseConversation, LeaveNote, ReopenConversation

__all__ = [
    "CloseConversation",
    "CloseSigned",
    "CloseSignedForMessage",
    "DetectDuplicates",
    "DetectForMessage",
    "FindDuplicates",
    "HandleKeptNotification",
    "LeaveNote",
    "ReopenConversation",
    "ReopenIfPossible",
    "RetrieveDuplicates",
]
