import asyncio
from dataclasses import replace

import pytest
from tests.domain.makers import MONDAY, number

from growth.adapters.db.engine import create_engine
from growth.adapters.db.people import SqlPeople
from growth.domain.kernel.country import Country
from growth.domain.kernel.person import newcomer

ADA, WORK = "ada@example.org", "ada@work.example"
PERSON = newcomer(number(1), ADA, Country.FR, MONDAY)


@pytest.fixture
async def engine(database_url):
    engine = create_engine(database_url, pool_size=2)
    async with engine.begin() as connection:
        people = SqlPeople(connection)
        assert await people.lock_or_add([PERSON]) == {ADA: PERSON}
        assert await people.add_addresses(PERSON.id, [WORK])
    yield engine
    await engine.dispose()


async def lock_known(engine, email):
    async with engine.begin() as connection:
        return await SqlPeople(connection).lock_known([email])


async def lock_or_add(engine, email):
    async with engine.begin() as connection:
        return await SqlPeople(connection).lock_or_add([replace(PERSON, id=number(2), email=email)])


@pytest.mark.parametrize("email", [ADA, WORK])
@pytest.mark.parametrize("lock", [lock_known, lock_or_add])
async def test_who_locks_a_person_by_any_address_waits_and_sees_what_was_saved(engine, lock, email):
    saved = replace(PERSON, first_name="Ada")
    async with engine.begin() as connection:
        await SqlPeople(connection).save([saved])
        waiting = asyncio.create_task(lock(engine, email))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert await waiting == {email: saved}


async def test_saving_a_person_leaves_the_address_as_it_is(engine):
    async with engine.begin() as connection:
        people = SqlPeople(connection)
        await people.save([replace(PERSON, email="eve@example.org", last_name="Byron")])
        assert await people.lock(PERSON.id) == replace(PERSON, last_name="Byron")
