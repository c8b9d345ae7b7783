"""An operator changes a setting."""

from dataclasses import dataclass

from growth.domain.kernel.begin import Begin
from growth.domain.prospects.business_rules.setting_values import checked
from growth.domain.prospects.entities.operator_settings import OperatorSetting
from growth.domain.prospects.ports.stores import ProspectsTx


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Give a setting another value. Raises `UnknownSetting`, `WrongKind`."""

    begin: Begin[ProspectsTx]

    async def __call__(self, name: str, value: object) -> OperatorSetting:
        wanted = checked(name, value)
        async with self.begin() as tx:
            setting = OperatorSetting(name, wanted, await tx.now())
            await tx.operator_settings.put(setting)
            return setting
