"""How the sandbox dialer behaves: its campaigns, its pace, and how its calls end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from growth.adapters.sandbox.faults import Faults


class Outcome(StrEnum):
    ARGUED_POSITIVE = "arguedpositive"
    ARGUED = "argued"
    NON_ARGUED = "nonargued"
    UNREACHABLE = "unreachable"
    TO_CALL = "tocall"
    WRONG_NUMBER = "wrong_number"  # at the dialer only a wrap-up of status nonargued


@dataclass(frozen=True, slots=True)
class Wrapup:
    id: int
    name: str
    status: str


WRAPUPS: Mapping[Outcome, Wrapup] = {
    Outcome.TO_CALL: Wrapup(4563, "Rappel", "tocall"),
    Outcome.ARGUED_POSITIVE: Wrapup(4564, "RDV pris", "arguedpositive"),
    Outcome.ARGUED: Wrapup(4565, "Argumenté", "argued"),
    Outcome.NON_ARGUED: Wrapup(4566, "Refus", "nonargued"),
    Outcome.UNREACHABLE: Wrapup(4567, "Ne répond pas", "unreachable"),
    Outcome.WRONG_NUMBER: Wrapup(4568, "Faux numéro", "nonargued"),
}
STATUS_OF_WRAPUP: Mapping[int | None, str] = {None: "new_contact"} | {w.id: w.status for w in WRAPUPS.values()}


class Callback(BaseModel):
    """Call this person again at `retry_at`, and once that has passed, every day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Literal[Outcome.TO_CALL] = Outcome.TO_CALL
    retry_at: AwareDatetime


Outcomes = dict[str, Outcome | Callback]


class CampaignSetup(BaseModel):
    """A campaign that is there from the start. Without `custom_fields` it takes every column name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    name: str = ""
    custom_fields: tuple[str, ...] | None = None
    phone_fields: tuple[str, ...] = ("Telephone_1", "Telephone_2", "phone")
    max_tries: int = Field(default=8, ge=1)
    next_try_delay: int = Field(default=86_400, ge=0)  # seconds
    is_paused: bool = False


class FloorSettings(BaseModel):
    """What `PUT /_sandbox/settings` may change while it runs.

    `lines`: calls at a time in each campaign, besides one line for each assigned agent. `apply_delay`:
    seconds from the acceptance of a batch to its effect. `outcomes`: how calls end, by the value of the
    custom field `outcome_field`, else of `lead_id`; for all others `probabilities`, drawn by `seed`,
    lead_id and attempt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    lines: int = Field(default=4, ge=0)
    seconds_per_call: float = Field(default=180, gt=0)
    apply_delay: float = Field(default=0.2, ge=0)
    deduplicate: bool = False  # exclude a contact whose phone the campaign already has
    outcomes: Outcomes = {}
    outcome_field: str = "lead_ref"
    probabilities: dict[Outcome, float] = {
        Outcome.ARGUED_POSITIVE: 0.08,
        Outcome.ARGUED: 0.22,
        Outcome.NON_ARGUED: 0.12,
        Outcome.UNREACHABLE: 0.45,
        Outcome.TO_CALL: 0.10,
        Outcome.WRONG_NUMBER: 0.03,
    }

    @model_validator(mode="after")
    def _probabilities_are_whole(self) -> Self:
        shares = self.probabilities.values()
        if min(shares, default=0) < 0 or abs(sum(shares) - 1) > 1e-6:  # noqa: PLR2004
            raise ValueError("probabilities must be 0 or more and sum to 1")
        return self

    def outcome(self, custom_fields: Mapping[str, str], attempt: int) -> tuple[Outcome, datetime | None]:
        """Say how this call of such a contact ends, and for a callback when (None: the floor decides)."""
        lead = custom_fields.get("lead_id") or "/".join(custom_fields.values())
        planned = self.outcomes.get(custom_fields.get(self.outcome_field, lead), self.outcomes.get(lead))
        if isinstance(planned, Callback):
            return planned.outcome, planned.retry_at
        return planned or self._drawn(f"{self.seed}/{lead}/{attempt}"), None

    def _drawn(self, key: str) -> Outcome:
        drawn = int.from_bytes(sha256(key.encode()).digest()[:8], "big") / 2**64
        for outcome, share in self.probabilities.items():
            if drawn < share:
                return outcome
            drawn -= share
        return max(self.probabilities, key=lambda outcome: self.probabilities[outcome])


class DialerSettings(FloorSettings):
    """All of it. With `open_campaigns` a campaign that nobody set up appears when it is first asked for."""

    token: str = "sandbox"  # noqa: S105 - what a client of the sandbox sends as Private-Token
    open_campaigns: bool = True
    campaigns: tuple[CampaignSetup, ...] = ()
    faults: Faults = Faults()
