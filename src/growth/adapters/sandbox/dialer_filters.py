"""The closed set of filters by which the dialer finds contacts.

The vendor ignores a filter that it does not know, and a filter that says nothing hits the whole campaign.
Here both are refused, so that a test finds the mistake.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from growth.adapters.sandbox.dialer_contacts import Contact

Ids = Annotated[list[int], Field(min_length=1, max_length=500)]
Condition = Literal[
    "eq",
    "notEq",
    "lt",
    "lte",
    "gt",
    "gte",
    "startsWith",
    "endsWith",
    "notStartswith",
    "notEndswith",
    "contains",
    "like",
    "notContains",
]


class Wire(BaseModel):
    """A JSON body of the vendor: no unknown keys, no other types, null only where `nullable` has the key."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _no_nulls(self) -> Self:
        sent = {to_camel(name) for name in self.model_fields_set if getattr(self, name) is None}
        if wrong := sent - self.nullable:
            raise ValueError(f"null is not allowed for {', '.join(sorted(wrong))}: leave the key out")
        return self


class CustomFieldCondition(Wire):
    nullable: ClassVar = frozenset({"value"})

    custom_field_name: str
    condition: Condition
    value: str | None

    def holds(self, contact: Contact) -> bool:
        """Whether the column satisfies it; numbers compare as numbers, a missing column equals only null."""
        held = contact.custom_fields.get(self.custom_field_name)
        if self.condition in {"eq", "notEq"}:
            return (held == self.value) is (self.condition == "eq")
        if held is None or self.value is None:
            return self.condition.startswith("not")
        return _COMPARE[self.condition](held, self.value)


class ContactQuery(Wire):
    """Filters that must all hold. `…After` includes the instant, `…Before` does not."""

    contact_ids: Annotated[list[int], Field(min_length=1)] | None = None
    assigned_agent_ids: Ids | None = None
    assigned_group_ids: Ids | None = None
    agent_ids: Ids | None = None
    last_wrapup_ids: Ids | None = None
    wrapup_statuses: (
        Annotated[
            list[
                Literal[
                    "new_contact",
                    "argued",
                    "arguedpositive",
                    "nonargued",
                    "tocall",
                    "unreachable",
                    "canceled",
                ]
            ],
            Field(min_length=1),
        ]
        | None
    ) = None
    excluded: bool | None = None
    excluded_cause: (
        Literal["noValidPhone", "duplicate", "bloctel", "manualByAgent", "manual", "excludedByAdmin"] | None
    ) = None
    phones: (
        Annotated[list[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{6,14}$")]], Field(min_length=1)] | None
    ) = None
    min_tries: int | None = None
    max_tries: int | None = None
    min_priority: int | None = None
    max_priority: int | None = None
    retry_is_null: bool | None = None
    retry_after: AwareDatetime | None = None
    retry_before: AwareDatetime | None = None
    created_after: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    update_after: AwareDatetime | None = None
    update_before: AwareDatetime | None = None
    last_call_after: AwareDatetime | None = None
    last_call_before: AwareDatetime | None = None
    last_caller_type: Literal["contact", "agent", "system"] | None = None
    regions: Ids | None = None
    custom_field_conditions: Annotated[list[CustomFieldCondition], Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("an empty filter would hit the whole campaign: name at least one")
        return self

    def columns(self) -> set[str]:
        return {condition.custom_field_name for condition in self.custom_field_conditions or ()}


def matching(query: ContactQuery, contacts: Iterable[Contact]) -> list[Contact]:
    """Those of `contacts` for which every filter of the query holds, in their order."""
    found = list(contacts)
    for condition in query.custom_field_conditions or ():
        found = [contact for contact in found if condition.holds(contact)]
    for name in sorted(query.model_fields_set - {"custom_field_conditions"}):
        sent, holds = getattr(query, name), _HOLDS[name]
        value = frozenset(sent) if isinstance(sent, list) else sent
        found = [contact for contact in found if holds(contact, value)]
    return found


def _numbers(held: str, value: str) -> tuple[float, float] | tuple[str, str]:
    try:
        return float(held), float(value)
    except ValueError:
        return held, value


def _order(held: str, value: str) -> int:
    left, right = _numbers(held, value)
    return (left > right) - (left < right)  # type: ignore[operator]


def _like(held: str, value: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in value.split("%"))
    return re.fullmatch(pattern, held, re.IGNORECASE | re.DOTALL) is not None


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "lt": lambda held, value: _order(held, value) < 0,
    "lte": lambda held, value: _order(held, value) <= 0,
    "gt": lambda held, value: _order(held, value) > 0,
    "gte": lambda held, value: _order(held, value) >= 0,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "notStartswith": lambda held, value: not held.startswith(value),
    "notEndswith": lambda held, value: not held.endswith(value),
    "contains": lambda held, value: value in held,
    "notContains": lambda held, value: value not in held,
    "like": _like,
}


def _since(held: datetime | None, instant: datetime) -> bool:
    return held is not None and held >= instant


def _until(held: datetime | None, instant: datetime) -> bool:
    return held is not None and held < instant


_HOLDS: Mapping[str, Callable[[Contact, Any], bool]] = {
    "contact_ids": lambda contact, ids: contact.contact_id in ids,
    "assigned_agent_ids": lambda contact, ids: contact.assigned_agent_id in ids,
    "assigned_group_ids": lambda contact, ids: contact.assigned_group_id in ids,
    "agent_ids": lambda contact, ids: contact.agent_id in ids,
    "last_wrapup_ids": lambda contact, ids: contact.wrapup_id in ids,
    "wrapup_statuses": lambda contact, statuses: contact.status in statuses,
    "excluded": lambda contact, excluded: contact.excluded is excluded,
    "excluded_cause": lambda contact, cause: contact.excluded_detail == cause,
    "phones": lambda contact, phones: not phones.isdisjoint(contact.phones.values()),
    "min_tries": lambda contact, tries: contact.tries_number >= tries,
    "max_tries": lambda contact, tries: contact.tries_number <= tries,
    "min_priority": lambda contact, priority: contact.priority >= priority,
    "max_priority": lambda contact, priority: contact.priority <= priority,
    "retry_is_null": lambda contact, null: (contact.retry_date is None) is null,
    "retry_after": lambda contact, at: _since(contact.retry_date, at),
    "retry_before": lambda contact, at: _until(contact.retry_date, at),
    "created_after": lambda contact, at: _since(contact.created_at, at),
    "created_before": lambda contact, at: _until(contact.created_at, at),
    "update_after": lambda contact, at: _since(contact.last_updated_at, at),
    "update_before": lambda contact, at: _until(contact.last_updated_at, at),
    "last_call_after": lambda contact, at: _since(contact.last_call_time, at),
    "last_call_before": lambda contact, at: _until(contact.last_call_time, at),
    "last_caller_type": lambda contact, kind: contact.last_caller_type == kind,
    "regions": lambda contact, regions: contact.region in regions,
}
