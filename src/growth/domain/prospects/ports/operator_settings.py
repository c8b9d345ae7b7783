"""Settings that operators change at run time. They are loaded once with their defaults; what was changed stays."""

from collections.abc import Sequence
from typing import Protocol

from growth.domain.prospects.entities.operator_settings import OperatorSetting


class OperatorSettings(Protocol):
    async def put(self, setting: OperatorSetting) -> None: ...


class OperatorSettingViews(Protocol):
    async def all(self) -> Sequence[OperatorSetting]:
        """Return every setting that there is, by name."""
        ...
