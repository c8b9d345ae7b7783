"""The main application tells of an employment."""

from dataclasses import dataclass

from growth.domain.accounts.business_rules import employment_after
from growth.domain.accounts.entities import Employment, EmploymentId, EmploymentNews, UserNotTold
from growth.domain.accounts.ports import AccountsTx
from growth.domain.kernel.begin import Begin


@dataclass(frozen=True, slots=True)
class TellEmployment:
    """Keep what is told of an employment, or of an invitation to one. Raises `UserNotTold`."""

    begin: Begin[AccountsTx]

    async def __call__(self, id: EmploymentId, news: EmploymentNews) -> Employment:
        async with self.begin() as tx:
            if await tx.users.get(news.user_id) is None:
                raise UserNotTold
            now = await tx.now()
            employment = employment_after(id, None, news, now)
            known = await tx.employments.lock_or_add(employment)
            if known is not None:
                employment = employment_after(id, known, news, now)
                await tx.employments.save(employment)
            return employment
