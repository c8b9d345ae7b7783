"""Bodies of the referral programme, in and out."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from growth.api.schemas import Input, Instant, Output
from growth.domain.kernel.country import Country
from growth.domain.kernel.month import BadMonth, Month, parse_month
from growth.domain.referrals.business_rules.codes import visit_url
from growth.domain.referrals.business_rules.windows import days_left
from growth.domain.referrals.entities.profiles import ProfileView
from growth.domain.referrals.entities.referrals import (
    ConsumeOutcome,
    Referral,
    ReferralStatus,
    Refusal,
    ReviewDecision,
)
from growth.domain.referrals.ports.views import ReferralView

_MONTH = "^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])$"
_MOST_DAYS = 3_650
_SEEN = "!-~\u00a1-\ud7ff\ue000-\uffff"  # characters that show: no blanks, no control characters
_VISIBLE = f"[{_SEEN}]([ {_SEEN}]*[{_SEEN}])?"


def _visible(text: str) -> str:
    if not re.fullmatch(_VISIBLE, text):
        raise PydanticCustomError("not_visible", "Write visible characters, without blanks around them.")
    return text


def _described(longest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest, "pattern": f"^{_VISIBLE}$"})


Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_visible), _described(200)]
Words = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_visible), _described(1_000)]


def _month(raw: str) -> str:
    try:
        return str(parse_month(raw))
    except BadMonth as error:
        raise ValueError(str(error)) from None


MonthIn = Annotated[
    str, AfterValidator(_month), WithJsonSchema({"type": "string", "pattern": _MONTH, "examples": ["2026-11"]})
]
"""A month like 2026-11, checked; `parse_month` reads it."""

MonthOut = Annotated[
    Month, PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string", "pattern": _MONTH})
]


def told(name: str, type: str = "string") -> dict[str, JsonValue]:
    """Return the JSON schema of an object that has this field, and not as null."""
    return {"required": [name], "properties": {name: {"type": type}}}


class ReferralIn(Input):
    """By a code or by a partner; a code wins, and does not fall back to the partner."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [told("referral_code"), told("referring_partner")]})

    referred_user_id: Name
    referral_code: Annotated[str | None, Field(max_length=64, json_schema_extra={"pattern": "^[^\\x00]*$"})] = None
    referring_partner: Name | None = None

    @model_validator(mode="after")
    def _by_somebody(self) -> Self:
        if self.referral_code is None and self.referring_partner is None:
            raise ValueError("Send referral_code or referring_partner.")
        return self


class CreatedOut(Output):
    referral_id: UUID | None
    created: bool
    reason: Refusal | None = None


class DiscountOut(Output):
    id: UUID
    contract_ref: str
    month: MonthOut
    created_at: Instant
    invoiced_at: Instant | None


class ReviewOut(Output):
    decision: ReviewDecision
    reason: str | None
    by: str | None = Field(description="The id of the key that decided; `cli:` and a name where a command did.")
    at: Instant | None


class ConvertedByOut(Output):
    source: str
    external_id: str = Field(description="The provider's id of the invoice.")
    paid_at: Instant


class ReferralOut(Output):
    id: UUID
    status: ReferralStatus
    referred_user_id: str
    referring_user_id: str | None
    referring_partner: str | None
    referrer_name: str | None = Field(description="The referring user's full name, or the partner's.")
    referred_country_code: Country
    terms_version: str
    referred_contract_ref: str | None
    referred_contract_rewarded_on: MonthOut | None
    referring_user_has_received_amount: bool
    referring_user_rewarded_at: Instant | None
    payout_reference: str | None
    converted_at: Instant | None
    credited_at: Instant | None
    converted_by: ConvertedByOut | None = Field(description="The payment that converted it: the user's first one.")
    held_for: Sequence[str]
    review: ReviewOut | None
    discount: DiscountOut | None
    created_at: Instant
    deleted_at: Instant | None

    @classmethod
    def of(cls, view: ReferralView) -> Self:
        it = view.referral
        names = cls.model_fields.keys() & Referral.__dataclass_fields__.keys()
        return cls(
            **{name: getattr(it, name) for name in names},
            referrer_name=view.referrer_name,
            converted_by=ConvertedByOut.model_validate(view.converted_by) if view.converted_by else None,
            discount=DiscountOut.model_validate(view.discount) if view.discount else None,
            review=_review(it),
        )


def _review(it: Referral) -> ReviewOut | None:
    if it.review_decision is None:
        return None
    return ReviewOut(decision=it.review_decision, reason=it.review_reason, by=it.reviewed_by, at=it.reviewed_at)


class ContractRefIn(Input):
    contract_ref: Name


class ConsumeIn(Input):
    month: MonthIn | None = Field(default=None, description="Without it: the first month that fits.")


class ConsumedOut(Output):
    outcome: ConsumeOutcome
    month: MonthOut | None = None
    discount_id: UUID | None = None


class PayoutIn(Input):
    paid_at: Instant = Field(description="When the money went out; a day ahead at most.")
    reference: Name


class ReviewIn(Input):
    decision: ReviewDecision
    reason: Words = Field(description="Why; it is kept with the referral.")


class ReplaceIn(Input):
    from_user_id: Name
    to_user_id: Name
    dry_run: bool = Field(default=False, description="Tell what would be done, and change nothing.")


class MergeIn(Input):
    duplicated_user_id: Name
    existing_user_id: Name
    dry_run: bool = Field(default=False, description="Tell what would be done, and change nothing.")


class LogOut(Output):
    log: Sequence[str]


class CountsOut(Output):
    visits: int
    invited: int
    signed: int
    converted: int
    in_credit_window: int


class CreditOut(Output):
    credit_until: Instant | None
    days_left: int


class AmountsOut(Output):
    currency: str
    earned_cents: int
    paid_cents: int


class ProfileOut(Output):
    """All that a "refer a friend" page needs."""

    user_id: str
    country_code: Country
    referral_code: str
    referral_link: str = Field(description="The site, with the code.")
    share_link: str = Field(description="The link to share: it leads to the site, and counts the visit.")
    counts: CountsOut
    credit: CreditOut
    amounts: Sequence[AmountsOut]

    @classmethod
    def of(cls, view: ProfileView, site: str, api: str, now: datetime) -> Self:
        return cls(
            user_id=view.profile.user_id,
            country_code=view.profile.country_code,
            referral_code=view.profile.referral_code,
            referral_link=visit_url(site, view.profile.referral_code, ()),
            share_link=f"{api}/r/{view.profile.referral_code}",
            counts=CountsOut.model_validate(view.counts),
            credit=CreditOut(credit_until=view.credit_until, days_left=days_left(view.credit_until, now)),
            amounts=[AmountsOut.model_validate(it) for it in view.amounts],
        )


class ReferrerOut(Output):
    code: str
    referrer_name: str | None = Field(description="The first name only.")
