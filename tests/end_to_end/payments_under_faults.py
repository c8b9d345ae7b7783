"""P1 to P5, P9: money told to two servers on one database: all copies at once, much later, and while things die.

What came of it is asked of the API alone.
"""

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import httpx2
from outages import Cluster
from processes import Database, Process, Server, ending, until
from tests.api.conftest import ADMIN, OPS, Service
from tests.api.programme import SECRET, Programme, linked, paid, refund, signed

from growth.adapters.db.migrate import upgrade

REPEATING = 4  # clients that tell old events again while the database dies
STREAK = 50  # successes without a failure between: more than two pools have connections


class TwoServers:
    """Two servers on one database, and the programme as the main application sees it through the first."""

    def __init__(self, folder, url):
        limits = {"rate_limit": 10**9, "address_rate_limit": 10**9}
        common = {"database_url": url, "env": "test", "stripe_webhook_secret": SECRET, **limits}
        self.servers = [Server(folder / f"{name}.log", **common) for name in "ab"]
        self._folder, self._common = folder, common
        self.client = httpx2.AsyncClient(base_url=self.servers[0].url, trust_env=False, timeout=60)
        self.programme = Programme(Service(None, None, self.client))

    async def ready(self):
        for server in self.servers:
            await server.ready()

    async def invite(self, number):
        """Make that many pairs of users, each with a referring user of its own; return {referred: referral}."""
        names = iter([f"u{n}" for n in range(number)])
        made = {}

        async def work():
            for name in names:
                made[name] = await self.programme.pair(f"r{name}", name)

        await asyncio.gather(*(work() for _ in range(8)))
        return made

    async def credited(self, pairs):
        """Count the pairs by (the referral's status, the referred user's days, the referring user's days)."""
        names, found = iter(list(pairs)), Counter()

        async def work():
            for name in names:
                status = (await self.programme.referral(pairs[name]))["status"]
                days = [(await self.programme.days(side)).get("credit", 0) for side in (name, f"r{name}")]
                found[status, *days] += 1

        await asyncio.gather(*(work() for _ in range(8)))
        return found

    async def reasons(self):
        """Count the events that are kept, by their state and the reason of it."""
        found, cursor = Counter(), {}
        while True:
            query = {"limit": 200} | cursor
            page = await self.programme.ask("GET", "/v1/inbox", role=OPS, params=query)
            found.update((item["state"], item["reason"]) for item in page["items"])
            if not page["next_cursor"]:
                return found
            cursor = {"cursor": page["next_cursor"]}

    async def new_key(self):
        """Return the key of another administrator."""
        return (await self._command("keys create admin another")).split()[-1]

    async def proved(self):
        """See that the API and the command line prove the books, and that no invariant is broken."""
        await self.ready()
        await self.programme.proved()
        assert "everything fits" in await self._command("ledger check")

    async def _command(self, command):
        log = self._folder / f"{command}.log"
        running = Process(command, log, **self._common)
        running.start()
        assert await running.ended(60) == 0, log.read_text()
        return log.read_text()

    async def entries(self):
        return (await self.programme.ask("GET", "/v1/ledger/check", role=ADMIN))["entries"]


@asynccontextmanager
async def two_servers(folder, url):
    """Run both; when the block has gone well, the books are proved, too."""
    two = TwoServers(folder, url)
    with ending(*two.servers):
        for server in two.servers:
            server.start()
        await two.ready()
        async with two.client:
            yield two
            await two.proved()


@dataclass
class Stripe:
    """Tells events to one server, then to the other, and again, until one of them says that it has it.

    `refused`: nobody listened; `broken`: sent, and no answer came; `problems`: answers that nobody may give.
    """

    servers: list
    connections: int
    answers: Counter = field(default_factory=Counter)
    refused: int = 0
    broken: int = 0
    problems: list = field(default_factory=list)
    last_success: float = 0.0
    streak: int = 0

    def __post_init__(self):
        limits = httpx2.Limits(max_connections=self.connections, max_keepalive_connections=self.connections)
        self._client = httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._client.aclose()

    async def flood(self, events):
        """Tell all events once, on all connections at the same time."""
        events = iter(events)

        async def work(server):
            for event in events:
                await self._tell(event, server)

        await asyncio.gather(*(work(self.servers[n % 2]) for n in range(self.connections)))

    async def deliver(self, event, first=0):
        """Tell an event until it is acknowledged; never again after that."""
        for turn in count(first):
            if await self._tell(event, self.servers[turn % 2]):
                return
            await asyncio.sleep(0.05)

    async def _tell(self, event, server):
        content, header = signed(event)
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        try:
            answer = await self._client.post(f"{server.url}/webhooks/stripe", content=content, headers=headers)
        except httpx2.ConnectError:
            self.refused, self.streak = self.refused + 1, 0
            return False
        except httpx2.TransportError:
            self.broken, self.streak = self.broken + 1, 0
            return False
        self.answers[answer.status_code] += 1
        self.streak = self.streak + 1 if answer.is_success else 0
        if answer.is_success:
            self.last_success = time.monotonic()
        elif answer.status_code != 503 or "retry-after" not in answer.headers:
            self.problems.append(answer.text)
        return answer.is_success


