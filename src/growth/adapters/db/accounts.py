"""Users and contracts, as the main application tells of them and as the referral programme reads them."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.names import lock_names
from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.accounts import contract_invoices, contracts, users
from growth.domain.accounts.entities import ContractInvoice
from growth.domain.kernel.customers import Contract, User
from growth.domain.kernel.ids import ContractRef, UserId

USERS = Rows(User, users)
CONTRACTS = Rows(Contract, contracts)
INVOICES = Rows(ContractInvoice, contract_invoices)

PAYMENTS = "payments"  # the room of the names by which payments and their payers are known
_USER = select(*USERS.columns)
_LOCKED_USER = _USER.where(users.c.id == bindparam("id")).with_for_update(key_share=True)
# The first that fits wins; a person is named by his own customer id before anybody's metadata.
_PAYER = text("""
    SELECT id FROM (
        SELECT id, 1 AS place FROM user_account WHERE stripe_customer_id = :customer
        UNION ALL SELECT id, 2 FROM user_account WHERE id = :named
        UNION ALL SELECT u.id, 3 FROM payer_name n JOIN user_account u ON u.id = n.user_id
                  WHERE n.name = ANY(CAST(:names AS text[]))
    ) AS found ORDER BY place, id LIMIT 1
""")


class SqlUsers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, id: UserId, customer: str | None) -> User | None:
        known = await self.get(id)
        names = {id, customer, known.stripe_customer_id if known else None}
        await lock_names(self._connection, PAYMENTS, [name for name in names if name])
        return USERS.read((await self._connection.execute(_LOCKED_USER, {"id": id})).first())

    async def get(self, id: UserId) -> User | None:
        return USERS.read((await self._connection.execute(_USER.where(users.c.id == id))).first())

    async def save(self, user: User) -> bool:
        taken = select(users.c.id).where(users.c.stripe_customer_id == user.stripe_customer_id, users.c.id != user.id)
        if user.stripe_customer_id and (await self._connection.execute(taken)).first():
            return False  # the customer's name is locked: nobody takes it now
        await USERS.put(self._connection, [user])
        return True


class SqlContracts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_or_add(self, contract: Contract) -> Contract | None:
        new = insert(contracts).values(CONTRACTS.write(contract)).on_conflict_do_nothing()
        if (await self._connection.execute(new)).rowcount == 1:
            return None
        query = select(*CONTRACTS.columns).where(contracts.c.ref == contract.ref).with_for_update()
        return CONTRACTS.one((await self._connection.execute(query)).one())

    async def save(self, contract: Contract) -> None:
        await CONTRACTS.put(self._connection, [contract])

    async def get(self, ref: ContractRef) -> Contract | None:
        query = select(*CONTRACTS.columns).where(contracts.c.ref == ref)
        return CONTRACTS.read((await self._connection.execute(query)).first())

    async def put_invoice(self, invoice: ContractInvoice) -> None:
        await INVOICES.put(self._connection, [invoice])


class SqlCustomers:
    """Users and contracts for the referral programme."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, id: UserId) -> User | None:
        return await SqlUsers(self._connection).get(id)

    async def lock(self, id: UserId) -> User | None:
        return USERS.read((await self._connection.execute(_LOCKED_USER, {"id": id})).first())

    async def lock_payer(self, customer: str | None, named: UserId | None, references: Collection[str]) -> User | None:
        names = [name for name in (customer, *references) if name]
        asked = {"customer": customer, "named": named, "names": names}
        found = (await self._connection.execute(_PAYER, asked)).scalar()
        return None if found is None else await self.lock(UserId(found))

    async def set_tier(self, id: UserId, tier: str) -> None:
        await self._connection.execute(update(users).where(users.c.id == id).values(tier=tier))

    async def contract(self, ref: ContractRef) -> Contract | None:
        return await SqlContracts(self._connection).get(ref)
