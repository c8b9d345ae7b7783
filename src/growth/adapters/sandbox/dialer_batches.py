"""Batches: taken at once, applied later, one at a time in each campaign."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import uuid4

from growth.adapters.sandbox.dialer_contacts import Campaign
from growth.adapters.sandbox.dialer_filters import ContactQuery, matching
from growth.adapters.sandbox.dialer_floor import Floor, Refused
from growth.adapters.sandbox.dialer_wire import BatchCreate, BatchUpdate


@dataclass(slots=True)
class Batch:
    """`failed` and `excluded` hold contactIds; an excluded contact is there but is not among the modified."""

    token: str
    status: str = "ACCEPTED"
    modified: int = 0
    failed: list[int] = field(default_factory=list)
    excluded: dict[str, list[int]] = field(default_factory=dict)


class Batches:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._batches: dict[str, Batch] = {}

    def find(self, token: str) -> Batch:
        if token not in self._batches:
            raise Refused(404, "error.batch.not.exists", "no batch has this token")
        return self._batches[token]

    def create(self, campaign: Campaign, body: BatchCreate) -> Batch:
        return self._accept(campaign, "create", partial(self._create, campaign, body))

    def update(self, campaign: Campaign, body: BatchUpdate) -> Batch:
        return self._accept(campaign, "update", partial(self._update, campaign, body))

    def delete(self, campaign: Campaign, query: ContactQuery) -> Batch:
        return self._accept(campaign, "delete", partial(self._delete, campaign, query))

    def _accept(self, campaign: Campaign, what: str, effect: Callable[[Batch], None]) -> Batch:
        if campaign.batch_under_way:
            raise Refused(409, "error.batch.in.progress", "another batch runs for this campaign: try again later")
        batch = Batch(str(uuid4()))
        self._batches[batch.token] = batch
        campaign.batch_under_way = True
        entry = self._floor.record("batch", what=what, token=batch.token, campaign_id=campaign.id, completed_at=None)
        delay = timedelta(seconds=self._floor.settings.apply_delay)
        self._floor.later(delay / 2, partial(setattr, batch, "status", "IN_PROGRESS"))
        self._floor.later(delay, partial(self._apply, campaign, batch, effect, entry))
        return batch

    def _apply(
        self, campaign: Campaign, batch: Batch, effect: Callable[[Batch], None], entry: dict[str, object]
    ) -> None:
        effect(batch)
        batch.status, campaign.batch_under_way = "COMPLETED", False
        entry.update(completed_at=self._floor.now, modified=batch.modified)
        entry.update(failed=batch.failed, excluded=batch.excluded)

    def _create(self, campaign: Campaign, body: BatchCreate, batch: Batch) -> None:
        values = body.values()
        for custom_fields in body.custom_fields:
            contact = self._floor.create(campaign, custom_fields, values, batch.token)
            if contact.excluded_detail:
                batch.excluded.setdefault(contact.excluded_detail, []).append(contact.contact_id)
            else:
                batch.modified += 1

    def _update(self, campaign: Campaign, body: BatchUpdate, batch: Batch) -> None:
        values = body.data.values()
        for contact in matching(body.query, campaign.contacts.values()):
            self._floor.update(campaign, contact, body.data.custom_fields or {}, values)
            batch.modified += 1

    def _delete(self, campaign: Campaign, query: ContactQuery, batch: Batch) -> None:
        for contact in matching(query, campaign.contacts.values()):
            if self._floor.delete(campaign, contact):
                batch.modified += 1
            else:
                batch.failed.append(contact.contact_id)
