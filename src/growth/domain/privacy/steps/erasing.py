"""Erasing somebody here, and having the vendors told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Message, MessageId
from growth.domain.kernel.person import Email
from growth.domain.privacy.business_rules.sealing import written
from growth.domain.privacy.entities import (
    DialerTrace,
    Erasure,
    ErasureId,
    ErasureReport,
    ErasureState,
    Found,
    Subject,
    Traces,
    VendorState,
)
from growth.domain.privacy.ports import PrivacyTx, Sealing, VendorErasure

KIND: Final = "erasure.vendor"
_DIALER, _MAILER, _SPEECH = "diabolocom", "customerio", "speech"
# What is being handed to one of these may arrive for so long: then it is asked to delete, and not before.
_ON_ITS_WAY: Final = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed of whom; `on_its_way`: who may be getting something of her at this moment."""

    found: Found
    counts: Mapping[str, int]
    dialer: tuple[DialerTrace, ...]
    speech: tuple[UUID, ...]
    on_its_way: frozenset[str]


@dataclass(frozen=True, slots=True)
class Erasing:
    """The step, with what it needs beside its transaction: all of an erasure that happens here happens in one."""

    vendors: Mapping[str, VendorErasure]
    sealing: Sealing
    new_id: NewId

    async def __call__(self, tx: PrivacyTx, email: Email, id: ErasureId, by: str) -> ErasureReport:
        """Erase whoever has the address. Where nobody has it, what others sent and vendors hold goes all the same."""
        now = await tx.now()
        removed = await self.remove(tx, email, now)
        traces = removed.found.traces
        found = removed.found
        await tx.tombstones.put(traces, now, no_mails=not found.wants_mails, no_calls=not found.wants_calls)
        subject = Subject(found.prospect_id, traces.emails, traces.phones, removed.dialer, speech=removed.speech)
        sealed = self.sealing.seal(written(subject))
        erasure = Erasure(
            id=id,
            dry_run=False,
            state=ErasureState.RUNNING,
            requested_by=by,
            counts=removed.counts,
            subject=sealed.content,
            key=sealed.key,
            requested_at=now,
            completed_at=None,
        )
        await tx.erasures.add(erasure, self.vendors)
        await tx.outbox.add(*(self._message(id, vendor, removed, now) for vendor in self.vendors))
        return ErasureReport(erasure, dict.fromkeys(self.vendors, VendorState.PENDING))

    async def remove(self, tx: PrivacyTx, email: Email, now: datetime) -> Removed:
        found = await tx.subjects.lock(email) or Found(None, Traces((email,), ()), wants_mails=True)
        dialer: tuple[DialerTrace, ...] = ()
        speech: tuple[UUID, ...] = ()
        counts: Mapping[str, int] = {}
        on_its_way = frozenset[str]()
        if found.prospect_id is not None:
            dialer, dialed = await tx.subjects.dialer_traces(found.prospect_id)
            speech, sent = await tx.subjects.speech_traces(found.prospect_id)
            on_its_way = frozenset(vendor for vendor, busy in ((_DIALER, dialed), (_SPEECH, sent)) if busy)
            events = await tx.tombstones.bury_events(found.prospect_id, now)
            consents = await tx.tombstones.bury_consents(found.prospect_id, found.traces, now)
            counts = {"events": events, "consents": consents, **await tx.subjects.remove(found.prospect_id, now)}
        texts = await tx.subjects.empty_texts(found.traces, now)
        return Removed(found, added(counts, texts), dialer, speech, on_its_way)

    def _message(self, id: ErasureId, vendor: str, removed: Removed, now: datetime) -> Message:
        """Return what has a vendor told; the mailer behind whatever it is being told of her at this moment."""
        who = removed.found.prospect_id
        return Message(
            id=MessageId(self.new_id()),
            vendor=vendor,
            kind=KIND,
            subject=f"prospect:{who}" if who and vendor == _MAILER else f"erasure:{id}:{vendor}",
            payload={"erasure_id": str(id), "vendor": vendor},
            not_before=now + _ON_ITS_WAY if vendor in removed.on_its_way else None,
        )


def added(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Return the sums by kind."""
    return {kind: some.get(kind, 0) + more.get(kind, 0) for kind in sorted({*KINDS, *some, *more})}


KINDS: Final = (
    "addresses",
    "analyses",
    "call_attempts",
    "call_results",
    "calls",
    "consents",
    "conversations",
    "decisions",
    "events",
    "flows",
    "idempotent_answers",
    "leads",
    "messages",
    "prospects",
    "recordings",
    "requests",
    "scores",
    "submissions",
    "webhook_bodies",
)
"""What a report always has, be it none of them."""
