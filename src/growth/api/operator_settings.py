"""Settings that operators change while the service runs."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from dishka.integrations.fastapi import FromDishka
from fastapi import Path
from pydantic import Field

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import Input, Instant, Output, Page
from growth.api.security import Role, allow
from growth.domain.prospects.entities.operator_settings import (
    SETTINGS,
    Kind,
    OperatorSetting,
    UnknownSetting,
    WrongKind,
)
from growth.domain.prospects.ports.operator_settings import OperatorSettingViews
from growth.domain.prospects.use_cases import ChangeSetting

router = Routes(tags=["settings"])
_Name = Annotated[str, Path(max_length=100)]
_Value = bool | int | str | Sequence[str] | None


class SettingIn(Input):
    value: Any = Field(description="Of the setting's kind; null for no text or no list.")


class SettingOut(Output):
    name: str
    kind: Kind = Field(description="switch: true or false; text, emails: or null; number: a whole one.")
    value: _Value
    default: _Value
    updated_at: Instant

    @classmethod
    def of(cls, setting: OperatorSetting) -> Self:
        definition = SETTINGS[setting.name]
        return cls(
            name=setting.name,
            kind=definition.kind,
            value=setting.value,
            default=definition.default,
            updated_at=setting.updated_at,
        )


@router.get("/v1/settings", dependencies=[allow(Role.SERVICE, Role.OPS)])
async def list_settings(views: FromDishka[OperatorSettingViews]) -> Page[SettingOut]:
    """List all settings."""
    return Page(items=[SettingOut.of(it) for it in await views.all()], next_cursor=None)


@router.get("/v1/settings/{name}", dependencies=[allow(Role.SERVICE, Role.OPS)], responses=problems(UnknownSetting))
async def read_setting(name: _Name, views: FromDishka[OperatorSettingViews]) -> SettingOut:
    """Return a setting."""
    found = next((it for it in await views.all() if it.name == name), None)
    if found is None:
        raise UnknownSetting
    return SettingOut.of(found)


@router.put("/v1/settings/{name}", dependencies=[allow(Role.OPS)], responses=problems(UnknownSetting, WrongKind))
async def change_setting(name: _Name, body: SettingIn, change: FromDishka[ChangeSetting]) -> SettingOut:
    """Give a setting another value."""
    return SettingOut.of(await change(name, body.value))
