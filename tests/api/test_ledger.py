"""P8: entries are only ever added and sum to zero, and every window is the fold of its entries, at every step."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url
from tests.api.conftest import ADMIN, OPS, SERVICE
from tests.api.programme import Programme, dispute, linked, paid, refund, signed

DAY = timedelta(days=1)
ENTRY = (
    "INSERT INTO ledger_entry (at, transaction_id, account, unit, amount, reason, idempotency_key) "
    "VALUES (now(), $1, $2, $3, $4, 'grant', $5)"
)

COPY = (
    "INSERT INTO ledger_entry (at, transaction_id, account, unit, amount, reason, idempotency_key) "
    "SELECT at, transaction_id, account, unit, amount, reason, idempotency_key FROM ledger_entry"
)
ATTACKS = [
    "UPDATE ledger_entry SET amount = 0 WHERE amount > 0",
    "UPDATE ledger_entry SET at = at",
    "UPDATE ledger_entry SET note = 'x' WHERE false",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)",
    "TRUNCATE ledger_entry",
    "TRUNCATE referral CASCADE",
    "WITH gone AS (DELETE FROM ledger_entry RETURNING *) SELECT count(*) FROM gone",
    "MERGE INTO ledger_entry e USING (VALUES (1)) AS v ON true WHEN MATCHED THEN DELETE",
    f"{COPY} ON CONFLICT (idempotency_key) DO UPDATE SET amount = excluded.amount + 1",
]


@pytest.fixture
def programme(service):
    return Programme(service)


@pytest.fixture
async def owner(database_url):
    """A connection of the tables' owner, which may do everything that an owner may."""
    connection = await asyncpg.connect(make_url(database_url).set(drivername="postgresql").render_as_string(False))
    yield connection
    await connection.close()


@pytest.mark.parametrize("role", ["origin", "replica", "local"])
async def test_nobody_changes_an_entry_not_even_the_owner(programme, owner, role):
    await programme.pair()
    await programme.pay("bob")
    before = await owner.fetch("SELECT * FROM ledger_entry ORDER BY id")
    await owner.execute(f"SET session_replication_role = {role}")
    for attack in ATTACKS:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await owner.execute(attack)
    assert await owner.fetch("SELECT * FROM ledger_entry ORDER BY id") == before != []
    await programme.proved()


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([("programme:FR", "day", -5)], id="one side"),
        pytest.param([("programme:FR", "day", -5), ("capped:FR", "day", 4)], id="a day short"),
        pytest.param([("programme:FR", "day", -5), ("capped:FR", "EUR cent", 5)], id="of two units"),
    ],
)
async def test_what_does_not_balance_is_refused_at_commit(programme, owner, entries, role):
    await owner.execute(f"SET session_replication_role = {role}")
    unbalanced = owner.transaction()
    await unbalanced.start()
    transaction = uuid4()
    for number, entry in enumerate(entries):
        await owner.execute(ENTRY, transaction, *entry, f"by-hand/{number}")
    with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
        await unbalanced.commit()
    assert await owner.fetchval("SELECT count(*) FROM ledger_entry") == 0


async def test_nothing_is_added_to_a_transaction_that_balances(programme, owner):
    await programme.pair()
    await programme.pay("bob")
    transaction = await owner.fetchval("SELECT transaction_id FROM ledger_entry LIMIT 1")
    with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
        await owner.execute(ENTRY, transaction, "programme:FR", "day", -1, "by-hand")
    await programme.proved()


