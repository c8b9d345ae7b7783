"""The vendor's JSON: the bodies and parameters that it takes, and the objects that it shows."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from growth.adapters.sandbox.dialer_contacts import Campaign, Contact
from growth.adapters.sandbox.dialer_filters import ContactQuery, Ids, Wire
from growth.adapters.sandbox.dialer_settings import STATUS_OF_WRAPUP

CustomFields = Annotated[dict[str, str], Field(min_length=1)]
Phone = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{6,14}$")]
Percent = Annotated[int, Field(ge=0, le=100)]


class ContactValues(Wire):
    """What may be set on a contact. A field that was not sent is not touched."""

    priority: int | None = None
    excluded: bool | None = None
    retry_date: AwareDatetime | None = None
    tries_number: int | None = Field(default=None, ge=0)
    wrapup_id: int | None = None
    agent_id: int | None = None
    assigned_agent_id: int | None = None
    min_calling_date_time: AwareDatetime | None = None
    max_calling_date_time: AwareDatetime | None = None
    contact_card_display_number: Phone | None = None
    calendar_id: int | None = None
    region: int | None = None

    @field_validator("wrapup_id")
    @classmethod
    def _known(cls, wrapup_id: int | None) -> int | None:
        if wrapup_id not in STATUS_OF_WRAPUP:
            raise ValueError("no such wrap-up: take an id from /api/v1/account/wrapups")
        return wrapup_id

    def values(self) -> dict[str, object]:
        """Return the scalars that were sent, by attribute of Contact."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"custom_fields"}}
        return {name: v.astimezone(UTC) if isinstance(v, datetime) else v for name, v in sent.items()}


class BatchUpdateData(ContactValues):
    nullable: ClassVar = frozenset({"retryDate"})

    custom_fields: CustomFields | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("send at least one value to set")
        return self


class BatchCreate(ContactValues):
    comment: str | None = None
    assigned_group_id: int | None = None
    custom_fields: list[CustomFields] = Field(min_length=1, max_length=300)


class ContactUpdate(BatchUpdateData):
    nullable: ClassVar = frozenset(
        {"retryDate", "comment", "wrapupId", "agentId", "assignedAgentId", "assignedGroupId"}
        | {"minCallingDateTime", "maxCallingDateTime", "calendarId", "region"}
    )

    comment: str | None = None
    assigned_group_id: int | None = None


class ContactCreate(ContactUpdate):
    custom_fields: CustomFields


class BatchUpdate(Wire):
    query: ContactQuery
    data: BatchUpdateData


class Pageable(Wire):
    page: int = Field(default=0, ge=0)
    page_size: int = Field(default=10, ge=1, le=500)


class Search(Wire):
    pageable: Pageable = Pageable()
    query: ContactQuery | None = None


class PhoneSearch(Wire):
    nullable: ClassVar = frozenset({"campaignIds"})

    campaign_ids: Ids | None = None
    phones: list[Phone] = Field(min_length=1)


class CampaignPatch(Wire):
    nullable: ClassVar = frozenset(
        {"folder", "userIds", "groupIds", "globalPriority", "calendarId", "recordingPercentage"}
    )

    name: str | None = None
    is_paused: bool | None = None
    is_archived: bool | None = None
    folder: str | None = None
    user_ids: list[int] | None = None
    group_ids: list[int] | None = None
    max_tries: int | None = Field(default=None, ge=1)
    next_try_delay: int | None = Field(default=None, ge=0)
    contact_priority: int | None = None
    global_priority: int | None = Field(default=None, ge=1, le=50)
    calendar_id: int | None = None
    is_recorded: bool | None = None
    recording_percentage: Percent | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("send at least one value to change")
        return self


class NewField(Wire):
    name: str = Field(min_length=1)
    is_phone_number: bool = False


class NewFields(Wire):
    new_custom_fields: list[NewField] = Field(min_length=1)


class Parameters(BaseModel):
    """Query parameters: texts to be read as their types, but none that the dialer does not know."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class CreateParameters(Parameters):
    priority_mode: bool = False


class CampaignParameters(Parameters):
    name: str | None = None
    mode: str | None = None
    is_paused: bool | None = None
    is_archived: bool | None = None
    page: int = Field(default=0, ge=0)
    page_size: int = Field(default=50, ge=1, le=200)


class WrapupParameters(Parameters):
    wrapup_folder_id: int | None = None
    status: Literal["arguedpositive", "argued", "nonargued", "unreachable", "tocall"] | None = None
    page: int = Field(default=0, ge=0)


def _iso(sent: str) -> str:
    if "-" not in sent[1:]:
        raise ValueError("an instant is an ISO 8601 text with its zone")  # else a number of seconds would do
    return sent


class ByDateParameters(Parameters):
    from_date: Annotated[AwareDatetime, BeforeValidator(_iso)]
    to_date: Annotated[AwareDatetime, BeforeValidator(_iso)] | None = None
    from_id: int | None = None
    limit: int = Field(default=500, ge=1, le=500)
    date_field: Literal["lastUpdatedAt"] = "lastUpdatedAt"


class ByPhoneParameters(Parameters):
    from_id: int = 0
    limit: int = Field(default=100, ge=1, le=100)


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def plain(value: object) -> object:
    """Make it ready for JSON: instants become ISO texts."""
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


_CONTACT = {
    name: to_camel(name)
    for name in Contact.__dataclass_fields__
    if name not in {"contact_card_display_number", "calendar_id", "region", "deleted_at", "version"}
}
_CAMPAIGN = {
    name: to_camel(name)
    for name in Campaign.__dataclass_fields__
    if name not in {"takes_any_column", "contacts", "by_phone", "desks", "contact_ids", "batch_under_way"}
}


def contact_json(contact: Contact) -> dict[str, object]:
    return {shown: plain(getattr(contact, name)) for name, shown in _CONTACT.items()}


def contacts_json(contacts: Iterable[Contact]) -> list[dict[str, object]]:
    return [contact_json(contact) for contact in contacts]


def campaign_json(campaign: Campaign) -> dict[str, object]:
    shown = {shown: plain(getattr(campaign, name)) for name, shown in _CAMPAIGN.items()}
    return shown | {"userIds": campaign.user_ids or [], "groupIds": campaign.group_ids or []}
