"""`GET /v1/referral-profiles/{user}`: does it matter whether one has made 10 referrals or 1,000?"""

from collections.abc import Mapping
from typing import Any

from benchmarks.client import Load
from benchmarks.frame import Bar, Cluster, Kept, Plan, Result, growth_server, load, middle, rounds
from benchmarks.payments import GENERATE

_DATABASE, _CLIENTS, _MOST = "profiles", 16, 3.0
_FEW, _MANY = 10, 1_000
_CEILING = "SELECT * FROM referral_profile WHERE user_id = 'with-10';"
# One with :sent referrals beside all others: of ten, four have paid, two have a contract, and one was paid for.
_SENT = """
SET session_replication_role = replica;
INSERT INTO user_account (id, email, full_name, country_code, tier, created_at)
SELECT id, id || '@example.org', 'Rita Example', 'FR', 'free', now() - interval '40 days'
FROM (SELECT 'with-{sent}' AS id UNION ALL SELECT 'by-{sent}-' || i FROM generate_series(1, {sent}) AS i) AS somebody;
INSERT INTO referral_profile (user_id, country_code, referral_code, created_at)
VALUES ('with-{sent}', 'FR', 'W{sent}', now() - interval '40 days');
INSERT INTO ledger_holder (id, user_id, country_code, credit_until)
VALUES (uuidv7(), 'with-{sent}', 'FR', now() + interval '30 days');
INSERT INTO referral (id, referred_user_id, referring_user_id, referred_country_code, terms_version, status,
                      created_at, referred_contract_ref, referring_user_has_received_amount, converted_at, credited_at,
                      turn, held_for)
SELECT uuidv7(), 'by-{sent}-' || i, 'with-{sent}', 'FR', '2016-1',
       CASE WHEN i % 10 < 4 THEN 'converted' WHEN i % 10 < 6 THEN 'rewarded' ELSE 'created' END,
       now() - interval '1 day' * (i % 60), CASE WHEN i % 10 IN (4, 5) THEN 'contract-' || i END, i % 10 = 4,
       CASE WHEN i % 10 < 4 THEN now() - interval '1 day' * (i % 60) END,
       CASE WHEN i % 10 < 4 THEN now() - interval '1 day' * (i % 60) END, 1, '{{}}'
FROM generate_series(1, {sent}) AS i;
INSERT INTO ledger_entry (at, transaction_id, account, unit, amount, reason, referral_id, idempotency_key)
SELECT now(), r.id, side.account, side.unit, side.amount, side.reason, r.id, r.id || side.account || side.amount
FROM referral r JOIN ledger_holder h ON h.user_id = r.referring_user_id,
     LATERAL (VALUES ('programme:FR', 'day', -45, 'first_payment', 'converted'),
                     ('credit:' || h.id, 'day', 45, 'first_payment', 'converted'),
                     ('programme:FR', 'EUR cent', -5000, 'referrer_amount', 'rewarded'),
                     ('owed:' || h.id, 'EUR cent', 5000, 'referrer_amount', 'rewarded')
             ) AS side (account, unit, amount, reason, status)
WHERE r.referring_user_id = 'with-{sent}' AND r.status = side.status;
INSERT INTO referral_visit (referral_code, day, visits)
SELECT 'W{sent}', current_date - i, 3 FROM generate_series(1, 60) AS i;
"""


def run(cluster: Cluster, plan: Plan) -> Result:
    """Read both profiles in turn, among 100,000 referrals of others."""
    result = Result("profiles")
    cluster.new_database(_DATABASE)
    others = 20_000 if plan.quick else 100_000
    cluster.execute(f"\\set n {others}\n{GENERATE.read_text()}", database=_DATABASE)
    for sent in (_FEW, _MANY):
        cluster.execute(_SENT.format(sent=sent), database=_DATABASE)
    cluster.execute("VACUUM ANALYZE", database=_DATABASE)
    with growth_server(cluster, _DATABASE, scheduler="off") as server:

        def measure(name: str) -> dict[str, Any]:
            path = f"/v1/referral-profiles/with-{name}"
            what = Load(server.port, "GET", path, "dev-service-key", _CLIENTS, plan.seconds / 2)
            figures = load(cluster, server, what)
            if figures["statuses"].get("200") != figures["requests"]:
                result.errors.append(f"the profile with {name} referrals answered {figures['statuses']}")
            return figures

        def ceiling() -> float:
            return cluster.pgbench(_CEILING, database=_DATABASE, clients=_CLIENTS, seconds=plan.seconds / 4)

        names = [str(sent) for sent in (_FEW, _MANY)]
        for name in names:
            measure(name)
        kept, result.rounds_thrown_away = rounds(plan, names, ceiling, measure)
    _tell(result, kept)
    return result


def _tell(result: Result, kept: Mapping[str, list[Kept[dict[str, Any]]]]) -> None:
    took = []
    for name, measured in kept.items():
        took.append(middle([1000 / one.found["per_second"] for one in measured]))
        shown = ("per_second", "p50_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
        row: dict[str, Any] = {it.replace("_", " "): middle([one.found[it] for one in measured]) for it in shown}
        result.rows.append({"referrals": name} | row | {"ms a request": took[-1]})
        result.rounds += [one.found | {"referrals": name, "ceilings": (one.before, one.after)} for one in measured]
    few, many = took
    ratio = many / few if few else float("inf")
    what, bar = f"a profile with {_MANY:,} referrals", f"≤ {_MOST:.0f} times one with {_FEW}"
    result.bars.append(Bar(what, bar, f"{ratio:.2f} times", 0 < ratio <= _MOST))
