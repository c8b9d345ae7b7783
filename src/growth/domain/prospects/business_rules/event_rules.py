"""What each kind of event has, needs and does: the one table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from growth.domain.kernel.errors import Fault
from growth.domain.kernel.prospect_events import EventName
from growth.domain.prospects.entities.events import EventNews


class Need(Enum):
    REQUIRED = auto()
    OPTIONAL = auto()
    REFUSED = auto()


class Keep(Enum):
    """When an event's marketing parameters are stored."""

    ALWAYS = auto()
    WHEN_DIFFERENT = auto()  # from the newest stored ones of the person
    NEVER = auto()


class Form(StrEnum):
    """How a property is written. Lengths are of characters."""

    TEXT = "a text of 1 to 500 characters"
    LONG_TEXT = "a text of 1 to 10,000 characters"
    URL = "a URL of at most 2,048 characters"
    TEXT_OR_NUMBER = "a text of 1 to 500 characters or a whole number"
    FIELDS = "an object of at most 100 fields, in all 16,384 characters"


_LONGEST: Final = {Form.TEXT: 500, Form.LONG_TEXT: 10_000, Form.URL: 2_048, Form.TEXT_OR_NUMBER: 500}
_MOST_FIELDS, _LARGEST_FIELDS = 100, 16_384
_NO_FIELD: Final = "of this kind of event"


@dataclass(frozen=True, slots=True)
class EventRule:
    """`creates`: an unknown person becomes a prospect. `browsers`: a publishable key may tell it."""

    creates: bool
    country: Need
    persona: Need
    keep: Keep
    browsers: bool
    required: Mapping[str, Form] = field(default_factory=dict)
    optional: Mapping[str, Form] = field(default_factory=dict)


_SURVEY: Final = {"required": {"response": Form.TEXT}, "optional": {"free_text": Form.LONG_TEXT}}
_FORM: Final = {
    "required": {"request_type": Form.TEXT},
    "optional": {
        "message": Form.LONG_TEXT,
        "company_name": Form.TEXT,
        "number_of_employees": Form.TEXT_OR_NUMBER,
        "preferred_slot": Form.TEXT,
    },
}
_WEBSITE: Final = {"required": {"form_name": Form.TEXT}, "optional": {"page_url": Form.URL, "fields": Form.FIELDS}}
_PAGE: Final = {"required": {"url": Form.URL}, "optional": {"title": Form.TEXT, "referrer": Form.URL}}
_MAIL: Final = {
    "required": {"campaign_id": Form.TEXT_OR_NUMBER, "delivery_id": Form.TEXT},
    "optional": {"template_id": Form.TEXT_OR_NUMBER, "link": Form.URL},
}
_SIGNED: Final = {"required": {"contract_id": Form.TEXT}}
_YES, _PERHAPS, _NO = Need.REQUIRED, Need.OPTIONAL, Need.REFUSED
_NURTURED = EventRule(creates=False, country=_NO, persona=_NO, keep=Keep.NEVER, browsers=False, **_MAIL)
# The country is the Intercom app's: known within, told by nobody else.
_REPLY = EventRule(creates=False, country=_PERHAPS, persona=_NO, keep=Keep.NEVER, browsers=False)


def _captured(persona: Need, **properties: Mapping[str, Form]) -> EventRule:
    return EventRule(creates=True, country=_YES, persona=persona, keep=Keep.ALWAYS, browsers=True, **properties)


RULES: Final[Mapping[EventName, EventRule]] = {
    EventName.FLOW_ACCOUNT_CREATION: _captured(_YES),
    EventName.FLOW_CAPTURE_SCREEN: _captured(_YES),
    EventName.FLOW_QUOTE_REQUEST: _captured(_YES),
    EventName.FLOW_CONTRACT_SIGNED: EventRule(
        creates=True, country=_YES, persona=_YES, keep=Keep.NEVER, browsers=False, **_SIGNED
    ),
    EventName.FLOW_ATTRIBUTION_SURVEY: _captured(_PERHAPS, **_SURVEY),
    EventName.MEETING_REQUEST: _captured(_PERHAPS, **_FORM),
    EventName.MEETING_REQUEST_ATTRIBUTION_SURVEY: _captured(_PERHAPS, **_SURVEY),
    EventName.WEBSITE_CAPTURE_FORM: _captured(_YES, **_WEBSITE),
    EventName.PAGE_VIEW: EventRule(
        creates=False, country=_NO, persona=_NO, keep=Keep.WHEN_DIFFERENT, browsers=True, **_PAGE
    ),
    EventName.NURTURING_MAIL_SENT: _NURTURED,
    EventName.NURTURING_MAIL_READ: _NURTURED,
    EventName.NURTURING_MAIL_CLICKED: _NURTURED,
    EventName.SALES_INBOUND_CALL_HUNG_UP: EventRule(
        creates=False, country=_YES, persona=_NO, keep=Keep.NEVER, browsers=False
    ),
    EventName.SALES_INBOUND_MAIL_SENT: _REPLY,
    EventName.SALES_INBOUND_CHAT_SENT: _REPLY,
    EventName.SALES_INBOUND_MAIL_REPLIED: _REPLY,
    EventName.SALES_INBOUND_CHAT_REPLIED: _REPLY,
}


def faults_of(news: EventNews) -> list[Fault]:
    """Return what does not fit the kind of event, none where it does."""
    rule = RULES[news.event_name]
    given = (("country_code", news.country_code, rule.country), ("persona_type", news.persona_type, rule.persona))
    faults = []
    for name, value, need in given:
        if value is None and need is Need.REQUIRED:
            faults.append(Fault(f"/{name}", "missing", f"Send the {name} with {news.event_name}."))
        if value is not None and need is Need.REFUSED:
            faults.append(Fault(f"/{name}", "unexpected", f"Leave out the {name}: it is none {_NO_FIELD}."))
    if news.phone is not None and not rule.creates:
        faults.append(Fault("/phone", "unexpected", f"Leave out the phone: it is none {_NO_FIELD}."))
    return [*faults, *_of_properties(news.properties, rule)]


def _of_properties(given: Mapping[str, object], rule: EventRule) -> Iterator[Fault]:
    known = {**rule.required, **rule.optional}
    for name in rule.required.keys() - given.keys():
        yield Fault(f"/properties/{name}", "missing", f"Write {known[name]}.")
    for name, value in given.items():
        if name not in known:
            named = f"use only {', '.join(sorted(known))}" if known else "it has none"
            yield Fault("/properties", "unexpected", f"Leave out properties that are none {_NO_FIELD}: {named}.")
        elif not (value is None and name in rule.optional) and not _fits(value, known[name]):
            yield Fault(f"/properties/{name}", "bad-value", f"Write {known[name]}.")


def _fits(value: object, form: Form) -> bool:
    if form is Form.FIELDS:
        return isinstance(value, Mapping) and len(value) <= _MOST_FIELDS and len(str(value)) <= _LARGEST_FIELDS
    if form is Form.TEXT_OR_NUMBER and isinstance(value, int) and not isinstance(value, bool):
        return True
    return isinstance(value, str) and 0 < len(value) <= _LONGEST[form]
