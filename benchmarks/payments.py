"""First payments that Stripe tells, to credits, by 16 clients: against the bare database and the ordinary way.

Each event is the first payment of another referred user; one request in ten sends an earlier event again.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.client import Load
from benchmarks.frame import (
    STRIPE_SECRET,
    Bar,
    Cluster,
    Kept,
    Plan,
    Result,
    Server,
    growth_server,
    load,
    middle,
    reference_server,
    rounds,
)

CLIENTS, _AGAIN_EVERY, _DAYS = 16, 10, 45
_OF_CEILING, _OF_REFERENCE, _OF_FIRST, _COMMITS = 0.20, 4.0, 1 / 3, 1.1
GENERATE = Path(__file__).parent / "many_referrals.sql"
_STRIPES = Path(__file__).parents[1] / "tests/data/webhooks/stripe/fixtures3.json"
# What a first payment writes, in one transaction, with nothing around it; whoever is drawn twice has paid twice.
_CEILING = """
\\set n random(1, {referrals})
\\set k (:n * 7919) % ({referrals} / 20)
SELECT uuidv7() AS event, uuidv7() AS payment, uuidv7() AS posted, uuidv7() AS one, uuidv7() AS other \\gset
BEGIN;
INSERT INTO inbox_event (id, source, event_id, topic, body, state, received_at)
VALUES (:event, 'stripe', 'evt_' || :event, 'invoice.paid', replace('{body}', '#', :n::text)::jsonb, 'received', now())
ON CONFLICT DO NOTHING;
SELECT clock_timestamp();
SELECT * FROM user_account WHERE stripe_customer_id = 'cus_invited-' || :n FOR NO KEY UPDATE;
INSERT INTO payment (id, source, external_id, user_id, customer_id, subscription_id, amount, currency, paid_at,
    received_at)
VALUES (:payment, 'stripe', 'in_' || :payment, 'invited-' || :n, 'cus_invited-' || :n, 'sub_' || :n, 4900, 'eur',
    now(), now())
ON CONFLICT DO NOTHING;
SELECT id AS referral FROM referral WHERE referred_user_id = 'invited-' || :n AND deleted_at IS NULL FOR UPDATE \\gset
INSERT INTO ledger_holder (id, user_id, country_code)
VALUES (:one, 'invited-' || :n, 'FR'), (:other, 'inviting-' || :k, 'FR')
ON CONFLICT (user_id) DO UPDATE SET country_code = ledger_holder.country_code;
INSERT INTO ledger_entry (at, transaction_id, account, unit, amount, reason, referral_id, idempotency_key)
SELECT now(), :posted, side.account, 'day', side.amount, 'first_payment', :referral, :posted || side.way || h.id
FROM ledger_holder h,
     LATERAL (VALUES ('programme:' || 'FR', -45, '/from/'), ('credit:' || h.id, 45, '/to/'))
         AS side (account, amount, way)
