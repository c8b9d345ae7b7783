"""Erasures and tombstones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from growth.domain.kernel.errors import NotFound
from growth.domain.kernel.ids import ProspectId
from growth.domain.kernel.person import Email

ErasureId = NewType("ErasureId", UUID)


class ErasureState(StrEnum):
    REPORTED = "reported"  # a dry run: nothing was removed
    RUNNING = "running"  # gone here, some vendor has not confirmed yet
    COMPLETE = "complete"


class VendorState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    ALARMED = "alarmed"  # refused for good or for too long: a person has to see to it


class TombstoneKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class UnknownErasure(NotFound):
    """There is no such erasure."""

    code = "unknown-erasure"

    def __init__(self) -> None:
        super().__init__("Check the id: POST /v1/erasures answers with it.")


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request to forget somebody, by an operator or by retention. It says nothing of whom.

    `subject`: what vendors must be told, sealed under `key`; both are gone when the last vendor has confirmed.
    """

    id: ErasureId
    dry_run: bool
    state: ErasureState
    requested_by: str
    counts: Mapping[str, int]
    subject: bytes | None
    key: bytes | None
    requested_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What went, or in a dry run would go, by kind; and what became of it at each vendor."""

    erasure: Erasure
    vendors: Mapping[str, VendorState]


@dataclass(frozen=True, slots=True)
class Traces:
    """By what somebody is found in what others have sent: all addresses, and numbers as they are stored.

    `told`: valid numbers she told before or elsewhere. They find only what nobody has claimed.
    """

    emails: tuple[Email, ...]
    phones: tuple[str, ...]
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DialerTrace:
    """Where the dialer may have contacts of somebody: a lead of hers in one of its campaigns."""

    dialer_campaign_id: int
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """Who is to be erased. `prospect_id` None: nobody is known by the address, but others may have written of her."""

    prospect_id: ProspectId | None
    traces: Traces
    wants_mails: bool
    wants_calls: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What a vendor is told of somebody to be forgotten.

    `in_use`: of her addresses, those by which the vendor knows somebody who stays: a customer of ours, or herself after
    she came back. `emails` are the others. `speech`: ids of her calls that went to speech analysis.
    """

    prospect_id: ProspectId | None
    emails: tuple[Email, ...]
    phones: tuple[str, ...]
    dialer: tuple[DialerTrace, ...]
    in_use: tuple[Email, ...] = ()
    speech: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many years people are kept from whom nothing comes any more."""

    years: int
