"""Shares of the leads, drawn by their ids: who is in one stays in it, and being in one says nothing about another."""

from hashlib import blake2b

from growth.domain.campaigns.entities.leads import LeadId

HOLD_OUT = "hold-out"  # called in order of arrival, to compare with
_ALL = 10_000


def in_share(lead: LeadId, percent: float, name: str) -> bool:
    """Tell whether the lead is in the share of that name. A larger share has everybody who is in a smaller one."""
    if percent <= 0:
        return False
    drawn = int.from_bytes(blake2b(lead.bytes, digest_size=8, key=name.encode()).digest()) % _ALL
    return drawn < percent * (_ALL // 100)
