"""What all countries tell of a captured address and of a wanted quote."""

from urllib.parse import quote

from growth.domain.prospects.entities.decisions import QuoteDecision, TrackedEvent
from growth.domain.prospects.entities.requests import FlowId, SalesRequest

_QUOTED = ("company_name", "number_of_employees", "qualification")


def link_into(site: str, flow_id: str | None) -> str:
    """Return where a person goes on with the flow; the site itself without one."""
    return site if flow_id is None else f"{site}/?self_serve_flow_id={quote(flow_id, safe='')}"


def captured(name: str, request: SalesRequest, link: str) -> TrackedEvent:
    """Return the event of that name with the language, the flow and the link."""
    return TrackedEvent(name, _of_flow(request, link))


def quoted(name: str, request: SalesRequest, link: str, *, crm: bool) -> QuoteDecision:
    """Return the decision with the details of this request; `crm`: sales goes after it there."""
    details = {key: request.details[key] for key in _QUOTED if key in request.details}
    attributes = _of_flow(request, link) | {"should_be_sent_to_crm": crm, "quote_details": details}
    flow_id = FlowId(request.self_serve_flow_id) if request.self_serve_flow_id else None
    return QuoteDecision(TrackedEvent(name, attributes), crm, details, flow_id)


def _of_flow(request: SalesRequest, link: str) -> dict[str, object]:
    return {
        "language": request.details.get("language"),
        "self_serve_flow_id": request.self_serve_flow_id,
        "self_serve_flow_link": link,
    }
