"""Users and contracts, as the main application tells of them and as the referral programme reads them."""

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from growth.adapters.db.names import lock_names
from growth.adapters.db.prepared import Prepared
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
_SET_TIER = Prepared(text("UPDATE user_account SET tier = :tier WHERE id = :id"))
_LOCKED_USER = _USER.where(users.c.id == bindparam("id")).with_for_update(key_share=True)
_NAMES = text("""
    SELECT stripe_customer_id FROM user_account WHERE id = :id AND stripe_customer_id IS NOT NULL
    UNION SELECT name FROM payer_name WHERE user_id = :id
""")
_REPLACE = text("""
    UPDATE user_account SET replaced_by = CASE id WHEN :target THEN NULL ELSE CAST(:target AS text) END
    WHERE id IN (:source, :target) OR replaced_by = :source
""")
# Of a user whose place another took: the other's.
_CONTRACT = select(
    *(
        func.coalesce(users.c.replaced_by, column) if column is contracts.c.user_id else column
        for column in CONTRACTS.columns
    )
).join_from(contracts, users, users.c.id == contracts.c.user_id)


class SqlUsers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, id: UserId, customer: str | None) -> User | None:
        wanted, locked = {id, *([customer] if customer else ()), *await self._names(id)}, set[str]()
        while wanted - locked:  # another one, told while it waited
            await lock_names(self._connection, PAYMENTS, wanted - locked)
            locked |= wanted
            wanted = await self._names(id)
        return USERS.read((await self._connection.execute(_LOCKED_USER, {"id": id})).first())

    async def get(self, id: UserId) -> User | None:
        return USERS.read((await self._connection.execute(_USER.where(users.c.id == id))).first())

    async def _names(self, id: UserId) -> set[str]:
        return set((await self._connection.execute(_NAMES, {"id": id})).scalars())

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

    async def lock_payer(self, id: UserId) -> User | None:
        user = await self.lock(id)
        return await self.lock(user.replaced_by) if user and user.replaced_by else user

    async def replace(self, source: UserId, target: UserId) -> None:
        await self._connection.execute(_REPLACE, {"source": source, "target": target})

    async def set_tier(self, id: UserId, tier: str) -> None:
        await _SET_TIER.fetch(self._connection, {"id": id, "tier": tier})

    async def contract(self, ref: ContractRef) -> Contract | None:
        query = _CONTRACT.where(contracts.c.ref == ref)
        return CONTRACTS.read((await self._connection.execute(query)).first())
