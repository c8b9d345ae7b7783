"""The dialer port over a folder: `<folder>/<dialer campaign>/` has a file for each injection.

The contractor may take a file away: which calls were in it is noted under `<folder>/handed-over/`, and what is noted is
not written again. What becomes of the calls is told by `/webhooks/dialer`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from growth.adapters.dialer_csv import files
from growth.domain.campaigns.business_rules.calling import SharedByBatch
from growth.domain.campaigns.entities.dialing import BatchProgress, DialerContact, Recipient
from growth.domain.campaigns.entities.leads import LeadId
from growth.domain.campaigns.entities.runs import Batch, RunId
from growth.domain.kernel.messages import TryLater

_TENTHS: Final = 10
DoneT = TypeVar("DoneT")


class CsvDialer:
    """`folder`: where the contractor fetches files."""

    settling = timedelta()  # a file is there or it is not

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def inject(self, batch: Batch, recipients: Sequence[Recipient], within: timedelta, send_by: float) -> str:  # noqa: ARG002 - a file is written at once
        ids = {"batch_id": batch.id, "run_id": batch.run_id}
        path, rows = self._path(batch), [row(batch, recipient) | ids for recipient in recipients]

        def write() -> None:
            if files.noted(self._note(batch.dialer_campaign_id, path.stem)) is not None:
                return
            if time.monotonic() > send_by:
                raise TryLater("the process was held up until after the slot")
            files.write(path, rows)
            files.note(self._note(batch.dialer_campaign_id, path.stem), [it.call_id for it in recipients])

        await self._on_disk(write)
        return str(batch.id)

    async def progress(self, token: str) -> BatchProgress:  # noqa: ARG002 - done when it was written
        return BatchProgress(finished=True, failed=False, excluded={})

    async def busy(self, dialer_campaign_id: int) -> bool:  # noqa: ARG002
        return False

    async def of_batch(self, batch: Batch) -> list[DialerContact]:
        path = self._note(batch.dialer_campaign_id, self._path(batch).stem)
        return [_contact(call) for call in await self._on_disk(lambda: files.noted(path)) or ()]

    async def of_run(self, dialer_campaign_id: int, run: RunId) -> list[DialerContact]:
        """Return what was handed over for the run; nothing once it was told to stop."""

        def read() -> list[DialerContact]:
            if files.noted(self._note(dialer_campaign_id, _stop(run))) is not None:
                return []
            notes = sorted(self._note(dialer_campaign_id, "").parent.glob(f"*_{run}_*.txt"))
            return [_contact(call) for path in notes for call in files.noted(path) or ()]

        return await self._on_disk(read)

    async def empty(self, dialer_campaign_id: int, run: RunId) -> str:
        """Write the signal to stop: a file with nothing but its header."""

        def write() -> None:
            files.write(self._campaign(dialer_campaign_id) / f"{_stop(run)}.csv", ())
            files.note(self._note(dialer_campaign_id, _stop(run)), ())

        await self._on_disk(write)
        return _stop(run)

    async def take_back(self, dialer_campaign_id: int, lead_id: LeadId, at: datetime) -> str:  # noqa: ARG002 - a file has no time
        """Write the files again without the lead, where the contractor has not fetched them yet."""
        await self.delete_of_lead(dialer_campaign_id, lead_id)
        return str(lead_id)

    async def changed(
        self,
        dialer_campaign_id: int,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        page: str | None,  # noqa: ARG002
    ) -> tuple[list[DialerContact], str | None]:
        return [], None

    async def delete_of_lead(self, dialer_campaign_id: int, lead_id: UUID) -> None:
        """Write the files again without a lead. What the contractor has fetched is his to delete."""

        def delete() -> None:
            folder, hers = self._campaign(dialer_campaign_id), str(lead_id)
            with files.alone(self._note(dialer_campaign_id, "taking-out")):
                for unfinished in folder.glob(".*.partial"):
                    unfinished.unlink(missing_ok=True)  # who was writing it tries again
                files.take_out(folder, lambda row: row.get("lead_id") == hers)

        await self._on_disk(delete)

    async def _on_disk(self, work: Callable[[], DoneT]) -> DoneT:
        try:
            return await asyncio.to_thread(work)
        except OSError as refused:
            raise TryLater(f"the dialer's folder cannot be used: {refused.strerror}") from None

    def _campaign(self, dialer_campaign_id: int) -> Path:
        return self._folder / str(dialer_campaign_id)

    def _path(self, batch: Batch) -> Path:
        """Return the file of an injection, after which run and when it may be called at the earliest."""
        name = f"{batch.earliest.astimezone(UTC):%Y%m%dT%H%M%SZ}_{batch.run_id}_{batch.id}.csv"
        return self._campaign(batch.dialer_campaign_id) / name

    def _note(self, dialer_campaign_id: int, stem: str) -> Path:
        return self._folder / "handed-over" / str(dialer_campaign_id) / f"{stem}.txt"


def _stop(run: RunId) -> str:
    return f"stop_{run}"


def row(batch: Batch | SharedByBatch, recipient: Recipient) -> dict[str, object]:
    """Return what a file says of somebody who is to be called; the ids of batch and run are the caller's."""
    return {
        "call_id": recipient.call_id,
        "lead_id": recipient.lead_id,
        "phone": recipient.phone.removeprefix("+"),
        "first_name": recipient.first_name,
        "last_name": recipient.last_name,
        "email": recipient.email,
        "postal_code": recipient.postal_code,
        "segment": recipient.segment,
        "score": recipient.score / _TENTHS,
        "priority": batch.priority,
        "earliest": _instant(batch.earliest),
        "latest": _instant(batch.latest),
        "agent": batch.dialer_user_id or None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _contact(call_id: str) -> DialerContact:
    """Return a contact of whom nothing is known but that he was handed over; his number is nobody's."""
    return DialerContact(
        contact_id=-1,
        call_ref=call_id,
        attempts=0,
        in_progress=False,
        wrapup=None,
        wrapup_name=None,
        excluded=None,
        callback_at=None,
        last_attempt_at=None,
        agent_id=None,
        updated_at=datetime.fromtimestamp(0, UTC),
    )
