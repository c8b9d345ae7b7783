"""POST /v1/estimates by 16 clients: against what the bare database can do, and against the ordinary way."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from benchmarks.client import Load
from benchmarks.frame import Bar, Cluster, Kept, Plan, Result, growth_server, load, middle, reference_server, rounds

CLIENTS = 16
FIRST = 100_000  # a telephone number needs six digits here
BODY = json.dumps(
    {
        "email": "lead-{n}@example.org",
        "phone": "+33199{n}",
        "first_name": "Claire",
        "last_name": "Example",
        "country_code": "FR",
        "is_owner": True,
        "sell_timeframe": "now",
        "property_type": "house",
        "postal_code": "69003",
        "surface_m2": 120,
        "estimated_price_eur": 420000,
        "address": "{n} rue de l'Exemple, Lyon",
    }
)
# What one estimate of a new person writes, in one transaction, with nothing around it.
CEILING = """
SELECT uuidv7() AS person, uuidv7() AS lead, uuidv7() || '@example.org' AS email, random()::text AS digits \\gset
BEGIN;
SELECT clock_timestamp();
INSERT INTO prospect (id, email, phone, phone_valid, country_code, pending_task, created_at)
VALUES (:person, :email, '+33199' || right(:digits, 6), true, 'FR', false, now())
ON CONFLICT DO NOTHING;
SELECT * FROM prospect WHERE email = :email FOR UPDATE;
INSERT INTO lead (id, prospect_id, lead_type, source, country_code, is_owner, sell_timeframe, buys_first,
    property_type, postal_code, surface_m2, estimated_price_eur, property_key, timezone, segment, score, status,
    call_attempts, request_count, requested_at, created_at, updated_at)
VALUES (:lead, :person, 'RDVVQ', 'estimate', 'FR', true, 'now', false, 'house', '69003', 120, 420000,
    'at FR 69003', 'Europe/Paris', 'PVI_NOW', 780, 'new', 0, 1, now(), now(), now());
INSERT INTO submission (id, lead_id, prospect_id, source, requested_at, received_at)
VALUES (uuidv7(), :lead, :person, 'estimate', now(), now());
INSERT INTO prospect_event (id, prospect_id, event_name, country_code, properties, occurred_at, received_at, caller,
    message_id)
VALUES (uuidv7(), :person, 'website_capture_form', 'FR', '{"form_name": "estimate"}', now(), now(), 'growth', :lead);
INSERT INTO lead_score (lead_id, score, unclipped, base, contributions, rule_set_version, scored_at)
VALUES (:lead, 780, 780, 100, '[["owner", "yes", 100], ["sell_timeframe", "now", 350]]', '2026-1', now());
INSERT INTO call (id, lead_id, prospect_id, campaign, slot_start, slot_end, state, planned_at, attempts)
VALUES (uuidv7(), :lead, :person, 'PVI France', now() + interval '1 day', now() + interval '27 hours', 'planned',
    now(), 0);
COMMIT;
"""


def estimates(port: int, connections: int, seconds: float, first: int) -> Load:
    """Return a load of estimates, each of a new person with a number of his own."""
    return Load(port, "POST", "/v1/estimates", "dev-service-key", connections, seconds, BODY, first=first)


def run(cluster: Cluster, plan: Plan) -> Result:
    """Measure both applications in turn, each on a database of its own with the same schema."""
    result = Result("estimates")
    names = {"growth": growth_server, "reference_orm": reference_server}
    for database in (*names, "ceiling"):
        cluster.new_database(f"estimates_{database}")
    with ExitStack() as running:
        servers = {name: running.enter_context(start(cluster, f"estimates_{name}")) for name, start in names.items()}
        sent = dict.fromkeys(names, FIRST)

        def measure(name: str, seconds: float = plan.seconds) -> dict[str, Any]:
            figures = load(cluster, servers[name], estimates(servers[name].port, CLIENTS, seconds, sent[name]))
            sent[name] += figures["requests"]
            figures["accepted"] = figures["statuses"].get("202", 0)
            return figures

        def ceiling() -> float:
            return cluster.pgbench(CEILING, database="estimates_ceiling", clients=CLIENTS, seconds=plan.seconds / 2)

        accepted = {name: measure(name, plan.seconds)["accepted"] for name in names}

        def counted(name: str) -> dict[str, Any]:
            figures = measure(name)
            accepted[name] += figures["accepted"]
            rows = int(cluster.execute("SELECT count(*) FROM submission", database=f"estimates_{name}"))
            if rows != accepted[name] or figures["accepted"] != figures["requests"]:
                told = f"{figures['statuses']} were answered, {rows} of {accepted[name]} accepted rows are there"
                result.errors.append(f"{name}: {told}")
            return figures

        kept, result.rounds_thrown_away = rounds(plan, list(names), ceiling, counted)
    _tell(result, kept)
    return result


def _tell(result: Result, kept: Mapping[str, list[Kept[dict[str, Any]]]]) -> None:
    for name, measured in kept.items():
        shown = ("per_second", "p50_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
        row = {it.replace("_", " "): middle([one.found[it] for one in measured]) for it in shown}
        against = middle([one.found["per_second"] / one.ceiling for one in measured])
        accepted = sum(one.found["accepted"] for one in measured)
        row |= {"ceiling/s": middle([one.ceiling for one in measured]), "of the ceiling": against, "rows": accepted}
        result.rows.append({"application": name} | row)
        result.rounds += [one.found | {"application": name, "ceilings": (one.before, one.after)} for one in measured]
    rates = [row["per second"] for row in result.rows]
    ratio = f"{rates[0] / rates[1]:.2f} times as many" if rates[1] else "not measured"
    result.bars.append(Bar("estimates of 16 clients against reference_orm", "no bar: information", ratio, None))
