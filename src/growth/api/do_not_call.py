"""Do-not-call lists: a few numbers at once. Whole lists are for `growth import-do-not-call`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from dishka.integrations.fastapi import FromDishka
from pydantic import Field, StringConstraints

from growth.api.events import RejectedOut
from growth.api.routing import Routes
from growth.api.schemas import Input, Output
from growth.api.security import CallerOf, Role, allow
from growth.domain.campaigns.business_rules.listing import dialled
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.campaigns.use_cases import ListNumbers
from growth.domain.kernel.country import Country

router = Routes(tags=["consents"])
_MOST_NUMBERS: Final = 1_000
ListName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$")]


class NumbersIn(Input):
    list: ListName
    country_code: Country
    numbers: Annotated[Sequence[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=_MOST_NUMBERS)]
    listed: bool = Field(default=True, description="False takes the numbers off the list.")


class NumbersOut(Output):
    """`changed`: how many came on the list, or off it; `rejected`: no numbers in that country, by their place."""

    accepted: int
    changed: int
    rejected: Sequence[RejectedOut]


@router.post("/v1/do-not-call", dependencies=[allow(Role.OPS)])
async def list_numbers(body: NumbersIn, caller: CallerOf, change: FromDishka[ListNumbers]) -> NumbersOut:
    """Put numbers on a do-not-call list, in any spelling, or take them off. Only keyed hashes of them are kept."""
    numbers = await asyncio.to_thread(dialled, body.numbers, body.country_code)
    which = CallList(body.list, body.country_code, caller.key_id or "")
    changed = await change(which, {number for number in numbers if number}, listed=body.listed)
    message = f"Write a number that can be dialled in {body.country_code}, or an international one."
    bad = [index for index, number in enumerate(numbers) if number is None]
    return NumbersOut(
        accepted=len(numbers) - len(bad),
        changed=changed,
        rejected=[RejectedOut(index=index, code="bad-number", message=message) for index in bad],
    )
