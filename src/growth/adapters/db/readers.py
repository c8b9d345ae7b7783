"""People as readers of our mails. No look-up locks: a row that is locked would answer later than one that is not."""

from collections.abc import Mapping, Sequence

from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.types import Id
from growth.domain.kernel.country import Country
from growth.domain.kernel.ids import ProspectId, UserId
from growth.domain.kernel.person import Email
from growth.domain.prospects.entities.unsubscribing import MailLink, Reader

_PROSPECT = text("""
    SELECT id, unsubscribe_version FROM prospect
    WHERE id IN (
        SELECT id FROM prospect WHERE email = :email
        UNION ALL SELECT prospect_id FROM prospect_address WHERE email = :email
    )
""")
_USERS = text("""
    WITH owner AS (
        SELECT id FROM user_account WHERE email = :email OR pro_email = :email OR company_email = :email
    ), invited AS (
        SELECT user_id FROM employment WHERE invite_email = :email AND cancelled_at IS NULL
        ORDER BY started_on DESC, told_at DESC, id DESC LIMIT 1
    )
    SELECT id, unsubscribe_digest FROM user_account
    WHERE id IN (SELECT id FROM owner)
        OR id IN (SELECT user_id FROM invited WHERE NOT EXISTS (SELECT FROM owner))
""")
_BEHIND = text("""
    SELECT id, NULL, country_code FROM prospect WHERE id = :id AND unsubscribe_version = :version
    UNION ALL
    (SELECT NULL, id, country_code FROM user_account WHERE unsubscribe_digest = :digest ORDER BY id)
""").bindparams(bindparam("id", type_=Id), bindparam("digest", type_=LargeBinary))
_OPT_OUT_PROSPECT = text("""
    UPDATE prospect SET has_opted_in_to_commercial_emails = false
    WHERE id = :id AND has_opted_in_to_commercial_emails
""").bindparams(bindparam("id", type_=Id))
_OPT_OUT_USER = text("""
    UPDATE user_account SET has_opted_in_to_commercial_emails = false
    WHERE id = :id AND has_opted_in_to_commercial_emails IS NOT FALSE
""")


class SqlReaders:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def prospect(self, email: Email) -> MailLink | None:
        row = (await self._connection.execute(_PROSPECT, {"email": email})).first()
        return None if row is None else MailLink(*row)

    async def users(self, email: Email) -> Mapping[UserId, bytes | None]:
        rows = (await self._connection.execute(_USERS, {"email": email})).all()
        return {UserId(user): digest for user, digest in rows}

    async def behind(self, link: MailLink | None, digest: bytes) -> Sequence[Reader]:
        claimed = {"id": link.prospect_id, "version": link.version} if link else {"id": None, "version": None}
        rows = await self._connection.execute(_BEHIND, {**claimed, "digest": digest})
        return [Reader(prospect, user, Country(country) if country else None) for prospect, user, country in rows]

    async def opt_out_prospect(self, id: ProspectId) -> bool:
        return (await self._connection.execute(_OPT_OUT_PROSPECT, {"id": id})).rowcount == 1

    async def opt_out_user(self, id: UserId) -> bool:
        return (await self._connection.execute(_OPT_OUT_USER, {"id": id})).rowcount == 1
