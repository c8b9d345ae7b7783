"""What the main application tells: users, contracts, invoices."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from dishka.integrations.fastapi import FromDishka
from fastapi import Path
from pydantic import AfterValidator, Field, WithJsonSchema

from growth.api.errors import problems
from growth.api.referral_profiles import UserIdIn
from growth.api.referral_schemas import MonthIn, MonthOut, Name
from growth.api.routing import Routes
from growth.api.schemas import Day, EmailIn, Input, Instant, Output
from growth.api.security import Role, allow
from growth.domain.accounts.entities import (
    ContractNews,
    ContractOfAnother,
    CustomerTaken,
    EmploymentId,
    EmploymentNews,
    UnknownContract,
    UserNews,
    UserNotTold,
)
from growth.domain.accounts.use_cases import TellContract, TellEmployment, TellInvoice, TellUser
from growth.domain.kernel.country import Country
from growth.domain.kernel.customers import RewardType, token_digest
from growth.domain.kernel.ids import ContractRef, UserId
from growth.domain.kernel.month import parse_month
from growth.domain.kernel.person import BadEmail, parse_email

router = Routes(tags=["accounts"])
_Ref = Annotated[Name, Path()]
_MOST_FREE_MONTHS = 120
_LONGEST_TOKEN = 500
_TOKEN = f"([A-Za-z0-9_.~-]{{22,{_LONGEST_TOKEN}}})?"  # 22 characters of base64 hold 128 bits; empty is none


def _strong(token: str) -> str:
    if not re.fullmatch(_TOKEN, token):
        raise ValueError(
            f"Send a random token (128 bits) of 22 to {_LONGEST_TOKEN} of the characters A-Z a-z 0-9 _ - . ~, or null."
        )
    return token


_UnsubscribeToken = Annotated[
    str,
    AfterValidator(_strong),
    WithJsonSchema({"type": "string", "maxLength": _LONGEST_TOKEN, "pattern": f"^{_TOKEN}$"}),
]


class UserIn(Input):
    """Fields that are left out keep their value; null empties one."""

    email: EmailIn
    pro_email: EmailIn | None = None
    company_email: EmailIn | None = None
    full_name: Annotated[str | None, Field(max_length=200)] = None
    country_code: Country
    tier: Annotated[str | None, Field(max_length=100)] = None
    stripe_customer_id: Name | None = None
    has_opted_in_to_commercial_emails: bool | None = None
    unsubscribe_token: _UnsubscribeToken | None = None

    def news(self) -> UserNews:
        """Return what is told. Raises `BadEmail`."""
        told = _told(self)
        for name in ("email", "pro_email", "company_email"):
            if told.get(name) is not None:
                told[name] = parse_email(str(told[name]))
        if "unsubscribe_token" in told:
            token = told.pop("unsubscribe_token")
            told["unsubscribe_digest"] = token_digest(token) if token else None
        return UserNews(**told)


class UserOut(Output):
    user_id: str
    country_code: Country
    tier: str | None
    stripe_customer_id: str | None


class ContractIn(Input):
    """Fields that are left out keep their value; null empties one."""

    user_id: Name
    country_code: Country
    reward_type: RewardType
    signed_at: Instant | None = None
    start_date: Day
    end_date: Day | None = None
    free_months: Annotated[list[MonthIn], Field(max_length=_MOST_FREE_MONTHS, default_factory=list)]

    def news(self) -> ContractNews:
        told = _told(self)
        if "free_months" in told:
            told["free_months"] = tuple(parse_month(month) for month in self.free_months)
        return ContractNews(**told)


class ContractOut(Output):
    ref: str = Field(serialization_alias="contract_ref")
    user_id: str
    country_code: Country
    reward_type: RewardType
    signed_at: Instant | None
    start_date: Day
    end_date: Day | None
    free_months: Sequence[MonthOut]


class InvoiceIn(Input):
    discount_applied: bool


class InvoiceOut(Output):
    contract_ref: str
    month: MonthOut
    discount_applied: bool


class EmploymentIn(Input):
    """Fields that are left out keep their value; null empties one."""

    user_id: Name
    invite_email: EmailIn
    started_on: Day
    cancelled_at: Instant | None = None

    def news(self) -> EmploymentNews:
        """Return what is told. Raises `BadEmail`."""
        return EmploymentNews(**_told(self) | {"invite_email": parse_email(self.invite_email)})


class EmploymentOut(Output):
    id: str
    user_id: str
    started_on: Day
    cancelled_at: Instant | None


def _told(body: Input) -> dict[str, Any]:
    values: Mapping[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    return dict(values)


@router.put("/v1/users/{user_id}", dependencies=[allow(Role.SERVICE)], responses=problems(BadEmail, CustomerTaken))
async def tell_user(user_id: UserIdIn, body: UserIn, tell: FromDishka[TellUser]) -> UserOut:
    """Tell of a user, new or changed; payments that were nobody's become his."""
    user = await tell(UserId(user_id), body.news())
    return UserOut(
        user_id=user.id,
        country_code=user.country_code,
        tier=user.tier,
        stripe_customer_id=user.stripe_customer_id,
    )


@router.put(
    "/v1/contracts/{contract_ref}",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(UserNotTold, ContractOfAnother),
)
async def tell_contract(contract_ref: _Ref, body: ContractIn, tell: FromDishka[TellContract]) -> ContractOut:
    """Tell of a contract; with `signed_at`, this is the signature, and the referral of its user gets the contract."""
    return ContractOut.model_validate(await tell(ContractRef(contract_ref), body.news()))


@router.put(
    "/v1/contracts/{contract_ref}/invoices/{month}",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(UnknownContract),
)
async def tell_invoice(
    contract_ref: _Ref, month: Annotated[MonthIn, Path()], body: InvoiceIn, tell: FromDishka[TellInvoice]
) -> InvoiceOut:
    """Tell whether the free month was on the invoice of a month."""
    invoice = await tell(ContractRef(contract_ref), parse_month(month), discount_applied=body.discount_applied)
    return InvoiceOut.model_validate(invoice)


@router.put(
    "/v1/employments/{id}",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(BadEmail, UserNotTold),
)
async def tell_employment(id: _Ref, body: EmploymentIn, tell: FromDishka[TellEmployment]) -> EmploymentOut:
    """Tell of an employment, or of an invitation to one: its address is a way to the user."""
    return EmploymentOut.model_validate(await tell(EmploymentId(id), body.news()))
