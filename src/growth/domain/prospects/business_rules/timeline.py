"""One line of text for each entry of a timeline, for people."""

from collections.abc import Callable, Mapping

from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.entities.timeline import Entry, EntryKind

_LONGEST = 300  # characters of one line
_EVENTS: Mapping[EventName, str] = {
    EventName.FLOW_ACCOUNT_CREATION: "Created an account in the self-serve flow",
    EventName.FLOW_CAPTURE_SCREEN: "Left an address in the self-serve flow",
    EventName.FLOW_QUOTE_REQUEST: "Asked for a quote in the self-serve flow",
    EventName.FLOW_CONTRACT_SIGNED: "Signed contract {contract_id}",
    EventName.FLOW_ATTRIBUTION_SURVEY: "Heard about us: {response}",
    EventName.MEETING_REQUEST: "Asked sales for: {request_type}",
    EventName.MEETING_REQUEST_ATTRIBUTION_SURVEY: "Heard about us: {response}",
    EventName.WEBSITE_CAPTURE_FORM: "Filled in the form {form_name}",
    EventName.PAGE_VIEW: "Looked at {url}",
    EventName.NURTURING_MAIL_SENT: "Got a mail of campaign {campaign_id}",
    EventName.NURTURING_MAIL_READ: "Opened a mail of campaign {campaign_id}",
    EventName.NURTURING_MAIL_CLICKED: "Clicked in a mail of campaign {campaign_id}",
    EventName.SALES_INBOUND_CALL_HUNG_UP: "Hung up before sales answered",
    EventName.SALES_INBOUND_MAIL_SENT: "Sales answered by mail",
    EventName.SALES_INBOUND_CHAT_SENT: "Sales answered in the chat",
    EventName.SALES_INBOUND_MAIL_REPLIED: "Wrote a mail",
    EventName.SALES_INBOUND_CHAT_REPLIED: "Wrote in the chat",
}

_MESSAGES: Mapping[str, str] = {
    "customerio.person": "Told Customer.io about the person",
    "customerio.event": "Told Customer.io about a request",
    "customerio.unsuppress": "Told Customer.io that the person is back",
    "erasure.vendor": "Had {vendor} forget what was known before",
}


_SKIPPED: Mapping[str, str] = {
    "recording_expired": "the address of its recording had expired",
    "recording_url_refused": "the address of its recording is not one in the open Internet",
    "no_recording_url": "nobody told where its recording is",
}


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "?"


def line_of(entry: Entry) -> str:
    """Return what is shown: one line, without what would break it."""
    text = " ".join(_LINES[entry.kind](_Facts(entry.told)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _event(told: _Facts) -> str:
    line = _EVENTS[EventName(str(told["name"]))].format_map(_Facts(_mapping(told["properties"])))
    return f"{line} (consent to calls given)" if "consent" in _mapping(told["properties"]) else line


def _request(told: _Facts) -> str:
    kind = str(told["type"]).replace("_", " ")
    message = _mapping(told["details"]).get("message")
    return f"Request to sales: {kind}" + (f": “{message}”" if message else "")


def _referral(told: _Facts) -> str:
    if not told["received"]:
        return f"Referred somebody: {told['status']}"
    partner = told["partner"]
    return f"Was referred by {f'the partner {partner}' if partner else 'a user'}: {told['status']}"


def _lead(told: _Facts) -> str:
    of = f" {told['segment']}" if told["segment"] else ""
    return f"Lead{of}: {told['property_type']} in {told['postal_code']}, {str(told['status']).replace('_', ' ')}"


def _score(told: _Facts) -> str:
    return f"Scored {int(str(told['score'])) / 10:.1f} by rules {told['version']}"


def _call(told: _Facts) -> str:
    state = str(told["state"])
    agent = f" by agent {told['agent']}" if told["agent"] else ""
    if told["attempts"]:
        return f"Called{agent} in {told['campaign']}: {told['wrapup'] or 'no outcome yet'}"
    return f"Call {state} in {told['campaign']}" + (f": {told['reason']}" if told["reason"] else "")


def _message(told: _Facts) -> str:
    return _MESSAGES.get(str(told["kind"]), "Sent to {vendor}: {kind}").format_map(told)


def _analysis(told: _Facts) -> str:
    match told["state"]:
        case "skipped":
            return f"Call not sent to speech analysis: {_SKIPPED.get(str(told['reason']), told['reason'])}"
        case "failed":
            return "Call sent to speech analysis, which failed"
    scores = ", ".join(f"{name} {value}" for name, value in sorted(_mapping(told["scores"]).items()))
    return f"Call analysed: {scores or 'no scores'}"


def _decision(told: _Facts) -> str:
    return f"{told['campaign']}: {told['sentence']}"


def _consent(told: _Facts) -> str:
    consent = f"consent to {told['purpose']} by {told['channel']}"
    if told["withdrawn"]:
        return f"Withdrew the {consent}" + (f": {told['how']}" if told["how"] else "")
    return f"Gave {consent} (wording {told['wording']})"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


_LINES: Mapping[EntryKind, Callable[[_Facts], str]] = {
    EntryKind.EVENT: _event,
    EntryKind.REQUEST: _request,
    EntryKind.REFERRAL: _referral,
    EntryKind.LEAD: _lead,
    EntryKind.SCORE: _score,
    EntryKind.CALL: _call,
    EntryKind.MESSAGE: _message,
    EntryKind.ANALYSIS: _analysis,
    EntryKind.DECISION: _decision,
    EntryKind.CONSENT: _consent,
}