WHERE h.user_id IN ('invited-' || :n, 'inviting-' || :k);
UPDATE ledger_holder SET credit_until = greatest(credit_until, now()) + interval '45 days'
WHERE user_id IN ('invited-' || :n, 'inviting-' || :k);
UPDATE user_account SET tier = 'paid' WHERE id = 'invited-' || :n;
UPDATE referral SET status = 'converted', converted_at = now(), credited_at = now(), turn = turn + 1
WHERE id = :referral;
UPDATE inbox_event SET state = 'handled', settled_at = now(), attempts = 1 WHERE id = :event;
COMMIT;
"""
_CONVERTED = "SELECT count(*) FROM referral WHERE status = 'converted'"
_CREDIT = "SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account LIKE 'credit:%' AND unit = 'day'"
_ENDED = "SELECT xact_commit || ' ' || xact_rollback FROM pg_stat_database WHERE datname = '{name}'"
_START: Mapping[str, Callable[[Cluster, str], AbstractContextManager[Server]]] = {
    "growth": lambda cluster, name: growth_server(cluster, name, stripe_webhook_secret=STRIPE_SECRET, scheduler="off"),
    "reference_orm": lambda cluster, name: reference_server(cluster, name, "reference_payments"),
}


@dataclass(slots=True)
class _Application:
    """One that takes payments, on a database of its own. `sent`: distinct events; `requests`: all of them."""

    name: str
    cluster: Cluster
    server: Server
    sent: int = 0
    requests: int = 0
    errors: list[str] = field(default_factory=list)

    def measure(self, seconds: float) -> dict[str, Any]:
        """Load with payments, one in ten of them again."""
        return self._load(replace(self._of(seconds), again_every=_AGAIN_EVERY))

    def first_and_again(self, seconds: float) -> dict[str, Any]:
        """Load with first payments, then with those again."""
        first = self._of(seconds)
        found = self._load(first)
        again = self._load(replace(first, cycle=found["payments"]), fresh=False)
        return {"first": found, "again": again}

    def _of(self, seconds: float) -> Load:
        body = _event()
        return Load(
            self.server.port,
            "POST",
            "/webhooks/stripe",
            "-",
            CLIENTS,
            seconds,
            body,
            first=self.sent,
            secret=STRIPE_SECRET,
        )

    def _load(self, what: Load, *, fresh: bool = True) -> dict[str, Any]:
        """Load, and see whether every payment that was sent has converted its referral, and none besides."""
        figures = load(self.cluster, self.server, what)
        figures["payments"] = figures["requests"] - figures["again"] if fresh else 0
        figures["payments_per_second"] = figures["payments"] / figures["seconds"]
        self.sent += figures["payments"]
        self.requests += figures["requests"]
        converted = int(self.cluster.execute(_CONVERTED, database=self.database))
        if converted != self.sent or figures["statuses"].get("200") != figures["requests"]:
            told = f"{figures['statuses']} were answered, {converted} of {self.sent} payments have converted"
            self.errors.append(f"{self.name}: {told}")
        return figures

    @property
    def database(self) -> str:
        return f"payments_{self.name}"

    def credit(self) -> None:
        """See whether both sides of every conversion have their days."""
        days, due = int(self.cluster.execute(_CREDIT, database=self.database)), 2 * _DAYS * self.sent
        if days != due:
            self.errors.append(f"{self.name}: {days} days are on credit accounts, {due} are due")

    def ended(self) -> tuple[float, float]:
        """Return the commits and rollbacks a request, once the server has let go of its connections."""
        told = self.cluster.execute(_ENDED.format(name=self.database), database="postgres")
        commits, rollbacks = (int(number) / self.requests for number in told.split())
        return commits, rollbacks


def run(cluster: Cluster, plan: Plan) -> Result:
    """Measure both applications in turn, each on a copy of the same users and referrals."""
    result = Result("payments")
    referrals = 20_000 if plan.quick else 100_000
    cluster.new_database("payments_of_nobody")
    cluster.execute(f"\\set n {referrals}\n{GENERATE.read_text()}", database="payments_of_nobody")
    for name in ("ceiling", *_START):
        cluster.new_database(f"payments_{name}", like="payments_of_nobody")
    script = _CEILING.format(referrals=referrals, body=_event().replace("{n}", "#").replace("'", "''"))

    def ceiling() -> float:
        return cluster.pgbench(script, database="payments_ceiling", clients=CLIENTS, seconds=plan.seconds / 2)

    with ExitStack() as running:
        taking = {
            name: _Application(name, cluster, running.enter_context(start(cluster, f"payments_{name}")))
            for name, start in _START.items()
        }
        for each in taking.values():
            each.measure(plan.seconds)

        def measure(name: str) -> dict[str, Any]:
            if name in taking:
                return taking[name].measure(plan.seconds)
            return taking["growth"].first_and_again(plan.seconds / 2)

        kept, result.rounds_thrown_away = rounds(plan, [*taking, "first and again"], ceiling, measure)
    for each in taking.values():
        each.credit()
        result.errors += each.errors
    _tell(result, kept, {name: each.ended() for name, each in taking.items()})
    return result


def _event() -> str:
    """Return an event whose numbers are yet `{n}`, as large as Stripe's are."""
    stripes = json.loads(_STRIPES.read_text())["resources"]
    now = int(time.time())
    details = {"subscription": "sub_{n}", "metadata": {}}
    invoice = stripes["invoice"] | {
        "id": "in_{n}",
        "status": "paid",
        "amount_paid": 4_900,
        "currency": "eur",
        "billing_reason": "subscription_create",
        "customer": "cus_invited-{n}",
        "parent": {"type": "subscription_details", "subscription_details": details},
        "status_transitions": {"paid_at": now},
    }
    event = {"id": "evt_{n}", "type": "invoice.paid", "created": now, "data": {"object": invoice}}
    return json.dumps(stripes["event"] | event)


def _tell(
    result: Result, kept: Mapping[str, list[Kept[dict[str, Any]]]], ended: Mapping[str, tuple[float, float]]
) -> None:
    for name, (commits, rollbacks) in ended.items():
        measured = kept[name]
        shown = ("payments_per_second", "p50_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
        row = {it.replace("_", " "): middle([one.found[it] for one in measured]) for it in shown}
        row |= {"ceiling/s": middle([one.ceiling for one in measured]), "commits": commits, "rollbacks": rollbacks}
        row["of the ceiling"] = middle([one.found["payments_per_second"] / one.ceiling for one in measured])
        result.rows.append({"application": name} | row)
    result.rounds += [
        one.found | {"measured": name, "ceilings": (one.before, one.after)} for name in kept for one in kept[name]
    ]
    ours, theirs = result.rows
    share, commits = ours["of the ceiling"], ours["commits"]
    times = ours["payments per second"] / theirs["payments per second"] if theirs["payments per second"] else 0.0
    again = middle([_again(one.found) for one in kept["first and again"]])
    result.bars += [
        Bar("payments against the bare database", f"≥ {_OF_CEILING:.2f}", f"{share:.3f}", share >= _OF_CEILING),
        Bar("payments against reference_orm", f"≥ {_OF_REFERENCE:.0f} times", f"{times:.2f}", times >= _OF_REFERENCE),
        Bar("commits a request", f"1 (≤ {_COMMITS})", f"{commits:.2f}", commits <= _COMMITS),
        Bar("an event again against the first time", f"≤ {_OF_FIRST:.2f}", f"{again:.2f}", 0 < again <= _OF_FIRST),
    ]


def _again(found: Mapping[str, Mapping[str, float]]) -> float:
    """Return what a request costs that sends an event again, by what the first one costs."""
    first, again = found["first"]["per_second"], found["again"]["per_second"]
    return first / again if again else 0.0
