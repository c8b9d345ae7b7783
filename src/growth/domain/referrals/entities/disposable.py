"""The list of domains that give addresses away for minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DisposableDomains:
    """`known`: None where the list is missing; then every reward is held."""

    known: frozenset[str] | None