async def test_the_check_names_an_account_whose_window_was_changed(programme, owner):
    await programme.pair()
    await programme.pay("bob")
    holder = await owner.fetchval("SELECT id FROM ledger_holder WHERE user_id = 'rita'")
    change = "UPDATE ledger_holder SET credit_until = {} WHERE user_id = 'rita'"
    kept = await owner.fetchval("SELECT credit_until FROM ledger_holder WHERE user_id = 'rita'")
    for wrong in ("credit_until + interval '1 microsecond'", "credit_until - interval '1 day'", "NULL"):
        await owner.execute(change.format(wrong))
        found = await programme.ask("GET", "/v1/ledger/check", role=ADMIN)
        assert (found["ok"], [fault["account"] for fault in found["faults"]]) == (False, [f"credit:{holder}"])
        await owner.execute(change.format("$1::timestamptz"), kept)
    await programme.proved()


@pytest.mark.parametrize("table", ["ledger_entry_balanced", "ledger_entry_append_only"])
async def test_the_check_finds_what_came_past_the_database_rules(programme, owner, table):
    await programme.pair()
    await programme.pay("bob")
    await owner.execute(f"ALTER TABLE ledger_entry DISABLE TRIGGER {table}")
    if table == "ledger_entry_balanced":
        forged = uuid4()
        await owner.execute(ENTRY, forged, "capped:FR", "day", 3, "by-hand")
        accounts = {"all accounts", f"transaction {forged}"}
    else:
        await owner.execute("DELETE FROM ledger_entry WHERE reason = 'first_payment'")
        holders = await owner.fetch("SELECT id FROM ledger_holder")
        accounts = {f"credit:{holder['id']}" for holder in holders}
    found = await programme.ask("GET", "/v1/ledger/check", role=ADMIN)
    assert {fault["account"] for fault in found["faults"]} == accounts


async def pay_in_parallel(programme, count):
    """So many users whom one person has referred pay at once; return the answers and the days of both sides."""
    await programme.user("rita")
    names = [f"bob{number}" for number in range(count)]
    referrals = []
    for name in names:
        await programme.user(name)
        referrals.append((await programme.invite("rita", name))["referral_id"])
    now = await programme.now()
    answers = Counter(await asyncio.gather(*(until_heard(programme, paid(name, at=now)) for name in names)))
    return answers, await programme.days("rita"), [await programme.days(name) for name in names]


async def until_heard(programme, event):
    """Send an event as Stripe does, again while it is told to come later; return the last status."""
    content, header = signed(event)
    for _ in range(100):
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        answer = await programme.service.client.post("/webhooks/stripe", content=content, headers=headers)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.05)
    return answer.status_code


async def test_a_hundred_who_pay_at_once_give_their_referrer_4500_days(programme):
    answers, hers, theirs = await pay_in_parallel(programme, 100)
    assert (answers, hers) == ({200: 100}, {"credit": 4_500})
    assert theirs == [{"credit": 45}] * 100
    assert await programme.left("rita") == 4_500
    await programme.proved()


def replayed(entries):
    """The ends of windows by their entries alone: grants run on, what is taken back shortens, used days do nothing."""
    ends = {}
    for entry in entries:
        if entry.account.startswith("credit:") and entry.reason != "used":
            until = ends.get(entry.account, entry.at)
            if entry.amount > 0:
                ends[entry.account] = max(until, entry.at) + entry.amount * DAY
            else:
                ends[entry.account] = max(until + entry.amount * DAY, entry.at)
    return ends


