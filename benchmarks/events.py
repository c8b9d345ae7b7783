"""Events of people who are known: singly by 16 clients and by one, in batches, against the bare database.

What is counted at the end are rows: each event that was acknowledged has to be one.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from benchmarks.client import Load
from benchmarks.frame import Bar, Cluster, Kept, Plan, Result, growth_server, load, middle, reference_server, rounds

CLIENTS, BATCH, _BATCHERS = 16, 100, 4
_OF_CEILING, _OF_REFERENCE, _P99, _ALONE, _OF_BATCHES, _GROWN = 0.20, 3.0, 0.5, 4.0, 0.25, 1.05
_FLAT_OVER = 200_000  # events
_LIMITS = {"scheduler": "off", "rate_limit": "1000000000", "address_rate_limit": "1000000000"}
_EVENT = {
    "event_name": "website_capture_form",
    "email": "person-{n}@example.org",
    "country_code": "FR",
    "persona_type": "Individual",
    "properties": {"form_name": "contact", "page_url": "https://shop.example/contact"},
    "utm_source": "google",
    "utm_medium": "cpc",
    "message_id": "m-{n}",
}
_PEOPLE = """
SET session_replication_role = replica;
INSERT INTO prospect (id, email, phone_valid, country_code, pending_task, created_at)
SELECT uuidv7(), 'person-' || n || '@example.org', false, 'FR', false, now() FROM generate_series(0, {count} - 1) AS n;
ANALYZE prospect;
"""
_ROW = """
INSERT INTO prospect_event (id, prospect_id, event_name, country_code, persona_type, marketing_parameters, properties,
    occurred_at, received_at, caller, message_id)
SELECT uuidv7(), p.id, 'website_capture_form', 'FR', 'Individual',
    '{{"utms": {{"source": "google", "medium": "cpc"}}, "clids": {{}}, "facebook": {{}}, "all_utms": [], "version": "",
       "device_type": "", "partner_code": "", "cookie_status": "", "landing_page_url": "", "landing_referrer_url": "",
       "referring_partner": "", "referring_user_token": ""}}',
    '{{"form_name": "contact", "page_url": "https://shop.example/contact"}}', now(), now(), 'service',
    'm-' || uuidv7()
