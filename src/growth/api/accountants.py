"""Accountants, as Salesforce has them."""

from typing import Annotated, Any

import structlog
from dishka.integrations.fastapi import FromDishka
from fastapi import Query

from growth.api.errors import Refused, documented, problems
from growth.api.routing import Routes
from growth.api.schemas import Output
from growth.api.security import Role, allow
from growth.domain.kernel.messages import GiveUp, TryLater
from growth.domain.kernel.person import BadEmail, parse_email
from growth.domain.prospects.entities.accountants import UnknownAccountant
from growth.domain.prospects.ports.accountants import Accountants

router = Routes(tags=["accountants"])
log = structlog.get_logger()
_RETRY_AFTER = 30  # seconds
_Email = Annotated[str, Query(min_length=1, max_length=320, json_schema_extra={"format": "email"})]
_AWAY: dict[int | str, dict[str, Any]] = {503: documented("Salesforce does not answer as it should.", {})}


class AccountantOut(Output):
    email: str
    name: str
    accounting_firm_partner_code: str
    accounting_firm_name: str


@router.get(
    "/v1/accountants",
    dependencies=[allow(Role.SERVICE)],
    responses=problems(UnknownAccountant, BadEmail) | _AWAY,
)
async def find_accountant(email: _Email, accountants: FromDishka[Accountants]) -> AccountantOut:
    """Return the accountant with this address, as Salesforce knew him at most a day ago, or nobody an hour ago."""
    address = parse_email(email)
    try:
        found = await accountants.get_by_email(address)
    except (TryLater, GiveUp) as failure:
        log.warning("accountants-unavailable", error=str(failure))
        detail = "Accountants cannot be looked up now, for Salesforce does not answer as it should: ask again later."
        headers = {"Retry-After": str(_RETRY_AFTER)}
        raise Refused(503, "accountants-unavailable", detail, headers=headers) from None
    if found is None:
        raise UnknownAccountant
    return AccountantOut.model_validate(found)
