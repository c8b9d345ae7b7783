"""Take requests in: estimates and forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.leads import CallbackTooFar, Submission
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.taking import Taking
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId

LATEST_CALLBACK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TakeLeads:
    """Turn submissions into prospects, events, leads, scores and planned calls, all in one transaction.

    Raises `CallbackTooFar`, `BadConsent`.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, submissions: Sequence[Submission]) -> None:
        taking = Taking(self.configuration, self.new_id)
        async with self.begin() as tx:
            latest = await tx.now() + LATEST_CALLBACK
            if any(s.answers.callback_at and s.answers.callback_at > latest for s in submissions):
                raise CallbackTooFar
            taken = await taking.take(tx, submissions)
            for wrong in taken.unfit.values():
                raise wrong