@dataclass(frozen=True)
class Outcome:
    """`answers`: by status; `conversions` and `days`: what the referral became; `reasons`: what the events did."""

    answers: Counter
    conversions: int
    days: int
    entries: int
    reasons: Counter
    seconds: float


async def tell_at_once(folder, url, *, ids, copies, connections, chance):
    """Tell one first payment by so many event ids, so many times each, all mixed up; return the `Outcome`."""
    async with two_servers(folder, url) as two:
        await two.programme.pair()
        at = await two.programme.now()
        events = [paid("bob", at=at, id=f"evt_{n}") for n in range(ids)] * copies
        chance.shuffle(events)
        async with Stripe(two.servers, connections) as stripe:
            begun = time.monotonic()
            await stripe.flood(events)
            took = time.monotonic() - begun
        both = [await two.programme.days(side) for side in ("bob", "rita")]
        return Outcome(
            answers=stripe.answers,
            conversions=(await two.programme.profile("rita"))["counts"]["converted"],
            days=sum(sum(days.values()) for days in both),
            entries=await two.entries(),
            reasons=await two.reasons(),
            seconds=took,
        )


LATER = (timedelta(hours=25), timedelta(days=8), timedelta(days=400))


async def tell_again_later(folder, url, *, copies, connections):
    """Tell a payment, and another with its refund, again after each time of `LATER`, old events purged or not.

    Return (the events' answers, new entries after each, what all that was told after the purges did).
    """
    async with two_servers(folder, url) as two:
        programme, added, did = two.programme, [], Counter()
        await programme.pair()
        await programme.pair("rosa", "ben")
        at = await programme.now()
        events = [paid("bob", at=at), paid("ben", at=at), linked("ben", at=at), refund("ben", at=at)]
        database = await Database.of(url)
        async with Stripe(two.servers, connections) as stripe:
            with ending(database):
                for event in events:
                    await stripe.deliver(event)
                before = await two.entries()
                for delta in LATER:
                    await programme.move(delta - (await programme.now() - at))
                    await stripe.flood(events * copies)
                    await database.value("DELETE FROM inbox_event")
                    renamed = [event | {"id": f"{event['id']}_{delta.days}"} for event in events[:2]]
                    await stripe.flood((events + renamed) * copies)
                    did += await two.reasons()
                    added.append(await two.entries() - before)
        assert await programme.days("bob") == await programme.days("rita") == {"credit": 45}
        assert await programme.days("ben") == await programme.days("rosa") == {}
        return stripe.answers, added, did


async def kill_servers_under_payments(folder, url, chance, *, payments, kills):
    """Kill one server, then the other, anywhere in the payments that it was told; Stripe tells them again.

    Return (Stripe, the pairs of users by what they got, how many kills cut off a request).
    """
    async with two_servers(folder, url) as two:
        pairs, cuts = await two.invite(payments), 0
        at, names = await two.programme.now(), list(pairs)
        async with Stripe(two.servers, 100) as stripe:
            for kill in range(kills):
                victim, before = two.servers[kill % 2], stripe.broken
                await victim.ready()
                tasks = [asyncio.create_task(stripe.deliver(paid(name, at=at), kill)) for name in names[kill::kills]]
                enough = chance.randint(0, len(tasks))  # a time would mostly hit the first, slow answers
                await until(lambda tasks=tasks, enough=enough: sum(task.done() for task in tasks) >= enough, 20)
                await asyncio.sleep(chance.uniform(0, 0.05))
                victim.kill()
                victim.start()
                await asyncio.gather(*tasks)
                cuts += stripe.broken > before
        await two.ready()
        return stripe, await two.credited(pairs), cuts


