"""What a call may rest on: consent, the person's own request, a contract; and what speaks against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType
from uuid import UUID

from growth.domain.kernel.errors import Fault, Invalid, NotFound
from growth.domain.kernel.ids import ProspectId

ConsentId = NewType("ConsentId", UUID)


@dataclass(frozen=True, slots=True)
class Consent:
    """Somebody agreed to be called: the record, and its proof.

    `purpose`, `channel`: what for, and by what, as the caller names them (`sales`, `phone`). `wording_version`: of the
    text that was agreed to; `evidence`: the form, a keyed hash of the address, the time. `withdrawal`: how it was
    taken back (by word of mouth, by mail …).
    """

    id: ConsentId
    prospect_id: ProspectId
    purpose: str
    channel: str
    wording_version: str
    evidence: Mapping[str, object]
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None = None
    withdrawal: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldConsent:
    """A consent as it was told, before it is anybody's. `given_at` None: now."""

    purpose: str
    channel: str
    wording_version: str
    evidence: Mapping[str, object]
    given_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """A consent as it is shown. `prospect_id` None: of somebody who was erased, only the proof is left."""

    id: ConsentId
    prospect_id: ProspectId | None
    purpose: str
    channel: str
    wording_version: str
    evidence: Mapping[str, object]
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A contract's, by the days of its country; `until` None: it runs on. Both days belong to it."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to being called, as known now.

    `consents`: hers to calls, the withdrawn ones too. `requested_at`: her newest own request about this lead.
    `contracts`: hers as a user. `refused_at`: when she last refused, in any campaign. `do_not_call`: her number is on
    a list.
    """

    consents: Sequence[Consent] = ()
    requested_at: datetime | None = None
    contracts: Sequence[Period] = ()
    refused_at: datetime | None = None
    do_not_call: bool = False


class UnknownConsent(NotFound):
    """There is no such consent."""

    code = "unknown-consent"

    def __init__(self) -> None:
        super().__init__("Check the id: POST /v1/consents answers with it.")


class BadConsent(Invalid):
    """The times of the consent do not fit together."""

    code = "bad-consent"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("Correct the times of the consent: see `errors`.", *faults)
