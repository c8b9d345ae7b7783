"""The tokens that mails to prospects carry, so that whoever got one can unsubscribe without an account."""

from typing import Protocol

from growth.domain.prospects.entities.unsubscribing import MailLink


class UnsubscribeTokens(Protocol):
    """A token holds for this purpose alone, is not stored, and must not be logged."""

    def of(self, link: MailLink) -> str:
        """Return the token, always the same one; it can stand in a URL."""
        ...

    def read(self, token: str) -> MailLink | None:
        """Return what the token vouches for, None when it is not ours; the time does not tell how far off it is."""
        ...

    def unsubscribe_url(self, token: str) -> str:
        """Return the address of the page for people, which takes RFC 8058's one click, too."""
        ...
