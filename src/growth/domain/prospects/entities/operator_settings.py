"""Settings that operators change while the service runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from growth.domain.kernel.errors import Fault, Invalid, NotFound

Value = bool | int | str | list[str] | None


class Kind(StrEnum):
    """What a value can be; the sentence in `WrongKind` says it to people."""

    SWITCH = "switch"
    TEXT = "text"
    EMAILS = "emails"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Definition:
    kind: Kind
    default: Value


@dataclass(frozen=True, slots=True)
class OperatorSetting:
    name: str
    value: Value
    updated_at: datetime


SETTINGS: Mapping[str, Definition] = {
    "fr_enable_chat": Definition(Kind.SWITCH, default=True),
    "fr_warning_in_contact_modal": Definition(Kind.TEXT, default=None),
    "fr_enable_callback_button_on_first_step": Definition(Kind.SWITCH, default=True),
    "fr_enable_callback_button_on_email_capture_step": Definition(Kind.SWITCH, default=False),
    "fr_backup_inbound_sales_emails": Definition(Kind.EMAILS, default=None),
    "be_backup_inbound_sales_emails": Definition(Kind.EMAILS, default=None),
    "inbound_sales_emails_to_exclude": Definition(Kind.EMAILS, default=None),
    "fr_b2c_weekly_capacity_per_person": Definition(Kind.NUMBER, default=0),
    "fr_b2b_weekly_capacity_per_person": Definition(Kind.NUMBER, default=0),
}
EXCLUDED = "inbound_sales_emails_to_exclude"
BACKUP = "{country}_backup_inbound_sales_emails"  # not every country has one

LONGEST_TEXT = 2_000
MOST_EMAILS = 100
LARGEST_NUMBER = 1_000_000
_WANTED: Mapping[Kind, str] = {
    Kind.SWITCH: "true or false",
    Kind.TEXT: f"a text of at most {LONGEST_TEXT:,} characters, or null for none",
    Kind.EMAILS: f"a list of at most {MOST_EMAILS} email addresses, or null for none",
    Kind.NUMBER: f"a whole number from 0 to {LARGEST_NUMBER:,}",
}


class UnknownSetting(NotFound):
    """There is no such setting."""

    code = "unknown-setting"

    def __init__(self) -> None:
        super().__init__(f"Use one of {', '.join(SETTINGS)}.")


class WrongKind(Invalid):
    """The setting takes another kind of value."""

    code = "wrong-kind-of-value"

    def __init__(self, name: str, kind: Kind) -> None:
        text = f"Send {_WANTED[kind]} for {name}."
        super().__init__(text, Fault("/value", self.code, text))
