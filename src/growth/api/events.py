"""Events in: from browsers with a publishable key, and from servers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import structlog
from dishka.integrations.fastapi import FromDishka
from pydantic import (
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from growth.api.errors import first_fault, problems
from growth.api.event_gate import EventGate
from growth.api.marketing import Marketed
from growth.api.routing import Routes
from growth.api.schemas import EmailIn, Input, Instant, Output
from growth.api.security import Caller, CallerOf, Role, allow
from growth.domain.kernel.country import Country
from growth.domain.kernel.errors import Fault, GrowthError, Invalid
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.kernel.prospect_events import EventName, PersonaType
from growth.domain.prospects.business_rules.event_rules import RULES
from growth.domain.prospects.entities.events import (
    BadEvent,
    EventFromTheFuture,
    EventNews,
    NotForBrowsers,
    Outcome,
    Told,
)
from growth.domain.prospects.use_cases import RecordEvents

router = Routes(tags=["events"])
log = structlog.get_logger(__name__)
_TELLERS = [allow(Role.CAPTURE, Role.SERVICE)]
MOST_EVENTS = 1_000
MessageIdIn = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class EventIn(Marketed):
    """Something that happened to a person. What else a kind of event has stands in docs/capture.md."""

    event_name: EventName
    email: EmailIn
    phone: Annotated[str | None, Field(max_length=64)] = None
    country_code: Country | None = None
    persona_type: PersonaType | None = None
    properties: Mapping[str, Any] = Field(default_factory=dict, max_length=50)
    message_id: MessageIdIn | None = Field(
        default=None, description="The same id from the same caller is the same event, for ever."
    )
    occurred_at: Instant | None = Field(default=None, description="At most 24 hours ahead; without it, now.")

    def news(self, caller: Caller, message_id: str) -> EventNews:
        """Return what is told. Raises `BadEmail`, `NotForBrowsers`."""
        if caller.role is Role.CAPTURE and not RULES[self.event_name].browsers:
            raise NotForBrowsers
        return EventNews(
            event_name=self.event_name,
            email=parse_email(self.email),
            caller=caller.key_id or "",
            phone=self.phone,
            country_code=self.country_code,
            persona_type=self.persona_type,
            marketing_parameters=self.marketing(),
            properties=self.properties,
            message_id=message_id,
            occurred_at=self.occurred_at,
        )


_EVENT = TypeAdapter(EventIn)
_EVENTS: Any = {"items": {"$ref": "#/components/schemas/EventIn"}}
_List = Annotated[list[Any], Field(max_length=MOST_EVENTS, json_schema_extra=_EVENTS)]


class EventsIn(Input):
    events: _List


def _as_it_came(body: Any, _union: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - what a caller sent
    # A union's faults would name our classes in their pointers, and those of both forms.
    return (_LIST if isinstance(body, list) else _OBJECT).validate_python(body)


_LIST: TypeAdapter[list[Any]] = TypeAdapter(_List)
_OBJECT = TypeAdapter(EventsIn)
_Batch = Annotated[EventsIn | _List, WrapValidator(_as_it_came)]


class EventOut(Output):
    message_id: str


class RejectedOut(Output):
    index: int
    code: str
    message: str


class BatchOut(Output):
    """`accepted` is the same for known and unknown people; `rejected` are to be mended and sent again."""

    accepted: int
    rejected: Sequence[RejectedOut]


@router.post(
    "/v1/events",
    status_code=202,
    dependencies=_TELLERS,
    responses=problems(BadEmail, BadEvent, EventFromTheFuture, NotForBrowsers),
)
async def record_event(
    body: EventIn, caller: CallerOf, gate: FromDishka[EventGate], new_id: FromDishka[NewId]
) -> EventOut:
    """Tell of one event. The answer comes after the commit, and is the same for known and unknown people."""
    message_id = body.message_id or str(new_id())
    _known_or_not(await gate(body.news(caller, message_id)), body.event_name, caller)
    return EventOut(message_id=message_id)


@router.post("/v1/events/batch", status_code=202, dependencies=_TELLERS)
async def record_events(
    body: _Batch,
    caller: CallerOf,
    record: FromDishka[RecordEvents],
    new_id: FromDishka[NewId],
) -> BatchOut:
    """Tell of up to 1,000 events, as a list or as `{"events": […]}`. Good ones are kept though others are bad."""
    told: dict[int, EventNews] = {}
    wrong: dict[int, RejectedOut] = {}
    events = body.events if isinstance(body, EventsIn) else body
    for index, raw in enumerate(events):
        try:
            event = _EVENT.validate_python(raw)
            told[index] = event.news(caller, event.message_id or str(new_id()))
        except ValidationError as error:
            wrong[index] = _rejected(index, first_fault(error))
        except GrowthError as error:
            wrong[index] = _refused(index, error)
    outcomes = await record(list(told.values())) if told else []
    for (index, news), outcome in zip(told.items(), outcomes, strict=True):
        try:
            _known_or_not(outcome, news.event_name, caller)
        except GrowthError as error:
            wrong[index] = _refused(index, error)
    return BatchOut(accepted=len(events) - len(wrong), rejected=[wrong[index] for index in sorted(wrong)])


def _known_or_not(outcome: Outcome, event_name: EventName, caller: Caller) -> None:
    if isinstance(outcome, GrowthError):
        raise outcome
    if outcome is Told.OF_NOBODY:
        log.warning("event of nobody", event_name=event_name, key_id=caller.key_id)


def _refused(index: int, error: GrowthError) -> RejectedOut:
    fault = error.faults[0] if isinstance(error, Invalid) and error.faults else None
    where = f"{fault.pointer}: {fault.message}" if fault else str(error)
    return RejectedOut(index=index, code=error.code, message=where)


def _rejected(index: int, fault: Fault) -> RejectedOut:
    return RejectedOut(index=index, code=fault.code, message=f"{fault.pointer}: {fault.message}")
