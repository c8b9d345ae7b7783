"""`GET /v1/prospects/{id}/timeline`, 50 entries: against its own query, and among few and many rows of others."""

from typing import Any

from benchmarks.client import Load
from benchmarks.frame import Bar, Cluster, Plan, Result, growth_server, load, middle, rounds
from growth.adapters.db.prospect_views import TIMELINE

_CLIENTS, _OF_CEILING, _FLAT = 8, 0.08, 1.2
_FEW, _MANY = 10_000, 1_000_000
_WHO = "00000000-0000-7000-8000-0000000000ff"
# One with 60 events, 5 requests and a lead, beside :rows events of others, ten each.
_ROWS = """
SET session_replication_role = replica;
INSERT INTO prospect (id, email, phone_valid, country_code, pending_task, created_at)
SELECT CASE n WHEN 0 THEN '{who}'::uuid ELSE uuidv7() END, 'p' || n || '@example.org', false, 'FR', false, now()
FROM generate_series(0, {rows} / 10) AS n;
INSERT INTO prospect_event (id, prospect_id, event_name, properties, occurred_at, received_at, caller, message_id)
SELECT uuidv7(), id, 'page_view', '{{"url": "https://shop.example/"}}', now() - interval '1 hour' * i, now(), 'b',
       id || '-' || i
FROM prospect, generate_series(1, CASE id WHEN '{who}' THEN 60 ELSE 10 END) AS i;
INSERT INTO sales_request (id, prospect_id, request_type, country_code, details, requested_at)
SELECT uuidv7(), '{who}', 'callback', 'FR', '{{}}', now() - interval '90 minutes' * i FROM generate_series(1, 5) AS i;
VACUUM ANALYZE;
"""


def run(cluster: Cluster, plan: Plan) -> Result:
    """Read the same person's timeline on both databases, in turn."""
    result = Result("timelines")
    sizes = {"few": _FEW, "many": _MANY // 10 if plan.quick else _MANY}
    for name, size in sizes.items():
        cluster.new_database(f"timelines_{name}")
        for command in _ROWS.format(rows=size, who=_WHO).split(";\n"):
            if command.strip():
                cluster.execute(command, database=f"timelines_{name}")
    asked = {"who": f"'{_WHO}'::uuid", "at": "'9999-01-01Z'::timestamptz", "kind": "0", "limit": "50"}
    query = " ".join(TIMELINE.split()) + ";"
    for name, value in (asked | {"id": "'00000000-0000-0000-0000-000000000000'::uuid"}).items():
        query = query.replace(f":{name}", value)
    with (
        growth_server(cluster, "timelines_few", scheduler="off") as few,
        growth_server(cluster, "timelines_many", scheduler="off") as many,
    ):
        servers = {"few": few, "many": many}

        def measure(name: str) -> dict[str, Any]:
            path = f"/v1/prospects/{_WHO}/timeline?limit=50"
            what = Load(servers[name].port, "GET", path, "dev-service-key", _CLIENTS, plan.seconds / 2)
            figures = load(cluster, servers[name], what)
            if figures["statuses"].get("200") != figures["requests"]:
                result.errors.append(f"the timeline among {name} rows answered {figures['statuses']}")
            return figures

        def ceiling() -> float:
            return cluster.pgbench(query, database="timelines_many", clients=_CLIENTS, seconds=plan.seconds / 4)

        for name in servers:
            measure(name)
        kept, result.rounds_thrown_away = rounds(plan, list(servers), ceiling, measure)
    for name, measured in kept.items():
        shown = ("per_second", "p50_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
        row: dict[str, Any] = {it.replace("_", " "): middle([one.found[it] for one in measured]) for it in shown}
        row["of the ceiling"] = middle([one.found["per_second"] / one.ceiling for one in measured])
        result.rows.append({"rows of others": f"{sizes[name]:,}"} | row)
        result.rounds += [one.found | {"rows": sizes[name], "ceilings": (one.before, one.after)} for one in measured]
    here, there = result.rows
    share, grown = there["of the ceiling"], there["p50 ms"] / here["p50 ms"] if here["p50 ms"] else float("inf")
    result.bars += [
        Bar("a timeline of 50 entries against its own query", f"≥ {_OF_CEILING}", f"{share:.3f}", share >= _OF_CEILING),
        Bar(
            f"p50 among {sizes['many']:,} rows of others",
            f"≤ {_FLAT} times that among few",
            f"{grown:.2f}",
            grown <= _FLAT,
        ),
    ]
    return result
