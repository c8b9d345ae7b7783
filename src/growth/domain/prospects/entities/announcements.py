"""What is posted to the channels of sales teams."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announcement:
    """Plain text, and where to look next.

    It names no person but colleagues: what is posted to a channel cannot be erased by us.
    """

    title: str
    facts: tuple[tuple[str, str], ...]  # label and value
    link: str | None
