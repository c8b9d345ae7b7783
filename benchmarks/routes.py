"""Every route that can be called again and again: does it bear four times the clients?

What is read is the example file's 5,000 leads with one started run.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.client import Load
from benchmarks.estimates import estimates
from benchmarks.frame import Bar, Cluster, Plan, Result, Server, growth_server, load, middle, rounds
from growth.adapters.leads_files import read_leads_file
from growth.container import EXAMPLES, make_container
from growth.domain.campaigns.entities.configuration import CampaignType
from growth.domain.campaigns.entities.orders import Order
from growth.domain.campaigns.use_cases import ImportLeads, StartCampaigns
from growth.settings import Settings

_FEW, _MANY, _LEAST = 16, 64, 0.8
_DATABASE = "routes"
_FILE = EXAMPLES / "realestate" / "dubai_Leads.csv"
_CEILING = "SELECT * FROM lead ORDER BY id DESC LIMIT 50;"
_DRY = json.dumps({"dry_run": True})
# What is posted. A route that is not here and is no GET is not called: it would do something else the second time.
_POSTED = {
    "/v1/estimates": "",
    "/v1/leads": "",
    "/v1/campaigns/{type}/start": _DRY,
    "/v1/campaigns/stop": _DRY,
    "/v1/leads/recover": _DRY,
}


def run(cluster: Cluster, plan: Plan) -> Result:
    """Measure each route with few and with many clients, one after the other, between the same ceilings."""
    result = Result("routes")
    known = asyncio.run(_fill(cluster.new_database(_DATABASE)))
    first = [500_000]
    with growth_server(cluster, _DATABASE, scheduler="off") as server:
        loads, left_out = _loads(server, known, min(plan.seconds, 1.0))

        def measure(name: str) -> dict[int, dict[str, Any]]:
            found = {}
            for clients in (_FEW, _MANY):
                found[clients] = load(cluster, server, replace(loads[name], connections=clients, first=first[0]))
                first[0] += found[clients]["requests"]
                if wrong := {s: n for s, n in found[clients]["statuses"].items() if not s.startswith("2")}:
                    result.errors.append(f"{name} with {clients} clients answered {wrong}")
            return found

        def ceiling() -> float:
            return cluster.pgbench(_CEILING, database=_DATABASE, clients=4, seconds=1)

        for name in loads:
            load(cluster, server, replace(loads[name], connections=_FEW, seconds=0.2, first=first[0] + 200_000))
        first[0] += 300_000
        kept, result.rounds_thrown_away = rounds(plan, list(loads), ceiling, measure)
    for name, measured in kept.items():
        _tell(result, name, [one.found for one in measured])
        result.rounds += [{"route": name, "ceilings": (k.before, k.after), "found": k.found} for k in measured]
    below = [f"{row['route']} {row['64 ÷ 16']:.2f}" for row in result.rows if row["64 ÷ 16"] < _LEAST]
    told = f"{len(loads) - len(below)} of {len(loads)} routes" + (f"; below: {', '.join(below)}" if below else "")
    result.bars.append(Bar("every route, 64 clients ÷ 16", f"≥ {_LEAST}, no error", told, not below))
    result.bars.append(Bar("routes not called", "no bar: information", ", ".join(left_out) or "none", None))
    return result


def _tell(result: Result, name: str, found: list[dict[int, dict[str, Any]]]) -> None:
    row: dict[str, Any] = {"route": name}
    for clients in (_FEW, _MANY):
        row[f"{clients}: /s"] = middle([each[clients]["per_second"] for each in found])
        row[f"{clients}: p50 ms"] = middle([each[clients]["p50_ms"] for each in found])
        row[f"{clients}: p99 ms"] = middle([each[clients]["p99_ms"] for each in found])
    for who in ("app", "database"):
        row[f"{who} cpu ms"] = middle([each[_FEW][f"{who}_cpu_ms"] for each in found])
    ratios = [each[_MANY]["per_second"] / each[_FEW]["per_second"] for each in found if each[_FEW]["per_second"]]
    row["answers"] = sum(each[clients]["requests"] for each in found for clients in each)
    result.rows.append(row | {"64 ÷ 16": middle(ratios)})


async def _fill(url: str) -> dict[str, str]:
    """Import the example leads and start a run; return a value for each path parameter."""
    container = make_container(Settings(database_url=url))
    file = read_leads_file(_FILE, _FILE.parent / "mapping.toml")
    await (await container.get(ImportLeads))(file)
    (run,) = await (await container.get(StartCampaigns))(Order(type=CampaignType.PVI))
    async with (await container.get(AsyncEngine)).begin() as connection:
        await connection.execute(text("UPDATE message SET state = 'done'"))  # there is no dialer here
        lead = (await connection.execute(text("SELECT lead_id FROM decision LIMIT 1"))).scalar_one()
    await container.close()
    return {"lead_id": str(lead), "run_id": str(run.id), "type": "PVI"}


def _loads(server: Server, known: dict[str, str], seconds: float) -> tuple[dict[str, Load], list[str]]:
    """Return a load for each route of the OpenAPI that can be called, and the names of the others."""
    posted = estimates(server.port, _FEW, seconds, 0).body or ""
    loads, left_out = {}, []
    for path, operations in json.loads(server.get("/openapi.json"))["paths"].items():
        filled = path
        for name, value in known.items():
            filled = filled.replace(f"{{{name}}}", quote(value))
        for method in map(str.upper, operations):
            if "{" in filled or not (method == "GET" or (method == "POST" and path in _POSTED)):
                left_out.append(f"{method} {path}")
                continue
            body = None if method == "GET" else _POSTED[path] or posted
            loads[f"{method} {path}"] = Load(server.port, method, filled, "dev-admin-key", _FEW, seconds, body)
    return loads, left_out
