import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from growth.adapters.db.engine import create_engine
from growth.adapters.db.metadata import metadata
from growth.adapters.db.tables.terms import referral_terms
from growth.adapters.terms_file import load_terms, remember_terms
from growth.domain.kernel.country import Country
from growth.domain.referrals.entities.rewards import SEED
from growth.domain.referrals.entities.terms import BadTerms, Marking, Programme, RewardUnit

EXAMPLE = Path(__file__).parents[2] / "examples" / "referral_terms.toml"
PROGRAMME = load_terms(EXAMPLE)
(FRENCH,) = PROGRAMME.terms[Country.FR]
NEXT = replace(FRENCH, version="2027-1", since=datetime(2027, 1, 1, tzinfo=UTC), credit_days=30)


def french(*versions):
    return Programme({**PROGRAMME.terms, Country.FR: versions})


@pytest.fixture
async def engine(database_url):
    """The tables that terms need, with no referral."""
    engine = create_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all, tables=[referral_terms])
        await connection.execute(text("DROP TABLE IF EXISTS referral CASCADE"))
        await connection.execute(text("CREATE TABLE referral (referred_country_code text, terms_version text)"))
    yield engine
    await engine.dispose()


async def kept(engine):
    async with engine.connect() as connection:
        return (await connection.execute(select(referral_terms).order_by("country_code", "version"))).all()


async def refer(engine, country, version):
    async with engine.begin() as connection:
        row = {"country": country, "version": version}
        await connection.execute(text("INSERT INTO referral VALUES (:country, :version)"), row)


def test_the_example_is_the_programme_as_it_is_shipped():
    versions = [(country, it.version) for country, versions in PROGRAMME.terms.items() for it in versions]
    assert versions == [(country, "2016-1") for country in Country]
    for terms in (versions[0] for versions in PROGRAMME.terms.values()):
        assert (terms.credit_days, terms.refund_window_days, terms.referrals_per_day) == (45, 90, 100)
        assert (terms.rewards, terms.caps, terms.currency) == (frozenset(RewardUnit), {}, "EUR")
        assert (terms.paying_tier, terms.free_tier) == ("paid", "free")
        local = terms.since.astimezone(terms.zone)
        assert local.replace(tzinfo=None) == datetime(2016, 1, 1)  # noqa: DTZ001 on local clocks
    firsts = {country.value: versions[0] for country, versions in PROGRAMME.terms.items()}
    assert {country: terms.marking for country, terms in firsts.items()} == {
        "FR": Marking.DISCOUNT,
        "BE": Marking.DISCOUNT,
        "ES": Marking.INVOICE,
    }
    assert [firsts[country].timezone for country in ("FR", "BE", "ES")] == [
        "Europe/Paris",
        "Europe/Brussels",
        "Europe/Madrid",
    ]


def test_the_example_rewards_the_contracts_that_have_an_amount():
    rewarded = {(terms.country_code, kind) for (terms,) in PROGRAMME.terms.values() for kind in terms.reward_types}
    assert rewarded == {(row.country_code, row.type) for row in SEED}


def test_the_caps_of_the_example_can_be_used(tmp_path):
    path = tmp_path / "capped.toml"
    source = EXAMPLE.read_text(encoding="utf-8")
    (caps,) = [line.removeprefix("#").strip() for line in source.splitlines() if line.startswith("#     caps")]
    path.write_text(source.replace('country_code = "FR"', f'country_code = "FR"\n{caps}'), encoding="utf-8")
    assert load_terms(path).terms[Country.FR][0].caps == {"amount": 50_000, "days": 365}


