"""Hand a batch to the dialer, so that each of its contacts is there once, whatever gets lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from growth.domain.campaigns.business_rules.gates import forbidden
from growth.domain.campaigns.entities.calls import CallState
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact, Recipient
from growth.domain.campaigns.entities.runs import Batch, BatchId, BatchState, RunId
from growth.domain.campaigns.ports.dialer import Dialer
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.recording import Recording
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import Delivery, OutcomeUnknown, TryLater

SOON = timedelta(seconds=1)
# Another worker may have the batch of one that slept for longer: its lease has 10 s left at the least.
SEND_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class InjectBatch:
    """Deliver the message `dialer.inject`.

    That a request is about to go out is committed before it goes. When its answer is lost, nobody knows whether the
    dialer has it: so wait until the dialer has settled and applies nothing for the campaign any more, ask which of the
    batch it has, and send only the rest. Batches of one dialer campaign come one at a time (the message's subject).
    """

    begin: Begin[CampaignsTx]
    dialer: Dialer
    configuration: Configuration
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        batch, recipients, now = await self._load(delivery)
        if batch.state is not BatchState.PENDING:
            return
        progress, present = None, list[DialerContact]()
        if batch.attempted_at is not None:
            progress = await self._settled(batch, now)
            present = await self.dialer.of_batch(batch)
        recipients = await self._allowed(delivery, batch, recipients, present)
        if missing := _missing(recipients, present):
            batch = await self._send(delivery, batch, missing)
            progress = await self._settled(batch, now)
            present = await self.dialer.of_batch(batch)
        if _missing(recipients, present) and delivery.attempt == 1:
            raise TryLater("the dialer has applied only a part of the batch")
        await self._done(delivery, batch, present, progress)

    async def _load(self, delivery: Delivery) -> tuple[Batch, Sequence[Recipient], datetime]:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            payload = delivery.message.payload
            run = await tx.runs.lock(RunId(UUID(str(payload["run"]))))  # a stop locks the run before its batches, too
            batch = await tx.runs.lock_batch(BatchId(UUID(str(payload["batch"]))))
            if run is None or batch is None:
                raise LookupError("the batch of this message does not exist")
            if run.closing_at:
                return replace(batch, state=BatchState.EXPIRED), [], now
            return batch, await tx.calls.recipients(batch.id), now

    async def _allowed(
        self, delivery: Delivery, batch: Batch, recipients: Sequence[Recipient], present: Sequence[DialerContact]
    ) -> Sequence[Recipient]:
        """Leave out whom nobody may call any more, of those that the dialer does not have."""
        missing = [recipient.call_id for recipient in _missing(recipients, present)]
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            at = max(now := await tx.now(), batch.earliest)
            await tx.people.lock_called(missing)
            calls = {call.lead_id: call for call in await tx.calls.lock(missing)}
            found = await tx.leads.contactables(list(calls), now)
            law = self.configuration.law
            refused = [
                call
                for who in found
                for call in (calls[who.lead.id],)
                if call.state is CallState.INJECTED and forbidden(who, at, law, agreed_at=call.callback_at)
            ]
            if refused:
                await Recording(self.configuration, self.new_id).not_made(tx, refused, "forbidden_meanwhile", now)
        gone = {call.id for call in refused}
        return [recipient for recipient in recipients if recipient.call_id not in gone]

    async def _settled(self, batch: Batch, now: datetime) -> BatchProgress:
        """Return what became of the last request, once nothing of it can still be under way; else `TryLater`."""
        if batch.token:
            progress = await self.dialer.progress(batch.token)
            if not progress.finished:
                raise TryLater("the dialer is still applying the batch", after=SOON, waiting=True)
            return progress
        settled_at = (batch.attempted_at or now) + self.dialer.settling
        if now < settled_at:
            raise TryLater("waiting for the dialer to settle", after=settled_at - now, waiting=True)
        if await self.dialer.busy(batch.dialer_campaign_id):
            raise TryLater("the dialer is applying a batch", after=SOON, waiting=True)
        return BatchProgress(finished=True, failed=False, excluded={})

    async def _send(self, delivery: Delivery, batch: Batch, missing: Sequence[Recipient]) -> Batch:
        begun = monotonic()
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            run, current = await tx.runs.lock(batch.run_id), await tx.runs.lock_batch(batch.id)
            left = {recipient.call_id for recipient in await tx.calls.recipients(batch.id)}
            erased = any(recipient.call_id not in left for recipient in missing)
            if current != batch or run is None or run.closing_at or erased:
                raise TryLater("the batch was changed meanwhile", waiting=True)
            if now >= batch.latest:
                raise TryLater("the slot has ended; the batch is closed with its run", waiting=True)
            sent = replace(batch, attempted_at=now, token=None)
            await tx.runs.save_batch(sent)
        try:
            send_by = begun + min(batch.latest - now, SEND_WITHIN).total_seconds()
            token = await self.dialer.inject(batch, missing, batch.latest - now, send_by)
        except OutcomeUnknown:
            raise
        except TryLater:
            await self._save(delivery, batch)  # surely not taken: as if it had not been sent
            raise
        applying = replace(sent, token=token)
        await self._save(delivery, applying)
        return applying

    async def _save(self, delivery: Delivery, batch: Batch) -> None:
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            current = await tx.runs.lock_batch(batch.id)
            if current and current.state is BatchState.PENDING:
                await tx.runs.save_batch(batch)

    async def _done(
        self,
        delivery: Delivery,
        batch: Batch,
        present: Sequence[DialerContact],
        progress: BatchProgress | None,
    ) -> None:
        reasons = {id_: reason for reason, ids in (progress.excluded if progress else {}).items() for id_ in ids}
        contacts = {id_: contact for contact in present if (id_ := contact.call_id())}
        async with self.begin() as tx:
            await tx.outbox.hold(delivery)
            now = await tx.now()
            await tx.runs.lock_batch(batch.id)
            calls = await tx.calls.lock(list(contacts))
            await tx.calls.put(
                [
                    replace(
                        call,
                        dialer_contact_id=contacts[call.id].contact_id,
                        excluded=contacts[call.id].excluded or reasons.get(contacts[call.id].contact_id),
                    )
                    for call in calls
                ]
            )
            await tx.runs.save_batch(replace(batch, state=BatchState.DONE, done_at=now))


def _missing(recipients: Sequence[Recipient], present: Sequence[DialerContact]) -> list[Recipient]:
    there = {contact.call_ref for contact in present}
    return [each for each in recipients if str(each.call_id) not in there]
