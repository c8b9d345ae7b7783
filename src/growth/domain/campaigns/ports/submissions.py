"""What somebody else's message asks for."""

from typing import Protocol

from growth.domain.campaigns.entities.leads import Submission
from growth.domain.kernel.inbox import InboxEvent


class ReadSubmission(Protocol):
    def __call__(self, event: InboxEvent) -> Submission | None:
        """Return the submission of a kept event, None where it asks for nothing. Raises `Unreadable`."""
        ...
