"""Take a request in that a message queue pushed, or a partner."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import CallbackTooFar
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.ports.submissions import ReadSubmission
from growth.domain.campaigns.steps.taking import Taking
from growth.domain.campaigns.use_cases.take_leads import LATEST_CALLBACK
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.inbox import Heard, InboxEvent, InboxState, handle_kept
from growth.domain.kernel.messages import Delivery


@dataclass(frozen=True, slots=True)
class TakePushedLead:
    """Take what was kept, once: prospect, event, lead, score and planned call commit with it."""

    begin: Begin[CampaignsTx]
    configuration: Configuration
    read: ReadSubmission
    new_id: NewId

    async def __call__(self, delivery: Delivery) -> None:
        async with self.begin() as tx:
            await handle_kept(tx, delivery, self._hear)

    async def _hear(self, tx: CampaignsTx, event: InboxEvent, now: datetime) -> Heard:
        submission = self.read(event)
        if submission is None:
            return InboxState.IGNORED, "type"
        if submission.answers.callback_at and submission.answers.callback_at > now + LATEST_CALLBACK:
            return InboxState.FAILED, CallbackTooFar.code
        taken = await Taking(self.configuration, self.new_id).take(tx, [submission])
        for wrong in taken.unfit.values():
            return InboxState.FAILED, wrong.code
        return (InboxState.IGNORED, "erased_person") if taken.refused else (InboxState.HANDLED, None)
