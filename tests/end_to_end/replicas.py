"""J8, S1, S2, S7, S8, J3, J4: two servers on one database."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from processes import Database, Dialer, Process, Server, ending, local, until
from world import campaign, configuration, estimate, leads_csv

TIMES = ("10:00-13:00", "14:00-17:00", "17:00-20:00")
DAYS = ("mon", "tue", "wed", "thu", "fri")
SLOTS = [f"{day} {time_}" for day in DAYS for time_ in TIMES]
MONDAY = local("2026-11-23T00:00")
KINDS = {"PVI": {}, "PVB": {"buys_first": True}, "PQSC": {"postal_code": "59000"}}
CREATE = "/api/v2/voice/campaigns/"


class Pair:
    """Two servers, one dialer, three campaigns in the same slots, `people` leads for each, of `places` by turns."""

    def __init__(self, folder, url, *, people, maximum, slots=SLOTS, places=({},)):
        file = folder / "campaigns.toml"
        campaigns = [campaign(kind, kind, 701 + n, slots, maximum) for n, kind in enumerate(KINDS)]
        file.write_text('[pqsc]\nbelow_eur = 1\nmedia_zones = ["59"]\n\n' + configuration(*campaigns, capacity=1_000))
        common = {"database_url": url, "env": "test", "campaigns_file": file}
        self.dialer = Dialer(folder / "dialer.log", **common)
        self.servers = [Server(folder / f"{n}.log", sandbox_url=self.dialer.url, **common) for n in "ab"]
        self._folder, self._url, self._people, self._places, self._common = folder, url, people, places, common

    async def prepare(self, now):
        self.database = await Database.of(self._url)
        await self.database.move_to(now)
        self.dialer.start()
        people = [
            estimate(n * self._people + each, **answers | self._places[each % len(self._places)])
            for n, answers in enumerate(KINDS.values())
            for each in range(self._people)
        ]
        file = self._folder / "leads.csv"
        file.write_text(leads_csv(people, now - timedelta(hours=1)))
        taking = Process(f"import-leads {file}", self._folder / "import.log", **self._common)
        taking.start()
        assert await taking.ended(120) == 0, (self._folder / "import.log").read_text()
        await self.dialer.ready()
        await self.dialer.settings(lines=0)
        for server in self.servers:
            server.start()
        for server in self.servers:
            await server.ready()

    async def nothing_to_send(self):
        await self.database.wait_less()
        query = "SELECT count(*) FROM message WHERE state = 'pending' AND kind <> 'dialer.poll'"
        return not await self.database.value(query)

    async def ticks(self, job):
        return [row[0] for row in await self.database.rows("SELECT due_at FROM tick WHERE job = $1", job)]


def instants(number):
    """Yield the starts of that many slots, week after week."""
    for n in range(number):
        week, at = divmod(n, len(SLOTS))
        day, part = divmod(at, len(TIMES))
        yield MONDAY + timedelta(days=7 * week + day, hours=(10, 14, 17)[part])


async def run_slots(folder, url, *, slots, people, maximum):
    """Go through slots with both servers; return (the vendor's contacts by campaign and slot, runs, missing ticks)."""
    pair = Pair(folder, url, people=people, maximum=maximum)
    await pair.prepare(MONDAY + timedelta(hours=8))
    with ending(*pair.servers, pair.dialer, pair.database):
        missing = 0
        for number, at in enumerate(instants(slots)):
            await pair.database.move_to(at)
            orders = [(server, kind) for server in pair.servers * 2 for kind in KINDS]
            random.shuffle(orders)
            await asyncio.gather(*(s.call("POST", f"/v1/campaigns/{kind}/start", json={}) for s, kind in orders))

            async def fired(at=at):
                return all([at in await pair.ticks(f"start-campaign:{kind}") for kind in KINDS])

            await until(fired, 20)
            await until(pair.nothing_to_send, 60)
            missing += not await fired()
            if number % 20 == 19:
                print(f"slot {number + 1} of {slots}", flush=True)
        contacts = await pair.dialer.contacts()
        runs = await pair.database.rows("SELECT campaign, slot_start FROM campaign_run")
        broken = await pair.servers[0].call("GET", "/v1/invariants")
    return contacts, [tuple(run) for run in runs], {name: all_ for name, all_ in broken.items() if all_}, missing


def judged(contacts):
    """Return (most contacts in a slot, calls there twice, slots with two runs, people twice in a slot)."""
    slots, runs, calls = defaultdict(list), defaultdict(set), Counter()
    for contact in contacts:
        slot = contact["campaignId"], contact["maxCallingDateTime"]
        slots[slot].append(contact["customFields"]["Email"])
        runs[slot].add(contact["customFields"]["run_id"])
        calls[contact["customFields"]["call_id"]] += 1
    return (
        max(map(len, slots.values())),
        sum(count > 1 for count in calls.values()),
        sum(len(found) > 1 for found in runs.values()),
        sum(len(people) - len(set(people)) for people in slots.values()),
    )


async def kill_the_one_that_fires(folder, url, *, times):
    """Kill one server, then the other, around the minutes' ticks; return the longest wait for one, in seconds."""
    pair = Pair(folder, url, people=1, maximum=1)
    waits = []
    await pair.prepare(MONDAY + timedelta(hours=7))
    with ending(*pair.servers, pair.dialer, pair.database):
        for n in range(times):
            due = MONDAY + timedelta(hours=8, minutes=n)
            await pair.database.move_to(due - timedelta(seconds=random.uniform(0, 0.5)))
            victim = pair.servers[n % 2]
            victim.kill()
            begun = time.monotonic()

            async def fired(due=due):
                return due in await pair.ticks("poll-results")

            await until(fired, 75)
            waits.append(time.monotonic() - begun)
            victim.start()
            await victim.ready()
    return max(waits)


async def block_at_ticks(folder, url, chance, *, ticks, seconds=1.5):
    """Block the event loops of both servers around the minutes' ticks.

    Return (these ticks by their state, the longest wait for one after it was due, in seconds).
    """
    pair = Pair(folder, url, people=1, maximum=1)
    waits, first = [], MONDAY + timedelta(hours=8)
    await pair.prepare(first - timedelta(minutes=1))
    with ending(*pair.servers, pair.dialer, pair.database):
        for n in range(ticks):
            due = first + timedelta(minutes=n)
            await pair.database.move_to(due - timedelta(seconds=chance.uniform(0, seconds + 0.5)))
            await asyncio.sleep(chance.uniform(0, 0.5))
            for server in pair.servers:
                server.pause()
            await asyncio.sleep(seconds)
            for server in pair.servers:
                server.resume()

            async def fired(due=due):
                return due in await pair.ticks("poll-results")

            await until(fired, 20, lambda due=due: f"the tick of {due} is lost")
            waits.append((await pair.database.now() - due).total_seconds())
        query = "SELECT state, count(*) FROM tick WHERE job = 'poll-results' AND due_at >= $1 GROUP BY state"
        return dict(map(tuple, await pair.database.rows(query, first))), max(waits)


async def fall_ill(folder, url, *, seconds):
    """The vendor answers 503 for so long, however often messages are due, and is well again then.

    Return (requests until the breaker opened, those while it was open, most of them in a minute, seconds to the last
    message sent once it was well).
    """
    pair = Pair(folder, url, people=3, maximum=10)
    await pair.prepare(MONDAY + timedelta(hours=8))
    with ending(*pair.servers, pair.dialer, pair.database):
        await pair.dialer.suffer(refuse={"probability": 1.0, "status": 503})
        await pair.database.move_to(MONDAY + timedelta(hours=10))

        async def press():
            query = "UPDATE message SET due_at = due_at - interval '1 day' WHERE state = 'pending'"
            await pair.database.rows(query)
            return await pair.database.value("SELECT count(*) FROM vendor_breaker WHERE opened_at IS NOT NULL")

        await until(press, 60)
        await asyncio.sleep(0.5)  # what was under way when it opened
        opening, probes, begun = len(await pair.dialer.requests()), [], time.monotonic()
        while time.monotonic() < begun + seconds:
            await press()
            new = len(await pair.dialer.requests()) - opening - len(probes)
            probes += [time.monotonic()] * new
            await asyncio.sleep(0.05)
        await pair.dialer.suffer()

        async def drained():
            await press()
            query = "SELECT count(*) FROM message WHERE state = 'pending' AND kind = 'dialer.inject'"
            return not await pair.database.value(query)

        took = await until(drained, 120)
    most = max((sum(at <= other < at + 60 for other in probes) for at in probes), default=0)
    return opening, len(probes), most, took


async def be_asked_to_wait(folder, url, *, seconds):
    """The vendor says 429 with Retry-After once; return after how many seconds the next request came."""
    pair = Pair(folder, url, people=3, maximum=10)
    await pair.prepare(MONDAY + timedelta(hours=8))
    with ending(*pair.servers, pair.dialer, pair.database):
        refuse = {"probability": 1.0, "status": 429, "retry_after": seconds}
        await pair.dialer.suffer(path=CREATE, refuse=refuse)
        await pair.database.move_to(MONDAY + timedelta(hours=10))

        async def refused():
            return [r for r in await pair.dialer.requests() if r["status"] == 429]

        await until(refused, 20)
        await asyncio.sleep(0.5)  # what was under way with it
        await pair.dialer.suffer(path=CREATE)
        before = len(await pair.dialer.requests())
        last = _at((await refused())[-1])

        async def more():
            await pair.database.rows("UPDATE message SET due_at = due_at - interval '1 hour' WHERE state = 'pending'")
            return len(await pair.dialer.requests()) > before

        await until(more, seconds + 20)
        return (_at((await pair.dialer.requests())[before]) - last).total_seconds()


def _at(request):
    return datetime.fromisoformat(request["at"])
