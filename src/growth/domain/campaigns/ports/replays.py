"""What judging a run again asks for."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from growth.domain.campaigns.entities.calls import CallId, WrapUp
from growth.domain.campaigns.entities.configuration import Configuration
from growth.domain.campaigns.entities.replays import Filling
from growth.domain.campaigns.entities.runs import Decision, RunId


class Judged(Protocol):
    """What runs judged by."""

    async def fillings(self, run: RunId) -> Sequence[Filling]:
        """Return the fillings of a run, in their order."""
        ...

    async def decided(self, run: RunId) -> tuple[Sequence[Filling], Sequence[Decision]]:
        """Return the fillings of a run and its decisions, as of one instant."""
        ...

    async def outcomes(self, run: RunId) -> Mapping[CallId, WrapUp]:
        """Return what the run's calls came to, of those that have a wrap-up."""
        ...

    async def configuration(self, version: str) -> Configuration:
        """Return a configuration that some process has loaded. Raises `UnknownConfiguration`."""
        ...

    async def configuration_told(self, told: str) -> Configuration:
        """Return the configuration of this version, or in this text of a campaigns file.

        Raises `UnknownConfiguration`, or `BadConfiguration` with all that is wrong in the text.
        """
        ...
