"""France: companies are quoted by sales, everybody else buys alone."""

from growth.domain.kernel.prospect_events import PersonaType
from growth.domain.prospects.business_rules.quoting import captured, quoted
from growth.domain.prospects.entities.decisions import QuoteDecision, TrackedEvent
from growth.domain.prospects.entities.requests import SalesRequest


class France:
    def email_captured(self, request: SalesRequest, link: str) -> TrackedEvent:
        return captured(f"{_side(request)}_email_captured", request, link)

    def quote_requested(self, request: SalesRequest, link: str) -> QuoteDecision:
        crm = request.persona_type is PersonaType.COMPANY
        return quoted(f"{_side(request)}_quote_requested", request, link, crm=crm)


def _side(request: SalesRequest) -> str:
    return "company" if request.persona_type is PersonaType.COMPANY else "individual"
