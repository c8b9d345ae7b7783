"""The main application tells of a user."""

from dataclasses import dataclass

from growth.domain.accounts.business_rules import user_after
from growth.domain.accounts.entities import CustomerTaken, Untold, UserNews
from growth.domain.accounts.ports import AccountsTx
from growth.domain.kernel.begin import Begin
from growth.domain.kernel.customers import User
from growth.domain.kernel.facts import UserTold
from growth.domain.kernel.ids import UserId


@dataclass(frozen=True, slots=True)
class TellUser:
    """Keep what is told of a user, and have everybody act on it. Raises `CustomerTaken`."""

    begin: Begin[AccountsTx]

    async def __call__(self, id: UserId, news: UserNews) -> User:
        async with self.begin() as tx:
            customer = news.stripe_customer_id
            known = await tx.users.lock(id, None if isinstance(customer, Untold) else customer)
            user = user_after(id, known, news, await tx.now())
            if not await tx.users.save(user):
                raise CustomerTaken
            await tx.facts.tell(UserTold(user))
            return user
