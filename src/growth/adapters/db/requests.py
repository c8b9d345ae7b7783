"""Self-serve flows and requests to sales."""

from sqlalchemy import case, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from growth.adapters.db.rows import Rows
from growth.adapters.db.tables.prospects import sales_requests, self_serve_flows
from growth.domain.kernel.ids import ProspectId
from growth.domain.prospects.entities.requests import FlowId, RequestId, SalesRequest, SelfServeFlow

FLOWS = Rows(SelfServeFlow, self_serve_flows)
REQUESTS = Rows(SalesRequest, sales_requests)


class SqlFlows:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, id: FlowId) -> SelfServeFlow | None:
        query = select(*FLOWS.columns).where(self_serve_flows.c.id == id)
        return FLOWS.read((await self._connection.execute(query)).first())

    async def lock_or_add(self, flow: SelfServeFlow) -> SelfServeFlow | None:
        new = insert(self_serve_flows).values(FLOWS.write(flow)).on_conflict_do_nothing()
        if (await self._connection.execute(new)).rowcount == 1:
            return None
        query = select(*FLOWS.columns).where(self_serve_flows.c.id == flow.id).with_for_update()
        return FLOWS.read((await self._connection.execute(query)).first())

    async def save(self, flow: SelfServeFlow) -> None:
        await FLOWS.put(self._connection, [flow])

    async def link(self, flow_id: str, prospect_id: ProspectId) -> bool:
        of = self_serve_flows.c
        kept = case((of.prospect_id != prospect_id, literal({}, of.data.type)), else_=of.data)
        query = update(self_serve_flows).where(of.id == flow_id).values(prospect_id=prospect_id, data=kept)
        return (await self._connection.execute(query)).rowcount == 1


class SqlRequests:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, request: SalesRequest) -> None:
        await REQUESTS.add(self._connection, [request])


class SqlRequestViews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, id: RequestId) -> SalesRequest | None:
        query = select(*REQUESTS.columns).where(sales_requests.c.id == id)
        async with self._engine.connect() as connection:
            return REQUESTS.read((await connection.execute(query)).first())