def test_a_file_that_is_not_there_says_which_setting_to_change(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BadTerms, match=rf"{path} cannot be read .*GROWTH_REFERRAL_TERMS_FILE"):
            load_terms(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# one\n# two\nx = 'pay\xe9'\n", r"terms\.toml, line 3: .*UTF-8"),
        (b"[[terms]]\ncredit_days = = 2\n", r"terms\.toml is not TOML.*line 2, column 15"),
        (b"n = " + b"[" * 5000, r"terms\.toml is not TOML"),
        (b"[[terms]]\ncredit_day = 45\n", r'terms\.toml: Correct this .*\n(.*\n)*.*Did you mean "credit_days"\?'),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(tmp_path, content, message):
    path = tmp_path / "terms.toml"
    path.write_bytes(content)
    with pytest.raises(BadTerms, match=message):
        load_terms(path)


def test_the_faults_of_a_file_reach_the_caller(tmp_path):
    path = tmp_path / "terms.toml"
    source = EXAMPLE.read_text(encoding="utf-8").replace("credit_days = 45", "credit_days = 0")
    path.write_text(source, encoding="utf-8-sig")
    with pytest.raises(BadTerms) as refused:
        load_terms(path)
    assert [fault.pointer for fault in refused.value.faults] == [f"terms[{n}].credit_days" for n in range(3)]


async def test_versions_are_kept_once_though_processes_start_together(engine):
    await asyncio.gather(*(remember_terms(engine, PROGRAMME) for _ in range(5)))
    before = await kept(engine)
    await remember_terms(engine, PROGRAMME)
    assert await kept(engine) == before
    assert [(row.country_code, row.version) for row in before] == [(it, "2016-1") for it in ("BE", "ES", "FR")]
    assert before[2].since == FRENCH.since
    assert before[2].terms == {
        "version": "2016-1",
        "country_code": "FR",
        "since": "2015-12-31T23:00:00+00:00",
        "timezone": "Europe/Paris",
        "rewards": ["amount", "days", "free_month"],
        "reward_types": ["company", "fr_individual"],
        "marking": "discount",
        "credit_days": 45,
        "refund_window_days": 90,
        "referrals_per_day": 100,
        "caps": {},
        "currency": "EUR",
        "paying_tier": "paid",
        "free_tier": "free",
    }


async def test_a_new_version_is_kept_beside_the_old(engine):
    await remember_terms(engine, PROGRAMME)
    await remember_terms(engine, french(FRENCH, NEXT))
    assert [row.version for row in await kept(engine) if row.country_code is Country.FR] == ["2016-1", "2027-1"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("since", datetime(2016, 1, 1, tzinfo=UTC)),
        ("rewards", frozenset({RewardUnit.DAYS})),
        ("marking", Marking.INVOICE),
        ("credit_days", 44),
        ("caps", {RewardUnit.DAYS: 90}),
        ("free_tier", "basic"),
    ],
)
async def test_what_was_promised_is_not_changed(engine, key, value):
    await remember_terms(engine, PROGRAMME)
    changed = replace(FRENCH, **{key: value})
    with pytest.raises(BadTerms, match=rf'are not changed: .* new version(.*\n)*  "2016-1" of FR: {key}$'):
        await remember_terms(engine, french(changed, NEXT))
    assert len(await kept(engine)) == 3  # and nothing else of the file is taken


async def test_of_two_that_start_together_with_different_terms_the_second_is_refused(engine):
    async with engine.connect() as first:
        await first.execute(
            text("INSERT INTO referral_terms VALUES ('FR', '2016-1', :since, '{\"version\": \"2016-1\"}', :since)"),
            {"since": FRENCH.since},
        )
        second = asyncio.create_task(remember_terms(engine, PROGRAMME))
        await until_somebody_waits(engine)
        await first.commit()
        with pytest.raises(BadTerms, match='"2016-1" of FR: caps, country_code, '):
            await second


async def until_somebody_waits(engine):
    waiting = text(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    for _ in range(500):
        async with engine.connect() as connection:  # each transaction sees the sessions as they were at its start
            if await connection.scalar(waiting):
                return
        await asyncio.sleep(0.02)
    pytest.fail("nobody waits for the first")


async def test_a_version_that_a_referral_names_stays_in_the_file(engine):
    await remember_terms(engine, PROGRAMME)
    await remember_terms(engine, french(FRENCH, NEXT))
    await refer(engine, "FR", "2027-1")
    with pytest.raises(BadTerms, match='"2027-1" of FR: put this version back into the file'):
        await remember_terms(engine, PROGRAMME)
    await remember_terms(engine, french(FRENCH, NEXT))


async def test_a_version_that_nobody_was_promised_may_leave_the_file(engine):
    await remember_terms(engine, french(FRENCH, NEXT))
    for country, version in (("FR", "2016-1"), ("BE", "2027-1")):  # its country's other one, the name elsewhere
        await refer(engine, country, version)
    await remember_terms(engine, PROGRAMME)
    assert len(await kept(engine)) == 4
