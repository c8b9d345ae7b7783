"""Importing the example file of 5,000 leads into an empty database, reading the file included."""

import asyncio
import time

from benchmarks.estimates import CEILING
from benchmarks.frame import Bar, Cluster, Plan, Result, middle, rounds
from growth.adapters.leads_files import read_leads_file
from growth.container import EXAMPLES, make_container
from growth.domain.campaigns.use_cases import ImportLeads
from growth.settings import Settings

_LEAST = 500
_FILE = EXAMPLES / "realestate" / "dubai_Leads.csv"


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("import")
    cluster.new_database("import_ceiling")

    def ceiling() -> float:
        return cluster.pgbench(CEILING, database="import_ceiling", clients=1, seconds=plan.seconds / 2)

    def measure(_: str) -> dict[str, float]:
        url = cluster.new_database("imported")
        read, taken, seconds = asyncio.run(_import(url))
        stored = int(cluster.execute("SELECT count(*) FROM submission", database="imported"))
        if not read == taken == stored:
            result.errors.append(f"of {read} rows {taken} were taken and {stored} are stored")
        return {"rows": float(stored), "seconds": seconds, "per_second": taken / seconds}

    kept, result.rounds_thrown_away = rounds(plan, ["import"], ceiling, measure)
    for number, one in enumerate(kept["import"], 1):
        against = one.found["per_second"] / one.ceiling
        row = {"round": number, "leads": int(one.found["rows"]), "leads/s": one.found["per_second"]}
        result.rows.append(row | {"ceiling/s, 1 client": one.ceiling, "of the ceiling": against})
        result.rounds.append(one.found | {"ceilings": (one.before, one.after)})
    rate = middle([one.found["per_second"] for one in kept["import"]])
    result.bars.append(Bar("importing 5,000 leads", f"≥ {_LEAST} leads/s", f"{rate:.0f} leads/s", rate >= _LEAST))
    return result


async def _import(url: str) -> tuple[int, int, float]:
    container = make_container(Settings(database_url=url))
    imports = await container.get(ImportLeads)
    started = time.perf_counter()
    report = await imports(read_leads_file(_FILE, _FILE.parent / "mapping.toml"))
    seconds = time.perf_counter() - started
    await container.close()
    return report.read, report.taken, seconds
