"""The people who read our mails, and who hears that one of them does not want to any more."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.person import Email
from growth.domain.prospects.entities.unsubscribing import MailLink, Reader


class Readers(Protocol):
    """Each look-up is one statement that locks nothing: it takes the same way whether there is somebody or not."""

    async def prospect(self, email: Email) -> MailLink | None:
        """Return the links that hold for the prospect with this address, be it the first or another one."""
        ...

    async def users(self, email: Email) -> Mapping[UserId, bytes | None]:
        """Return the users of this address, each with the digest of the token.

        They are those who have it, else the one whom its most recent employment invitation, not cancelled, is of.
        """
        ...

    async def behind(self, link: MailLink | None, digest: bytes) -> Sequence[Reader]:
        """Return whose link it is, as a prospect's or as a token of this digest that users have."""
        ...

    async def opt_out_prospect(self, id: ProspectId) -> bool:
        """Have no more commercial mails sent; False: that was so already."""
        ...

    async def opt_out_user(self, id: UserId) -> bool:
        """Have no more commercial mails sent; False: that was so already."""
        ...


class Subscribers(Protocol):
    def subscribers(self, partner: str | None) -> Sequence[str]:
        """Return who hears of what no partner brought (None): the main application, `*`, if set up."""
        ...
