"""Spain: the flow has no step that captures addresses; every quote is made by sales."""

from growth.domain.prospects.business_rules.quoting import quoted
from growth.domain.prospects.entities.decisions import QuoteDecision, TrackedEvent
from growth.domain.prospects.entities.requests import NotInThisCountry, SalesRequest


class Spain:
    def email_captured(self, request: SalesRequest, link: str) -> TrackedEvent:  # noqa: ARG002 - the port's
        raise NotInThisCountry("email capture", request.country_code)

    def quote_requested(self, request: SalesRequest, link: str) -> QuoteDecision:
        return quoted("es_quote_requested", request, link, crm=True)
