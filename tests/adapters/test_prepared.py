import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Integer, bindparam, column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from growth.adapters.db.engine import create_engine, open_pool
from growth.adapters.db.health import DatabaseHealth
from growth.adapters.db.prepared import Prepared
from growth.adapters.db.retry import retried
from growth.adapters.db.types import Id, Instant, Json, MonthText, MonthTexts, WordList, Words, choice
from growth.domain.kernel.country import Country
from growth.domain.kernel.month import Month

VALUES = {
    "id": (Id(), UUID("01890a5d-ac96-774b-bcce-b302099a8057")),
    "text": (Words(), "prénom"),
    "country": (choice(Country, "country"), Country.BE),
    "month": (MonthText(), Month(2026, 11)),
    "months": (MonthTexts(), (Month(2026, 11), Month(2027, 1))),
    "words": (WordList(), ("same_email", "burst")),
    "body": (Json, {"a": [1, None]}),
    "at": (Instant, datetime(2026, 11, 21, 7, tzinfo=UTC)),
    "yes": (Boolean(), True),
    "number": (Integer(), 45),
}
SAID = {name: value for name, (_, value) in VALUES.items()}
SAY = Prepared(select(*(bindparam(name, type_=type_).label(name) for name, (type_, _) in VALUES.items())))
SILENCE = dict.fromkeys(VALUES)
NUMBER = Prepared(text("SELECT CAST(:number AS integer)").columns(column("number", Integer)))
KEEP = Prepared(text("INSERT INTO referral_visit VALUES (:code, :day, 1)"))
VISIT = {"code": "ABCD", "day": date(2026, 11, 21)}


@pytest.fixture(params=[False, True], ids=["alone", "behind pgbouncer"])
async def engine(request, database_url):
    engine = create_engine(database_url, pool_size=2, behind_pgbouncer=request.param)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("said", [SAID, SILENCE], ids=["values", "nulls"])
async def test_the_driver_is_told_and_tells_what_sqlalchemy_does(engine, said):
    async with engine.begin() as connection:
        (by_sqlalchemy,), (by_the_driver,) = [await SAY.fetch(connection, said) for _ in range(2)]
    assert list(by_sqlalchemy) == list(by_the_driver) == list(said.values())
    for one, other in zip(by_sqlalchemy, by_the_driver, strict=True):
        assert type(one) is type(other)


async def test_what_comes_first_and_what_comes_later_are_one_transaction(engine):
    with contextlib.suppress(ZeroDivisionError):
        async with engine.begin() as connection:
            for day in (1, 2):
                assert await KEEP.fetch(connection, VISIT | {"day": date(2026, 11, day)}) == []
            raise ZeroDivisionError
    assert await visits(engine) == 0
    async with engine.begin() as connection:
        for day in (1, 2):
            await KEEP.fetch(connection, VISIT | {"day": date(2026, 11, day)})
    assert await visits(engine) == 2


async def visits(engine):
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM referral_visit"))).scalar_one()


async def test_a_refusal_is_sqlalchemys_and_tells_no_values(engine):
    async with engine.connect() as connection:
        await KEEP.fetch(connection, VISIT)
        with pytest.raises(DBAPIError) as refused:
            await KEEP.fetch(connection, VISIT)
    assert (refused.value.orig.sqlstate, refused.value.params) == ("23505", None)
    assert not DatabaseHealth.lost(refused.value)


@dataclass(frozen=True, slots=True)
class Ask:
    """Breaks the first attempt off, as a deadlock does."""

    engine: AsyncEngine
    attempts: list[int]

    async def __call__(self):
        async with self.engine.begin() as connection:
            self.attempts.append(len(self.attempts) + 1)
            await connection.execute(BREAKS_OFF)
            await BREAK.fetch(connection, {"attempt": len(self.attempts)})


BREAKS_OFF = text("""
    CREATE FUNCTION pg_temp.broken_off(attempt integer) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN IF attempt = 1 THEN RAISE 'deadlock' USING ERRCODE = '40P01'; END IF; END $$
""")
BREAK = Prepared(text("SELECT pg_temp.broken_off(CAST(:attempt AS integer))"))


async def test_what_is_broken_off_is_done_again(engine):
    ask = retried(Ask)(engine, [])
    await ask()
    assert ask.attempts == [1, 2]


async def test_a_lost_connection_is_told_as_lost_and_no_other_of_its_age_is_handed_out(engine, administrator):
    await open_pool(engine, 3)
    async with engine.connect() as connection:
        await NUMBER.fetch(connection, {"number": 1})
        await administrator.fetch(KILL, engine.url.database)
        with pytest.raises(DBAPIError) as gone:
            await NUMBER.fetch(connection, {"number": 2})
    assert DatabaseHealth.lost(gone.value)
    for number in range(3):
        async with engine.begin() as connection:
            ((told,),) = await NUMBER.fetch(connection, {"number": number})
            assert told == number


KILL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1"


def test_a_text_that_depends_on_its_parameters_is_refused():
    with pytest.raises(TypeError, match="depends on its parameters"):
        Prepared(select(column("a")).where(column("a").in_(bindparam("all", expanding=True))))
