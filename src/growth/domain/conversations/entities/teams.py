"""The inbound sales team of a country, as far as conversations are concerned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

from growth.domain.kernel.ids import AdminId

ChatTag = NewType("ChatTag", str)
"""The tag of a conversation that is a chat; all others are mails."""


@dataclass(frozen=True, slots=True)
class InboundTeam:
    """`inboxes`: ids of its teams at the helpdesk; `members`: their names."""

    inboxes: frozenset[str]
    members: Mapping[AdminId, str]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A country's workspace at the helpdesk. `admin_id`: in whose name we write there."""

    app_id: str
    admin_id: AdminId
