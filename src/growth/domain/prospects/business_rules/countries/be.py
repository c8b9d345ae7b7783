"""Belgium: one kind of event for everybody, and every quote is made by sales."""

from growth.domain.prospects.business_rules.quoting import captured, quoted
from growth.domain.prospects.entities.decisions import QuoteDecision, TrackedEvent
from growth.domain.prospects.entities.requests import SalesRequest


class Belgium:
    def email_captured(self, request: SalesRequest, link: str) -> TrackedEvent:
        return captured("be_email_captured", request, link)

    def quote_requested(self, request: SalesRequest, link: str) -> QuoteDecision:
        return quoted("be_quote_requested", request, link, crm=True)
