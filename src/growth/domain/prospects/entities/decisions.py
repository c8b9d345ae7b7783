"""What a country decides about a captured address or a wanted quote."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """An event as the mailing vendor hears of it; its campaigns start by the name."""

    name: str
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class QuoteDecision:
    """`quote_details`: what a quote is made from. `event` carries all of it."""

    event: TrackedEvent
    should_be_sent_to_crm: bool
    quote_details: Mapping[str, object]
    self_serve_flow_id: str | None
