"""How much memory the server holds when nobody calls it: workers and scheduler run, as they always do."""

import time

from benchmarks.frame import Bar, Cluster, Plan, Result, growth_server

_MOST_MB, _REST_SECONDS = 200, 10


def run(cluster: Cluster, plan: Plan) -> Result:
    result = Result("rest")
    cluster.new_database("rest")
    found = []
    for number in range(1, (1 if plan.quick else plan.rounds) + 1):
        with growth_server(cluster, "rest") as server:
            time.sleep(_REST_SECONDS)
            found.append(server.memory_mb())
        result.rows.append({"start": number, "resident MB": found[-1]})
    most = max(found)
    result.bars.append(Bar("memory of the server at rest", f"≤ {_MOST_MB} MB", f"{most:.0f} MB", most <= _MOST_MB))
    return result
