"""Consents, what is left of those of people who were erased, and do-not-call lists."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, any_, bindparam, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.people import OWNER
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.consents import consents, do_not_call
from growth.adapters.db.types import Instant
from growth.domain.campaigns.entities.consents import Consent, ConsentId, KeptConsent
from growth.domain.campaigns.entities.do_not_call import CallList
from growth.domain.kernel.person import Email
from growth.domain.kernel.pseudonyms import Pseudonyms

_PROOF = {"person", "kept_until"}
_CONSENTS = Rows(Consent, consents, _PROOF, fixed={"prospect_id"})
_KEPT = Rows(KeptConsent, consents, _PROOF)
_OWNER = text(OWNER.format(":email"))
# Returned are the new ones: a row that is replaced was locked before, and says so by its xmax.
_LIST = text("""
    INSERT INTO do_not_call AS d (digest, list, country_code, source, listed_at, confirmed_at)
    SELECT told.digest, :list, :country_code, :source, :at, :at FROM unnest(CAST(:digests AS bytea[])) AS told (digest)
    ON CONFLICT (digest, list, country_code)
        DO UPDATE SET confirmed_at = greatest(d.confirmed_at, excluded.confirmed_at)
    RETURNING xmax = 0
""").bindparams(bindparam("digests", type_=ARRAY(LargeBinary)), bindparam("at", type_=Instant))
_ASKED = any_(bindparam("asked", type_=ARRAY(LargeBinary)))


class SqlConsents:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, given: Sequence[Consent]) -> None:
        await _CONSENTS.add(self._connection, given)

    async def lock(self, id: ConsentId) -> Consent | None:
        query = select(*_CONSENTS.columns).where(consents.c.id == id, consents.c.prospect_id.is_not(None))
        return _CONSENTS.read((await self._connection.execute(query.with_for_update())).first())

    async def save(self, consent: Consent) -> None:
        await self._connection.execute(_CONSENTS.update, [_CONSENTS.changes(consent)])


class SqlConsentViews:
    def __init__(self, engine: AsyncEngine, pseudonyms: Pseudonyms) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms

    async def of(self, email: Email) -> Sequence[KeptConsent]:
        async with self._engine.connect() as connection:
            owner = (await connection.execute(_OWNER, {"email": email})).scalar()
            whose = or_(consents.c.prospect_id == owner, consents.c.person == self._pseudonyms.of("email", email))
            query = select(*_KEPT.columns).where(whose)
            found = _KEPT.all(await connection.execute(query))
        return sorted(found, key=attrgetter("given_at", "id"), reverse=True)


class SqlDoNotCall:
    """Only keyed hashes of the numbers are stored, and asked for."""

    def __init__(self, connection: AsyncConnection, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    async def put(self, to: CallList, numbers: Collection[str], at: datetime) -> int:
        told = {"list": to.name, "country_code": to.country_code, "source": to.source, "at": at}
        rows = await self._connection.execute(_LIST, told | {"digests": self._digests(numbers)})
        return sum(rows.scalars())

    async def count(self, of: CallList) -> int:
        query = select(func.count()).select_from(do_not_call).where(*_of(of))
        return (await self._connection.execute(query)).scalar_one()

    async def listed(self, on: CallList, numbers: Collection[str]) -> set[str]:
        asked = {self._pseudonyms.of("phone", number): number for number in numbers}
        query = select(do_not_call.c.digest).where(do_not_call.c.digest == _ASKED, *_of(on))
        return {asked[it] for it in (await self._connection.execute(query, {"asked": [*asked]})).scalars()}

    async def remove(self, from_: CallList, numbers: Collection[str]) -> int:
        listed = do_not_call.c.digest.in_(self._digests(numbers))
        query = delete(do_not_call).where(listed, *_of(from_))
        return (await self._connection.execute(query)).rowcount

    async def remove_unconfirmed(self, from_: CallList, before: datetime) -> int:
        query = delete(do_not_call).where(do_not_call.c.confirmed_at < before, *_of(from_))
        return (await self._connection.execute(query)).rowcount

    def _digests(self, numbers: Collection[str]) -> list[bytes]:
        # In one order, so that two that list the same numbers never wait for each other in a circle.
        return sorted(self._pseudonyms.of("phone", number) for number in set(numbers))


def _of(which: CallList) -> tuple[ColumnElement[bool], ...]:
    return do_not_call.c.list == which.name, do_not_call.c.country_code == which.country_code