FROM prospect p WHERE p.email IN ({emails});
"""
_ONE = "\\set n random(0, {most})\n" + _ROW.replace("{emails}", "'person-' || :n || '@example.org'")
_HUNDRED = "\\set n random(0, {most})\n" + _ROW.replace(
    "{emails}", "SELECT 'person-' || (:n + i) || '@example.org' FROM generate_series(0, {batch} - 1) AS i"
)
_SINGLE, _BATCHES = "/v1/events", "/v1/events/batch"
_PATHS = [("growth", _SINGLE), ("reference_orm", _SINGLE), ("growth", _BATCHES)]
_COUNT = "SELECT count(*) FROM prospect_event"


class _Applications:
    """Ours and the reference, each on a database of its own. `acknowledged`: events, by application."""

    def __init__(self, cluster: Cluster, plan: Plan, running: ExitStack) -> None:
        self._cluster, self._plan = cluster, plan
        self.people = 100_000 if plan.quick else 600_000
        cluster.new_database("events_of_nobody")
        cluster.execute(_PEOPLE.format(count=self.people), database="events_of_nobody")
        for name in ("ceiling", "growth", "reference_orm"):
            cluster.new_database(f"events_{name}", like="events_of_nobody")
        self.servers = {
            "growth": running.enter_context(growth_server(cluster, "events_growth", **_LIMITS)),
            "reference_orm": running.enter_context(
                reference_server(cluster, "events_reference_orm", "reference_events")
            ),
        }
        self.acknowledged = dict.fromkeys(self.servers, 0)
        self._next = dict.fromkeys(_PATHS, 1)  # number that a body is made with
        self.errors: list[str] = []

    def single(self, name: str, clients: int) -> dict[str, Any]:
        return self._load(name, _SINGLE, json.dumps(_EVENT), clients, self._plan.seconds, events=1)

    def batches(self, seconds: float) -> dict[str, Any]:
        of = ({"email": f"person-{{n}}{i:02}@example.org", "message_id": f"b-{{n}}-{i}"} for i in range(BATCH))
        body = json.dumps([_EVENT | each for each in of])
        return self._load("growth", _BATCHES, body, _BATCHERS, seconds, events=BATCH)

    def _load(self, name: str, path: str, body: str, clients: int, seconds: float, *, events: int) -> dict[str, Any]:
        server = self.servers[name]
        what = Load(server.port, "POST", path, "dev-service-key", clients, seconds, body)
        figures = load(self._cluster, server, replace(what, first=self._next[name, path]))
        self._next[name, path] += figures["requests"]
        self.acknowledged[name] += figures["requests"] * events
        figures["events_per_second"] = figures["per_second"] * events
        rows = int(self._cluster.execute(_COUNT, database=f"events_{name}"))
        if rows != self.acknowledged[name] or figures["statuses"].get("202") != figures["requests"]:
            told = f"{figures['statuses']} were answered, {rows} of {self.acknowledged[name]} events are there"
            self.errors.append(f"{name}: {told}")
        return figures

    def ceiling(self, script: str, clients: int) -> float:
        asked = script.format(most=self.people - BATCH, batch=BATCH)
        return self._cluster.pgbench(asked, database="events_ceiling", clients=clients, seconds=self._plan.seconds / 2)


def run(cluster: Cluster, plan: Plan) -> Result:
    """Measure single events of 16 clients, single ones of one client, batches, and what 200,000 events leave behind."""
    result = Result("events")
    with ExitStack() as running:
        them = _Applications(cluster, plan, running)
        for name in them.servers:
            them.single(name, CLIENTS)
        many, thrown = rounds(
            plan, list(them.servers), lambda: them.ceiling(_ONE, CLIENTS), lambda name: them.single(name, CLIENTS)
        )
        alone, more = rounds(plan, ["growth"], lambda: them.ceiling(_ONE, 1), lambda name: them.single(name, 1))
        hundred, most = rounds(
            plan, ["growth"], lambda: them.ceiling(_HUNDRED, _BATCHERS), lambda _: them.batches(plan.seconds)
        )
        result.rounds_thrown_away = thrown + more + most
        _flat(result, them, plan)
        result.errors += them.errors
    _tell_many(result, many)
    _tell_others(result, alone["growth"], hundred["growth"])
    return result


def _flat(result: Result, them: _Applications, plan: Plan) -> None:
    before, sent = them.servers["growth"].memory_mb(), them.acknowledged["growth"]
    wanted = sent + (_FLAT_OVER // 10 if plan.quick else _FLAT_OVER)
    while them.acknowledged["growth"] < wanted and not them.errors:
        them.batches(plan.seconds)
    grown, count = them.servers["growth"].memory_mb() / before, them.acknowledged["growth"] - sent
    what = f"memory after {count:,} more events"
    result.bars.append(Bar(what, f"≤ {_GROWN} times that before", f"{grown:.2f}", grown <= _GROWN))


def _tell_many(result: Result, kept: Mapping[str, list[Kept[dict[str, Any]]]]) -> None:
    for name, measured in kept.items():
        shown = ("per_second", "p50_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
        row: dict[str, Any] = {it.replace("_", " "): middle([one.found[it] for one in measured]) for it in shown}
        row |= {"ceiling/s": middle([one.ceiling for one in measured])}
        row["of the ceiling"] = middle([one.found["per_second"] / one.ceiling for one in measured])
        result.rows.append({"application": name} | row)
        result.rounds += [one.found | {"application": name, "ceilings": (one.before, one.after)} for one in measured]
    ours, theirs = result.rows
    share, times = ours["of the ceiling"], ours["per second"] / (theirs["per second"] or 1)
    slow = ours["p99 ms"] / (theirs["p99 ms"] or 1)
    result.bars += [
        Bar(
            "events of 16 clients against the bare database",
            f"≥ {_OF_CEILING:.2f}",
            f"{share:.3f}",
            share >= _OF_CEILING,
        ),
        Bar("the same against reference_orm", f"≥ {_OF_REFERENCE:.0f} times", f"{times:.2f}", times >= _OF_REFERENCE),
        Bar("their p99 against reference_orm's", f"≤ {_P99}", f"{slow:.2f}", slow <= _P99),
    ]


def _tell_others(result: Result, alone: list[Kept[dict[str, Any]]], hundred: list[Kept[dict[str, Any]]]) -> None:
    result.rounds += [one.found | {"application": "growth, one client"} for one in alone]
    result.rounds += [one.found | {"application": "growth, batches"} for one in hundred]
    took = middle([one.found["p50_ms"] * one.ceiling / 1000 for one in alone])
    rows = middle([one.found["events_per_second"] / (one.ceiling * BATCH) for one in hundred])
    rate = middle([one.found["events_per_second"] for one in hundred])
    result.bars += [
        Bar("p50 of one client against pgbench's", f"≤ {_ALONE:.0f} times", f"{took:.2f}", took <= _ALONE),
        Bar(
            f"events in batches of {BATCH} ({rate:,.0f}/s) against {BATCH}-row INSERTs",
            f"≥ {_OF_BATCHES}",
            f"{rows:.3f}",
            rows >= _OF_BATCHES,
        ),
    ]
