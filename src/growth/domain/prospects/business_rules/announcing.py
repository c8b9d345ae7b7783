"""What a sales team reads in its channel."""

import re
from collections.abc import Mapping
from typing import Final

from growth.domain.kernel.country import Country
from growth.domain.prospects.entities.announcements import Announcement
from growth.domain.prospects.entities.requests import RequestType, SalesRequest
from growth.domain.prospects.entities.sales_teams import TeamView

_LONGEST = 200
_TITLES: Final[Mapping[RequestType, str]] = {
    RequestType.MEETING_REQUEST: "Somebody wants a meeting",
    RequestType.CALLBACK: "Somebody wants to be called back",
    RequestType.EMAIL: "Somebody wants an answer by mail",
    RequestType.CHAT: "Somebody wants to chat",
    RequestType.ACCOUNT_CREATION_STUCK: "Somebody is stuck while creating an account",
    RequestType.QUOTE_REQUEST: "Somebody wants a quote",
    RequestType.EMAIL_CAPTURE: "Somebody left an address in the flow",
    RequestType.CONTRACT_COMPARISON: "Somebody wants contracts compared",
}
# What of the details is told: the company and the wanted time. People type addresses and numbers there, too: `_masked`.
_TOLD: Final = {"company_name": "Company", "number_of_employees": "Employees", "preferred_slot": "Wanted time"}
_MASK = "[…]"
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+")
# A day has eight digits as a number has: it is matched first, and stays.
_DAY = r"(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d(?P<sep>[/.-])[01]?\d(?P=sep)(?:19|20)\d\d"
_NUMBER = re.compile(rf"(?<![\d/.+-])(?P<day>{_DAY})(?![/.-]?\d)|[+(]{{0,2}}\d(?:[^0-9A-Za-z:]{{0,3}}\d){{7,}}")


def of_request(request: SalesRequest, view: TeamView, api: str) -> Announcement:
    """Return what the crew reads of a request. `api`: where this service is; the link leads to the person there."""
    told = {label: request.details[key] for key, label in _TOLD.items() if request.details.get(key) is not None}
    named = {member.member.email: member.member.name for member in view.members}
    facts = {
        "Country": request.country_code.value,
        "Persona": request.persona_type.value if request.persona_type else "not known",
        **{label: _masked(str(value))[:_LONGEST] for label, value in told.items()},
        "For": ", ".join(named.get(email, email) for email in view.reachable) or "nobody is there now",
    }
    return Announcement(
        title=_TITLES[request.request_type],
        facts=tuple(facts.items()),
        link=f"{api}/v1/prospects/{request.prospect_id}/timeline",
    )


def _masked(text: str) -> str:
    """Return the text without what looks like an email address or has the digits of a phone number."""
    return _NUMBER.sub(lambda found: found["day"] or _MASK, _ADDRESS.sub(_MASK, text))


def of_contract(contract_ref: str, country: Country) -> Announcement:
    """Return what is read of a signed contract."""
    return Announcement("A contract is signed", (("Country", country.value), ("Contract", contract_ref)), None)
