"""Where accountants are kept."""

from typing import Protocol

from growth.domain.kernel.person import Email
from growth.domain.prospects.entities.accountants import Accountant


class Accountants(Protocol):
    async def get_by_email(self, email: Email) -> Accountant | None:
        """Return the accountant of an address, as known for at most a day. Raises `TryLater` or `GiveUp`."""
        ...
