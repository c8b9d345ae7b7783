"""What happened to a prospect. Every later question ("where did she come from?") is answered from these rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId


@dataclass(frozen=True, slots=True)
class ProspectEvent:
    """One thing that happened. `occurred_at` is told by the caller, `received_at` is the server's."""

    id: UUID
    prospect_id: ProspectId
    event_name: str
    country_code: Country | None
    marketing_parameters: Mapping[str, object] | None
    properties: Mapping[str, object]
    occurred_at: datetime
    received_at: datetime