class Walk:
    """Random steps over everything that moves days and money, several at once, and a proof after each."""

    def __init__(self, programme, seed):
        self.programme, self.ask, self.client = programme, programme.ask, programme.service.client
        self.random, self.people, self.payments, self.contracts = Random(seed), [], [], 0
        self.done, self.owed = Counter(), []

    async def call(self, method, path, body=None, role=ADMIN):
        for _ in range(100):
            answer = await self.client.request(method, path, json=body, headers=role)
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.05)
        assert answer.status_code in {200, 201, 204, 404, 409}, (method, path, body, answer.text)
        return answer

    async def steps(self, at_once):
        """Let some time pass or none, take some steps at once; then all must fit."""
        if self.random.random() < 0.3:
            await self.programme.move(timedelta(hours=self.random.randint(1, 400)))
        kinds = [name for name in dir(self) if name.startswith("do_")]
        chosen = [self.random.choice(kinds) for _ in range(at_once)]
        people = [self.random.sample(self.people, 2) for _ in chosen]
        self.done.update(chosen)
        await asyncio.gather(*(getattr(self, name)(*two) for name, two in zip(chosen, people, strict=True)))
        await self.prove()

    async def prove(self):
        found = await self.ask("GET", "/v1/ledger/check", role=ADMIN)
        assert found["ok"], (found, self.done)
        entries, holders = [await self.programme.service.world.rows(it) for it in ("ledger_entry", "ledger_holder")]
        assert found["entries"] == len(entries)
        ends = replayed(entries)
        assert {f"credit:{it.id}": it.credit_until for it in holders if it.credit_until} == ends
        now = await self.programme.now()
        owed = sum(max(0, -((now - until) // DAY)) for until in ends.values())
        found = await self.ask("GET", "/v1/ledger/liability", role=ADMIN, params={"at": now.isoformat()})
        assert sum(it["days"] for it in found["items"]) == owed
        self.owed.append((now, found["items"]))

    async def referral(self, **wanted):
        listed = await self.ask("GET", "/v1/referrals", role=OPS, params=wanted)
        return self.random.choice(listed["items"])["id"] if listed["items"] else str(uuid4())

    async def hear(self, event):
        assert await until_heard(self.programme, event) == 200

    async def join(self, mailbox=None):
        name = f"u{len(self.people)}"
        self.people.append(name)
        await self.programme.user(name, email=f"{mailbox or name}@example.org")
        return name

    async def do_invite(self, one, other):
        code = (await self.call("GET", f"/v1/referral-profiles/{one}", role=SERVICE)).json()["referral_code"]
        await self.call("POST", "/v1/referrals", {"referred_user_id": other, "referral_code": code}, SERVICE)

    async def do_bring(self, one, _other):
        await self.do_invite(one, await self.join())

    async def do_bring_a_payer(self, one, _other):
        name = await self.join()
        await self.do_invite(one, name)
        await self.do_pay(name, None)

    async def do_bring_himself(self, one, _other):
        name = await self.join(mailbox=one)
        await self.do_invite(one, name)
        await self.do_pay(name, None)

    async def do_bring_a_signer(self, one, _other):
        name = await self.join()
        await self.do_invite(one, name)
        await self.do_sign(name, None)

    async def do_pay(self, one, _other):
        number = len(self.payments) + 1
        self.payments.append((one, number))
        for event in (paid(one, number, at=await self.programme.now()), linked(one, number)):
            await self.hear(event)

    async def of_some_payment(self):
        payment = self.random.choice(self.payments[-6:])
        return dict(zip(("name", "number", "at"), (*payment, await self.programme.now()), strict=True))

    async def do_refund(self, _one, _other):
        await self.hear(refund(**await self.of_some_payment()))

    async def do_fail_refund(self, _one, _other):
        await self.hear(refund(status="failed", type="refund.failed", **await self.of_some_payment()))

    async def do_lose_dispute(self, _one, _other):
        if self.random.random() < 0.3:
            await self.hear(dispute(status="lost", type="charge.dispute.closed", **await self.of_some_payment()))

    async def do_grant(self, one, _other):
        body = {"user_id": one, "days": self.random.randint(1, 40), "reason": "a walk"}
        await self.call("POST", "/v1/credits/grants", body)

    async def do_merge(self, one, other):
        await self.call("POST", "/v1/referral-profiles/merge", {"duplicated_user_id": one, "existing_user_id": other})

    async def do_reassign(self, one, other):
        await self.call("POST", "/v1/referral-profiles/reassign", {"from_user_id": one, "to_user_id": other})

    async def do_delete(self, _one, _other):
        if self.random.random() < 0.5:
            await self.call("DELETE", f"/v1/referrals/{await self.referral()}")

    async def do_delete_profile(self, one, _other):
        if self.random.random() < 0.3:
            await self.call("DELETE", f"/v1/referral-profiles/{one}")

    async def do_review(self, _one, _other):
        body = {"decision": self.random.choice(["release", "reject"]), "reason": "a walk"}
        await self.call("POST", f"/v1/referrals/{await self.referral(status='held')}/review", body)

    async def do_sign(self, one, _other):
        self.contracts += 1
        ref, signed_at = f"c{self.contracts}", (await self.programme.now()).isoformat()
        body = {"user_id": one, "country_code": "FR", "reward_type": "company", "start_date": "2026-01-01"}
        await self.call("PUT", f"/v1/contracts/{ref}", body | {"signed_at": signed_at}, SERVICE)

    async def do_consume(self, _one, _other):
        await self.call("POST", f"/v1/referrals/{await self.referral(status='contracted')}/consume", {})

    async def do_pay_out(self, _one, _other):
        body = {"paid_at": "2026-11-23T00:00:00Z", "reference": f"SEPA {self.random.randint(1, 5)}"}
        await self.call("POST", f"/v1/referrals/{await self.referral(status='rewarded')}/payout", body)


async def walk(programme, seed, steps, at_once):
    """Walk; return how often each step was taken, why entries were made, and what was owed on the way."""
    walking = Walk(programme, seed)
    for _ in range(3):
        await walking.do_pay(await walking.join(), None)
    for _ in range(steps):
        await walking.steps(at_once)
    reasons = {entry.reason for entry in await programme.service.world.rows("ledger_entry")}
    return walking.done, reasons, walking.owed


@pytest.mark.parametrize(("seed", "at_once"), [(1, 1), (2, 4)])
async def test_everything_fits_at_every_step_of_a_random_walk(programme, seed, at_once):
    taken, reasons, owed = await walk(programme, seed, 60, at_once)
    assert taken.total() == 60 * at_once
    assert len(reasons) >= 8, "it came through most of what can happen"
    for at, items in owed:  # the past stays what it was
        asked = {"at": at.isoformat()}
        assert (await programme.ask("GET", "/v1/ledger/liability", role=ADMIN, params=asked))["items"] == items


async def test_what_was_owed_at_an_instant_is_told_for_ever(programme):
    referral = await programme.pair()
    await programme.contract("c1", "bob", signed_at=(await programme.now()).isoformat())
    start = await programme.now()
    await programme.move(DAY)
    await programme.ask("POST", f"/v1/referrals/{referral}/consume", {}, role=SERVICE)
    await programme.ask(
        "POST", "/v1/credits/grants", {"user_id": "bob", "days": 10, "reason": "x"}, role=ADMIN, status=201
    )
    granted = await programme.now()
    await programme.move(4 * DAY)
    await programme.ask(
        "POST", f"/v1/referrals/{referral}/payout", {"paid_at": start.isoformat(), "reference": "S"}, role=SERVICE
    )
    await programme.move(30 * DAY)
    for at, days, cents in [
        (start, 0, 0),
        (granted, 10, 5_000),
        (granted + 3 * DAY, 7, 5_000),
        (granted + 5 * DAY, 5, 0),
        (granted + 11 * DAY, 0, 0),
    ]:
        found = await programme.ask(
            "GET", "/v1/ledger/liability", role=ADMIN, params={"at": at.isoformat(), "country_code": "FR"}
        )
        assert [(it["days"], it["amounts"][0]["amount_cents"]) for it in found["items"]] == [(days, cents)], at


async def test_nobody_is_rewarded_for_the_contract_of_somebody_else(programme):
    referral = await programme.pair()
    await programme.user("eve")
    await programme.contract("c1", "eve", signed_at=(await programme.now()).isoformat())
    refused = await programme.service.refused("PUT", f"/v1/referrals/{referral}/contract", {"contract_ref": "c1"})
    assert refused[0] == "foreign-contract"
