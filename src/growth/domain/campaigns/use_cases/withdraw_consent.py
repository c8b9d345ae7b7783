"""Somebody takes a consent back."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.business_rules.consenting import withdrawn
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.consents import Consent, ConsentId, UnknownConsent
from growth.domain.campaigns.ports.stores import CampaignsTx
from growth.domain.campaigns.steps.taking_back import take_back
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.ids import NewId


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Write down that a consent was withdrawn, once: by word of mouth too, which is told later (`at`, `how`).

    Planned calls are judged anew in their slot, as all are; what the dialer has and nobody may call any more is taken
    back. Raises `UnknownConsent`, `BadConsent`.
    """

    begin: Begin[CampaignsTx]
    configuration: Configuration
    new_id: NewId

    async def __call__(self, id: ConsentId, at: datetime | None = None, how: str | None = None) -> Consent:
        async with self.begin() as tx:
            now = await tx.now()
            consent = await tx.consents.lock(id)
            if consent is None:
                raise UnknownConsent
            after = withdrawn(consent, at, how, now)
            if after != consent:
                await tx.consents.save(after)
                leads = [lead.id for lead in await tx.leads.of_people([consent.prospect_id])]
                await take_back(tx, leads, self.configuration, now, self.new_id)
        return after
