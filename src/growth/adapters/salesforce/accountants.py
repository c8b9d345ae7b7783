"""The accountants port over Salesforce.

An accountant is a Contact whose Account, the firm, has a partner code. These names are the org's; the code is a custom
field, which has to be made there for whom this is set up.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from growth.adapters.salesforce.queries import Row, SalesforceQueries, quoted
from growth.domain.kernel.messages import OutcomeUnknown
from growth.domain.kernel.person import Email
from growth.domain.prospects.entities.accountants import Accountant
from growth.domain.prospects.ports.accountants import Accountants

CONTACT: Final = "Contact"
EMAIL: Final = "Email"
NAME: Final = "Name"
FIRM: Final = "Account"
FIRM_NAME: Final = "Name"
FIRM_PARTNER_CODE: Final = "Accounting_Firm_Partner_Code__c"

_HIT_KEPT: Final = timedelta(days=1)
_MISS_KEPT: Final = timedelta(hours=1)
_MOST_KEPT: Final = 10_000

Now = Callable[[], Awaitable[datetime]]


class SalesforceAccountants:
    """Asks each time. Where several contacts have the address, the one that was changed last counts."""

    def __init__(self, queries: SalesforceQueries) -> None:
        self._queries = queries

    async def get_by_email(self, email: Email) -> Accountant | None:
        async with aclosing(self._queries.rows(_by_email(email))) as rows:
            async for row in rows:
                return _accountant(email, row)
        return None


def _by_email(email: Email) -> str:
    fields = (EMAIL, NAME, f"{FIRM}.{FIRM_NAME}", f"{FIRM}.{FIRM_PARTNER_CODE}")
    return (
        f"SELECT {', '.join(fields)} FROM {CONTACT} "  # noqa: S608 - quoted
        f"WHERE {EMAIL} = {quoted(email)} AND {FIRM}.{FIRM_PARTNER_CODE} != null "
        "ORDER BY LastModifiedDate DESC, Id"
    )


def _accountant(email: Email, row: Row) -> Accountant:
    try:
        return Accountant(
            email=email,
            name=str(row[NAME]),
            accounting_firm_partner_code=str(row[FIRM][FIRM_PARTNER_CODE]),
            accounting_firm_name=str(row[FIRM][FIRM_NAME]),
        )
    except (KeyError, TypeError):
        raise OutcomeUnknown("Salesforce gave an unexpected answer: a contact without its fields.") from None


@dataclass(frozen=True, slots=True)
class _Known:
    accountant: Accountant | None
    until: datetime


class RememberedAccountants:
    """Keeps in memory who was found for a day, and who was not for an hour; those who ask at once share one call."""

    def __init__(self, accountants: Accountants, now: Now, most: int = _MOST_KEPT) -> None:
        self._accountants = accountants
        self._now = now
        self._most = most
        self._known: OrderedDict[Email, _Known] = OrderedDict()
        self._asking: dict[Email, asyncio.Task[Accountant | None]] = {}

    async def get_by_email(self, email: Email) -> Accountant | None:
        now = await self._now()
        known = self._known.get(email)
        if known is not None and now < known.until:
            return known.accountant
        asking = self._asking.get(email)
        if asking is None:
            asking = self._asking[email] = asyncio.create_task(self._ask(email, now))
            asking.add_done_callback(lambda task: self._done(email, task))
        return await asyncio.shield(asking)  # who goes away leaves the answer to the others

    async def _ask(self, email: Email, now: datetime) -> Accountant | None:
        found = await self._accountants.get_by_email(email)
        self._known[email] = _Known(found, now + (_MISS_KEPT if found is None else _HIT_KEPT))
        self._known.move_to_end(email)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    def _done(self, email: Email, task: asyncio.Task[Accountant | None]) -> None:
        del self._asking[email]
        if not task.cancelled():
            task.exception()  # seen, though all who asked have gone
