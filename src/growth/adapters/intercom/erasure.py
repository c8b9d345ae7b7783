"""Having Intercom forget somebody: the erasure port of privacy."""

from growth.adapters.intercom.helpdesk import MOST_ITEMS, IntercomHelpdesk
from growth.domain.kernel.country import Country
from growth.domain.kernel.messages import GiveUp, OutcomeUnknown, TryLater
from growth.domain.privacy.entities import Subject


class IntercomErasure:
    """Deletes, in every workspace, who has one of her addresses or our id. A number may be somebody else's, too."""

    def __init__(self, helpdesk: IntercomHelpdesk) -> None:
        self._helpdesk = helpdesk

    async def erase(self, subject: Subject) -> None:
        """Try every workspace, whatever another one answers; a refusal is told when there is nothing to try again."""
        failures: list[TryLater | GiveUp] = []
        for country in sorted(self._helpdesk.countries):
            try:
                await self._erase_in(country, subject)
            except (TryLater, GiveUp) as failure:
                failures.append(failure)
        if failures:
            raise min(failures, key=lambda it: isinstance(it, GiveUp))

    async def _erase_in(self, country: Country, subject: Subject) -> None:
        ids = [] if subject.prospect_id is None else [str(subject.prospect_id)]
        found = await self._helpdesk.contacts(country, subject.emails, [], ids)
        if not all(it.email in subject.emails or it.external_id in ids for it in found):
            raise OutcomeUnknown("Intercom found people who were not asked for; nobody was deleted.")
        for contact in found:
            await self._helpdesk.delete(country, contact.id)
        if len(found) >= MOST_ITEMS:
            raise TryLater("There are more people to delete at Intercom.")
