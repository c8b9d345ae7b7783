"""The file of the referral programme's terms: read at start, every version kept in the database for good."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.tables.terms import referral_terms
from growth.adapters.toml_files import parsed, text_of
from growth.domain.kernel.country import Country
from growth.domain.referrals.business_rules.configuring import parse_programme
from growth.domain.referrals.entities.terms import BadTerms, Programme, Terms

Version = tuple[Country, str]
Entry = Mapping[str, object]

_IS_NAMED = text("""
    SELECT EXISTS (
        SELECT FROM referral WHERE referred_country_code = :country_code AND terms_version = :version
    )
""")


def load_terms(path: Path) -> Programme:
    """Return the programme in this file. Raises `BadTerms`, which names the file and all that is wrong in it."""
    source = text_of(path, BadTerms, "set GROWTH_REFERRAL_TERMS_FILE to your terms file")
    return parsed(source, str(path), BadTerms, parse_programme)


async def remember_terms(engine: AsyncEngine, programme: Programme) -> None:
    """Keep every version of the file, once and for ever.

    Raises `BadTerms`, and keeps nothing new, when the file says something else about a version than was kept, or no
    longer has one that a referral names.
    """
    ours = {(it.country_code, it.version): it for versions in programme.terms.values() for it in versions}
    async with engine.begin() as connection:
        await _add(connection, ours)
        rows = await connection.execute(select(referral_terms))
        kept: dict[Version, Entry] = {(row.country_code, row.version): row.terms for row in rows}
        _unchanged(kept, ours)
        for version in sorted(kept.keys() - ours.keys()):
            await _not_needed(connection, version)


async def _add(connection: AsyncConnection, ours: Mapping[Version, Terms]) -> None:
    """Insert what is new, in one order for all: processes that start together wait for each other, none for ever."""
    rows = [
        {"country_code": country, "version": version, "since": terms.since, "terms": _entry(terms)}
        for (country, version), terms in sorted(ours.items(), key=lambda item: item[0])
    ]
    query = insert(referral_terms).values([{**row, "loaded_at": func.clock_timestamp()} for row in rows])
    await connection.execute(query.on_conflict_do_nothing())


def _unchanged(kept: Mapping[Version, Entry], ours: Mapping[Version, Terms]) -> None:
    changed = []
    for version in sorted(kept.keys() & ours.keys()):
        before, now = kept[version], _entry(ours[version])
        if keys := sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key)):
            changed.append(f"\n  {_named(version)}: {', '.join(keys)}")
    if changed:
        raise BadTerms(
            "Terms that people were promised are not changed: put these back as they were, and add a new version"
            f" that says what shall hold from now on.{''.join(changed)}"
        )


async def _not_needed(connection: AsyncConnection, version: Version) -> None:
    country, name = version
    if await connection.scalar(_IS_NAMED, {"country_code": country, "version": name}):
        raise BadTerms(f"Referrals were promised the terms {_named(version)}: put this version back into the file.")


def _entry(terms: Terms) -> dict[str, object]:
    """Return the terms as JSON knows them, each in one way only."""
    return asdict(terms) | {
        "since": terms.since.isoformat(),
        "rewards": sorted(terms.rewards),
        "reward_types": sorted(terms.reward_types),
    }


def _named(version: Version) -> str:
    country, name = version
    return f'"{name}" of {country}'
