"""Handing 200 leads to the dialer: in batches, against a queue whose jobs call it one by one (procrastinate).

Both talk to the same sandbox over HTTP, and start from leads that are chosen: messages in our outbox, jobs in the
queue's table. `procrastinate` is a dependency of this benchmark alone.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import procrastinate
from sqlalchemy import make_url

from benchmarks.choose import generated, the_slot
from benchmarks.frame import Bar, Cluster, Plan, Result, middle
from growth.adapters.sandbox.dialer_settings import DialerSettings
from growth.container import make_container
from growth.deliveries import Deliveries
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.use_cases import StartCampaigns
from growth.local import free_port, sandbox
from growth.settings import Settings

_LEADS, _LEAST, _AT_ONCE = 200, 5, 1
# Not assigned to agents: each agent's leads are a batch of their own.
_CAMPAIGNS = """
[[campaigns]]
name = "PVI"
type = "PVB"
country = "FR"
slots = ["mon 10:00-13:00", "tue 10:00-13:00", "wed 10:00-13:00", "thu 10:00-13:00", "fri 10:00-13:00"]
maximum = 200
dialer_campaign_id = 701
"""
_CAMPAIGN = "/api/v2/voice/campaigns/701"


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("hand-over")
    rates: dict[str, list[float]] = {"ours": [], "procrastinate": []}
    for number in range(plan.rounds):
        for name in ("ours", "procrastinate") if number % 2 else ("procrastinate", "ours"):
            measure = _in_batches if name == "ours" else _one_by_one
            rate, there = asyncio.run(measure(cluster))
            rates[name].append(rate)
            result.errors += [f"{name}: the dialer has {there} of {_LEADS}"] * (there != _LEADS)
    for name, found in rates.items():
        result.rows.append({"by": name, "leads/s": middle(found), "lowest": min(found), "highest": max(found)})
    ratio = middle(rates["ours"]) / middle(rates["procrastinate"])
    result.bars.append(
        Bar("handing over 200 leads", f"≥ {_LEAST} times procrastinate", f"{ratio:.1f} times", ratio >= _LEAST)
    )
    return result


@asynccontextmanager
async def _dialer() -> AsyncIterator[str]:
    async def now() -> datetime:
        return datetime.now(UTC)

    port = free_port()
    async with sandbox(DialerSettings(lines=0, apply_delay=0), now, port):
        yield f"http://127.0.0.1:{port}"


async def _there(url: str) -> int:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return len((await client.get(f"{url}/_sandbox/contacts")).json()["contacts"])


async def _in_batches(cluster: Cluster) -> tuple[float, int]:
    campaigns = cluster.folder / "handover.toml"
    campaigns.write_text(_CAMPAIGNS)
    slot = the_slot(campaigns)
    many = generated(cluster, 2_000, _LEADS, slot)
    await many.container.close()
    async with _dialer() as url:
        container = make_container(
            replace(Settings.from_environment({}), database_url=many.url, campaigns_file=campaigns, sandbox_url=url)
        )
        await (await container.get(StartCampaigns))(Order(start_date=slot.start))
        deliveries = await container.get(Deliveries)
        started = time.perf_counter()
        await deliveries.drain()
        seconds = time.perf_counter() - started
        await container.close()
        return _LEADS / seconds, await _there(url)


async def _one_by_one(cluster: Cluster) -> tuple[float, int]:
    url = make_url(cluster.new_database("one_by_one", like="template0"))
    dsn = f"host={url.query['host']} user={url.username} dbname={url.database}"
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn))
    async with _dialer() as dialer, httpx2.AsyncClient(base_url=dialer, trust_env=False) as client, app.open_async():

        @app.task(name="inject")
        async def inject(call_id: str) -> None:
            until = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
            contact = {"call_id": call_id, "lead_id": call_id, "Telephone_1": "33199000001"}
            body = {"priority": 10, "maxCallingDateTime": until, "customFields": contact}
            answer = await client.post(f"{_CAMPAIGN}/contacts", json=body, headers={"Private-Token": "sandbox"})
            answer.raise_for_status()

        await app.schema_manager.apply_schema_async()
        for _ in range(_LEADS):
            await inject.defer_async(call_id=str(uuid4()))
        started = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=_AT_ONCE, install_signal_handlers=False)
        return _LEADS / (time.perf_counter() - started), await _there(dialer)
