"""Accountants, as Salesforce has them."""

from typing import Annotated

from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from growth.api.errors import problems
from growth.api.routing import Routes
from growth.api.schemas import EmailIn, Output
from growth.api.security import Role, allow
from growth.api.vendor_answers import asking, away
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.prospects.entities.accountants import UnknownAccountant
from growth.domain.prospects.ports.accountants import Accountants

router = Routes(tags=["accountants"])
_CRM = "Salesforce"
_Email = Annotated[EmailIn, Query(min_length=1)]


class AccountantOut(Output):
    email: str
    name: str
    accounting_firm_partner_code: str
    accounting_firm_name: str


@router.get(
    "/v1/accountants",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(UnknownAccountant, BadEmail) | away(_CRM),
)
async def find_accountant(email: _Email, accountants: FromDishka[Accountants]) -> AccountantOut:
    """Return the accountant with this address, as Salesforce knew him at most a day ago, or nobody an hour ago."""
    address = parse_email(email)
    with asking(_CRM):
        found = await accountants.get_by_email(address)
    if found is None:
        raise UnknownAccountant
    return AccountantOut.model_validate(found)
