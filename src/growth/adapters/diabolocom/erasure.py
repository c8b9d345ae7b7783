"""Having the dialer forget somebody."""

from growth.adapters.diabolocom.dialer import DiabolocomDialer
from growth.domain.privacy.entities import Subject


class DiabolocomErasure:
    """Deletes the contacts of somebody's leads, wherever they were handed over; one on a call when the call is over.

    Contacts are found by the id of the lead, so that nobody who shares a number with her is deleted.
    """

    def __init__(self, dialer: DiabolocomDialer) -> None:
        self._dialer = dialer

    async def erase(self, subject: Subject) -> None:
        for trace in subject.dialer:
            await self._dialer.delete_of_lead(trace.dialer_campaign_id, trace.lead_id)