async def kill_the_database_under_payments(folder, chance, *, payments, kills):
    """Kill the database under payments, and start it again; the servers are let alone.

    Return (Stripe, the pairs of users by what they got, seconds from the database's start to the first success).
    """
    cluster, back = Cluster(folder / "pg"), []
    await asyncio.to_thread(cluster.start)
    await asyncio.to_thread(upgrade, cluster.url)
    with ending(cluster):
        async with two_servers(folder, cluster.url) as two, Stripe(two.servers, 100) as stripe:
            pairs = await two.invite(payments)
            at, names, tasks, told = await two.programme.now(), list(pairs), [], []
            repeating = [asyncio.create_task(_tell_again(stripe, told, chance)) for _ in range(REPEATING)]
            for kill in range(kills):
                some = [paid(name, at=at) for name in names[kill::kills]]
                tasks += [asyncio.create_task(stripe.deliver(event, kill)) for event in some]
                told += some
                await asyncio.sleep(chance.uniform(0, 0.1))
                await asyncio.to_thread(cluster.kill)
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                await asyncio.to_thread(cluster.start)
                begun = time.monotonic()
                await until(lambda begun=begun: stripe.last_success > begun, 30, lambda: str(stripe.answers))
                back.append(stripe.last_success - begun)
                await until(lambda: stripe.streak >= STREAK, 10, lambda: f"still failing: {stripe.answers}")
            await asyncio.gather(*tasks)
            for task in repeating:
                task.cancel()
            await asyncio.gather(*repeating, return_exceptions=True)
            await two.ready()
            return stripe, await two.credited(pairs), max(back)


async def _tell_again(stripe, told, chance):
    """Go on telling what was told before, as Stripe now and then does."""
    while True:
        if told:
            await stripe.deliver(chance.choice(told), chance.randrange(2))
        await asyncio.sleep(0.02)


GRANT = {"user_id": "ada", "days": 10, "reason": "a long wait"}
KEY = {"Idempotency-Key": "grant-1"}


async def grant_at_once(folder, url, *, copies):
    """Give one grant so often at once with one key, then with another body, then as another caller.

    Return (the answers by status and code, how many different successes, the days after each of the three, the
    answers to the last two).
    """
    async with two_servers(folder, url) as two:
        await two.programme.user("ada")
        another = {"Authorization": f"Bearer {await two.new_key()}"}
        async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=httpx2.Limits(max_connections=100)) as client:

            async def grant(turn=0, headers=ADMIN, **change):
                target = f"{two.servers[turn % 2].url}/v1/credits/grants"
                return await client.post(target, json=GRANT | change, headers=headers | KEY)

            async def days():
                return (await two.programme.days("ada")).get("credit", 0)

            answers = await asyncio.gather(*(grant(turn) for turn in range(copies)))
            answers += [await grant(turn) for turn in range(2)]
            after, others = [await days()], []
            for headers, change in ((ADMIN, {"days": 11}), (another, {})):
                others.append(_told(await grant(headers=headers, **change)))
                after.append(await days())
        successes = {answer.text for answer in answers if answer.is_success}
        return Counter(map(_told, answers)), len(successes), after, others


def _told(answer):
    return answer.status_code, answer.json().get("code")


async def repeat_a_grant_whose_answer_is_gone(folder, url, *, killed):
    """Give a grant, lose its kept answer, and send it again; return the days.

    `killed`: the server died between the grant and its answer. Else housekeeping has thrown the answer away.
    """
    async with two_servers(folder, url) as two:
        await two.programme.user("ada")
        database, other = await Database.of(url), await Database.of(url)
        with ending(database, other):
            if killed:
                await _die_before_the_answer(two, database, other)
            else:
                await two.servers[0].call("POST", "/v1/credits/grants", json=GRANT, headers=ADMIN | KEY)
                await database.value("DELETE FROM idempotent_answer")
        await two.servers[1].call("POST", "/v1/credits/grants", json=GRANT, headers=ADMIN | KEY)
        await two.ready()
        return (await two.programme.days("ada"))["credit"]


async def _die_before_the_answer(two, database, other):
    """Kill the first server when it has given the grant and has not yet kept its answer."""
    victim = two.servers[0]
    await database.value("BEGIN")
    await database.value("SELECT id FROM user_account WHERE id = 'ada' FOR UPDATE")  # the grant waits for it
    asking = asyncio.create_task(victim.call("POST", "/v1/credits/grants", json=GRANT, headers=ADMIN | KEY))
    await until(lambda: other.value("SELECT true FROM idempotent_answer"), 10)
    await other.value("BEGIN")
    await other.value("SELECT key FROM idempotent_answer FOR UPDATE")  # and its answer for this
    await database.value("COMMIT")
    await until(lambda: database.value("SELECT true FROM ledger_entry"), 10)
    victim.kill()
    await asyncio.gather(asking, return_exceptions=True)
    await other.value("COMMIT")
    await database.value("UPDATE idempotent_answer SET leased_until = clock_timestamp()")
    victim.start()
