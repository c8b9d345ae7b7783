"""The call centre behind the sandbox dialer: contacts, lines and calls, as a simulation of events.

Nothing runs by itself. `Floor.advance(now)` plays everything that would have happened since, in order; time
never goes back. A line calls the contact with the smallest `priority`, then the smallest contactId (the
vendor does not say), among those that may be called: not excluded, not concluded, tries left, inside
[minCallingDateTime, maxCallingDateTime), retryDate passed (or, without one, nextTryDelay since the last
attempt). A contact with an assigned agent is called by that agent alone, who has one line in each campaign.
Calling hours, groups and the `priorityMode` of the vendor are not modelled.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from growth.adapters.sandbox.dialer_contacts import IDLE, ON_CALL, Call, Campaign, Contact, Desk
from growth.adapters.sandbox.dialer_settings import WRAPUPS, CampaignSetup, FloorSettings

DAY = timedelta(days=1)
_CALLED_AGAIN = {"new_contact", "unreachable", "tocall"}


class Refused(Exception):
    """The dialer does not do this: an HTTP status and its error code."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Floor:
    """All campaigns, every contact that ever was (`contacts`), and the raw `log`."""

    def __init__(self, settings: FloorSettings, campaigns: Iterable[CampaignSetup] = ()) -> None:
        self.settings = settings
        self.now = datetime.min.replace(tzinfo=UTC)
        self.campaigns: dict[int, Campaign] = {}
        self.contacts: list[Contact] = []
        self.log: list[dict[str, object]] = []
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._sequence = count()
        self._to_dial: dict[Desk, None] = {}
        for setup in campaigns:
            self.open_campaign(setup)

    def advance(self, now: datetime) -> None:
        """Play everything up to `now`. What falls on one instant is seen as a whole before a line dials."""
        self._dial()
        while self._events and self._events[0][0] <= now:
            self.now = max(self.now, self._events[0][0])
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()
            self._dial()
        self.now = max(self.now, now)

    def later(self, delay: timedelta, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + delay, next(self._sequence), action))

    def open_campaign(self, setup: CampaignSetup) -> Campaign:
        campaign = self.campaigns[setup.id] = Campaign(
            setup.id,
            setup.name or f"Campaign {setup.id}",
            self.now,
            self.now,
            takes_any_column=setup.custom_fields is None,
            custom_fields=list(setup.custom_fields or ()),
            phone_fields=list(setup.phone_fields),
            max_tries=setup.max_tries,
            next_try_delay=setup.next_try_delay,
            is_paused=setup.is_paused,
        )
        return campaign

    def change_campaign(self, campaign: Campaign, values: Mapping[str, object]) -> None:
        if values.get("is_archived") and not values.get("is_paused", campaign.is_paused):
            raise Refused(400, "error.campaign.not.paused", "pause the campaign before archiving it")
        for name, value in values.items():
            setattr(campaign, name, value)
        campaign.last_updated_at = self.now
        self.record("campaign_changed", campaign_id=campaign.id, changes=dict(values))
        if values.keys() & {"max_tries", "next_try_delay"}:
            for contact in campaign.contacts.values():
                self._offer(contact)
        self._to_dial |= dict.fromkeys(campaign.desks.values())

    def change_settings(self, settings: FloorSettings) -> None:
        self.settings = settings
        for campaign in self.campaigns.values():
            self._to_dial |= dict.fromkeys(campaign.desks.values())

    def create(
        self,
        campaign: Campaign,
        custom_fields: Mapping[str, str],
        values: Mapping[str, object],
        batch: str | None,
    ) -> Contact:
        contact = Contact(
            len(self.contacts) + 1,
            campaign.id,
            next(campaign.contact_ids),
            self.now,
            self.now,
            campaign.contact_priority,
            custom_fields={},
        )
        self.contacts.append(contact)
        campaign.contacts[contact.contact_id] = contact
        self.record("contact_created", contact, batch=batch)
        self.update(campaign, contact, custom_fields, values)
        return contact

    def update(
        self,
        campaign: Campaign,
        contact: Contact,
        custom_fields: Mapping[str, str],
        values: Mapping[str, object],
    ) -> None:
        """Set `values` (attributes of Contact) and merge `custom_fields` into what it has."""
        for name, value in values.items():
            setattr(contact, name, value)
        if "excluded" in values:
            contact.excluded_detail = "manual" if contact.excluded else None
        contact.custom_fields |= custom_fields
        contact.last_updated_at = self.now
        if "excluded" in values or not contact.phones or custom_fields.keys() & set(campaign.phone_fields):
            campaign.take_phones(contact, self.settings.deduplicate)
        self._offer(contact)

    def delete(self, campaign: Campaign, contact: Contact) -> bool:
        """Take the contact out; False and nothing done while it is on a call."""
        if contact.state == ON_CALL:
            return False
        del campaign.contacts[contact.contact_id]
        for phone in contact.phones.values():
            campaign.by_phone.get(phone, set()).discard(contact.contact_id)
        contact.deleted_at = self.now
        contact.version += 1
        self.record("contact_deleted", contact)
        return True

    def record(self, kind: str, contact: Contact | None = None, **facts: object) -> dict[str, object]:
        entry: dict[str, object] = {"kind": kind, "at": self.now, **facts}
        if contact:
            entry |= {"campaign_id": contact.campaign_id, "contact_id": contact.contact_id, "id": contact.id}
            entry["custom_fields"] = contact.custom_fields
        self.log.append(entry)
        return entry

    def _offer(self, contact: Contact) -> None:
        """Queue the contact for the instant from which it may be called; what was queued of it is void."""
        contact.version += 1
        campaign = self.campaigns[contact.campaign_id]
        concluded = contact.status not in _CALLED_AGAIN or contact.tries_number >= campaign.max_tries
        if contact.excluded or contact.state == ON_CALL or concluded:
            return
        retry = contact.retry_date
        if retry is None and contact.last_attempt_time is not None and contact.tries_number:
            retry = contact.last_attempt_time + timedelta(seconds=campaign.next_try_delay)
        due = max(self.now, contact.min_calling_date_time or self.now, retry or self.now)
        self.later(due - self.now, partial(self._wait_for_line, campaign, contact, contact.version))

    def _wait_for_line(self, campaign: Campaign, contact: Contact, version: int) -> None:
        if contact.version != version:
            return
        agent = contact.assigned_agent_id
        desk = campaign.desks.get(agent) or campaign.desks.setdefault(agent, Desk(campaign, agent))
        heapq.heappush(desk.waiting, (contact.priority, contact.contact_id, version, contact))
        self._to_dial[desk] = None

    def _dial(self) -> None:
        desks, self._to_dial = self._to_dial, {}
        for desk in desks:
            if desk.campaign.is_paused or desk.campaign.is_archived:
                continue
            while desk.waiting and (agent := desk.free_agent(self.settings.lines)) is not None:
                _, _, version, contact = heapq.heappop(desk.waiting)
                end = contact.max_calling_date_time
                if contact.version == version and (end is None or self.now < end):
                    self._start_call(desk, contact, agent)

    def _start_call(self, desk: Desk, contact: Contact, agent: int) -> None:
        contact.state = ON_CALL
        contact.version += 1
        desk.busy.add(agent)
        entry = self.record("call", contact, agent_id=agent, ended_at=None, outcome=None)
        length = timedelta(seconds=self.settings.seconds_per_call)
        self.later(length, partial(self._end_call, Call(desk, contact, agent, self.now, entry)))

    def _end_call(self, call: Call) -> None:
        contact = call.contact
        contact.tries_number += 1
        outcome, retry_at = self.settings.outcome(contact.custom_fields, contact.tries_number)
        contact.state, contact.agent_id, contact.last_caller_type = IDLE, call.agent, "system"
        contact.wrapup_id = WRAPUPS[outcome].id
        contact.last_call_time = contact.last_attempt_time = call.started_at
        if retry_at is None or retry_at <= self.now:
            retry_at = self.now + DAY
        contact.retry_date = retry_at if contact.status == "tocall" else None
        contact.last_updated_at = self.now
        call.entry.update(ended_at=self.now, outcome=outcome, attempt=contact.tries_number, wrapup_id=contact.wrapup_id)
        call.desk.busy.discard(call.agent)
        self._to_dial[call.desk] = None
        self._offer(contact)
