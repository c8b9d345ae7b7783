"""Having Customer.io forget somebody: the erasure port of privacy."""

from growth.adapters.customerio.mailer import CustomerioMailer
from growth.domain.privacy.entities import Subject
from growth.domain.prospects.ports.mailer import Recipient


class CustomerioErasure:
    """Suppresses: what is known of her is deleted, and nothing is kept under her id and addresses from then on.

    Suppressing an id blocks the address of its profile as well. Where somebody who stays has one of the addresses, the
    profile under our id is therefore only deleted: we never use that id again.
    """

    def __init__(self, customerio: CustomerioMailer) -> None:
        self._customerio = customerio

    async def erase(self, subject: Subject) -> None:
        whom: list[Recipient] = [*subject.emails]
        if subject.prospect_id is not None and subject.in_use:
            await self._customerio.delete(subject.prospect_id)
        elif subject.prospect_id is not None:
            whom.append(subject.prospect_id)
        if whom:
            await self._customerio.suppress(whom)
