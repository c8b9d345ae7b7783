"""What the sandbox dialer keeps: campaigns, their contacts, and the desks that call them."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from growth.adapters.sandbox.dialer_settings import STATUS_OF_WRAPUP

IDLE, ON_CALL = "processing_not_in_progress", "processing_in_progress"
FIRST_AGENT = 501
_PHONE = re.compile(r"[1-9][0-9]{6,14}")


@dataclass(slots=True, eq=False)
class Contact:
    """A contact as the vendor shows it, in snake case. A new `version` makes void what is queued of it."""

    id: int
    campaign_id: int
    contact_id: int
    created_at: datetime
    last_updated_at: datetime
    priority: int
    custom_fields: dict[str, str]
    phones: dict[str, str] = field(default_factory=dict)
    state: str = IDLE
    comment: str | None = None
    excluded: bool = False
    excluded_detail: str | None = None
    retry_date: datetime | None = None
    tries_number: int = 0
    wrapup_id: int | None = None
    agent_id: int | None = None
    assigned_agent_id: int | None = None
    assigned_group_id: int | None = None
    min_calling_date_time: datetime | None = None
    max_calling_date_time: datetime | None = None
    last_call_time: datetime | None = None
    last_attempt_time: datetime | None = None
    last_caller_type: str | None = None
    duplicate_contact_ids: list[int] = field(default_factory=list)
    purge_date: datetime | None = None
    contact_card_display_number: str | None = None
    calendar_id: int | None = None
    region: int | None = None
    deleted_at: datetime | None = None
    version: int = 0

    @property
    def status(self) -> str:
        return STATUS_OF_WRAPUP[self.wrapup_id]


@dataclass(slots=True, eq=False)
class Desk:
    """One agent's line, or (agent None) the campaign's common lines, with the contacts that wait for it."""

    campaign: "Campaign"
    agent: int | None
    waiting: list[tuple[int, int, int, Contact]] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)

    def free_agent(self, lines: int) -> int | None:
        agents = (self.agent,) if self.agent is not None else range(FIRST_AGENT, FIRST_AGENT + lines)
        return next((agent for agent in agents if agent not in self.busy), None)


@dataclass(slots=True, eq=False)
class Campaign:
    id: int
    name: str
    created_at: datetime
    last_updated_at: datetime
    takes_any_column: bool
    custom_fields: list[str]
    phone_fields: list[str]
    max_tries: int
    next_try_delay: int
    is_paused: bool = False
    is_archived: bool = False
    folder: str | None = None
    mode: str = "progressive"
    user_ids: list[int] | None = None
    group_ids: list[int] | None = None
    wrapup_folder_id: int = 62
    contact_priority: int = 10
    global_priority: int | None = None
    calendar_id: int | None = None
    is_recorded: bool = False
    recording_percentage: int | None = None
    contacts: dict[int, Contact] = field(default_factory=dict)
    by_phone: dict[str, set[int]] = field(default_factory=dict)
    desks: dict[int | None, Desk] = field(default_factory=dict)
    contact_ids: "count[int]" = field(default_factory=lambda: count(1))
    batch_under_way: bool = False

    def take_phones(self, contact: Contact, deduplicate: bool) -> None:
        """Read the contact's phones from its columns anew, and exclude it or not by what they are."""
        for phone in contact.phones.values():
            self.by_phone.get(phone, set()).discard(contact.contact_id)
        fields = contact.custom_fields
        contact.phones = {name: fields[name] for name in self.phone_fields if fields.get(name)}
        valid = [phone for phone in contact.phones.values() if _PHONE.fullmatch(phone)]
        twins = sorted(set().union(*(self.by_phone.get(phone, set()) for phone in valid)))
        for phone in valid:
            self.by_phone.setdefault(phone, set()).add(contact.contact_id)
        if contact.excluded_detail in {None, "noValidPhone", "duplicate"}:
            contact.duplicate_contact_ids = twins if deduplicate else []
            twin = "duplicate" if contact.duplicate_contact_ids else None
            contact.excluded_detail = twin if valid else "noValidPhone"
            contact.excluded = contact.excluded_detail is not None


@dataclass(frozen=True, slots=True)
class Call:
    desk: Desk
    contact: Contact
    agent: int
    started_at: datetime
    entry: dict[str, object]  # its line in the raw log, filled in at the end
