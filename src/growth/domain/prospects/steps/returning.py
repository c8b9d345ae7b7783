"""Having vendors know somebody again who was erased and came back."""

from dataclasses import dataclass

from growth.domain.kernel.facts import PersonBack
from growth.domain.kernel.ids import NewId
from growth.domain.kernel.messages import MessageId
from growth.domain.prospects.business_rules.mailing import person_to_tell, unsuppression
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class Returning:
    """The step, with what it needs beside its transaction."""

    new_id: NewId

    async def when_back(self, tx: ProspectsTx, fact: PersonBack) -> None:
        """Have the mailer let her in, and then told of her: that she wants no mails, where that is so."""
        id_ = fact.prospect_id
        await tx.outbox.add(unsuppression(id_, MessageId(self.new_id())), person_to_tell(id_, MessageId(self.new_id())))
