"""What is kept of conversations, in whatever order it is told."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from tests.domain.makers import MONDAY
from tests.domain.test_conversation_rules import ANA, conversation

from growth.adapters.db.transaction import SqlBegin
from growth.domain.conversations.entities.conversations import State
from growth.domain.conversations.entities.duplicates import sighted
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import newcomer

OLD = replace(sighted(conversation(), Country.FR, ANA), updated_at=MONDAY - timedelta(hours=1))
NEW = replace(sighted(conversation(state=State.CLOSED, admin_id="61"), Country.FR, None), updated_at=MONDAY)
TIMELESS = replace(sighted(conversation(state=State.SNOOZED), Country.FR, None), updated_at=None)


@pytest.mark.parametrize("order", list(permutations([OLD, NEW, TIMELESS])))
async def test_the_newest_telling_counts_and_whose_it_is_is_learned_from_any(world, order):
    begin = await world.get(SqlBegin)
    async with begin() as tx:
        await tx.people.lock_or_add([newcomer(ANA, "ana@example.org", Country.FR, MONDAY)])
    for number, telling in enumerate(order):
        async with begin() as tx:
            await tx.conversations.see(telling)
            if number == 0:
                await tx.conversations.save_note(Country.FR, "1", ("same_prospect:2",), MONDAY)
    async with begin() as tx:
        kept = await tx.conversations.lock(Country.FR, "1")
    assert kept == replace(NEW, prospect_id=ANA, noted=("same_prospect:2",), noted_at=MONDAY)


async def test_nobody_knows_of_a_conversation_in_another_country(world):
    async with (await world.get(SqlBegin))() as tx:
        await tx.conversations.see(replace(OLD, prospect_id=None))
        assert await tx.conversations.lock(Country.BE, "1") is None
