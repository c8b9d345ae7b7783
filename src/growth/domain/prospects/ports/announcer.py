"""Who posts to the channels of sales teams."""

from typing import Protocol

from growth.domain.prospects.entities.announcements import Announcement


class Announcer(Protocol):
    async def announce(self, channel: str, announcement: Announcement) -> None:
        """Post to a channel, known by its name without `#`.

        Raises `TryLater` when it surely was not posted, `OutcomeUnknown` when nobody knows, `GiveUp` when the channel
        takes no posts; the reason says what to do. Announced again, it is posted again.
        """
        ...
