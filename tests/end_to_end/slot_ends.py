"""J7: the end of a slot is a wall, also for a dialer that is slow, hangs, refuses and applies late around it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from processes import ending, until
from replicas import CREATE, DAYS, KINDS, MONDAY, Pair

ENDS = {"10:00-13:00": 13, "14:00-20:00": 20}  # by slot, its last hour; none begins where another ends
GRACE = timedelta(seconds=2)
SETTLING = 2.5  # seconds; the sandbox promises to apply nothing later than after three


@dataclass
class Wall:
    """What the vendor has and what the runs tell.

    `late`: requests and calls after the end, and contacts that the vendor itself put in after it. `left`: contacts that
    are still there and were never called.
    """

    runs: int
    requests: int
    injected: int
    called: int
    late: Counter
    left: int
    unbalanced: list
    reasonless: int
    broken: dict


def ends(number):
    """Yield the ends of that many slots, week after week."""
    for n in range(number):
        day, part = divmod(n, len(ENDS))
        yield MONDAY + timedelta(days=7 * (day // 5) + day % 5, hours=[*ENDS.values()][part])


async def reach_ends(folder, url, chance, *, slots, people, maximum, latest=6):
    """Begin each slot with a dialer that refuses until `latest` seconds before the end, and is ill until after it."""
    pair = Pair(folder, url, people=people, maximum=maximum, slots=[f"{day} {slot}" for day in DAYS for slot in ENDS])
    await pair.prepare(MONDAY + timedelta(hours=8))
    late = Counter()
    with ending(*pair.servers, pair.dialer, pair.database):
        await until(lambda: pair.ticks("poll-results"), 60)  # a job that has no ticks yet begins where the clock is
        for number, end in enumerate(ends(slots)):
            await pair.dialer.suffer(refuse={"probability": 1.0, "status": 429})  # surely nothing is taken
            await pair.database.move_to(end - timedelta(minutes=1))
            await until(lambda end=end: _begun(pair, end), 60)
            await _be_ill(pair, chance, number)
            before = len(await pair.dialer.creations())
            await pair.database.move_to(end - timedelta(seconds=chance.uniform(1, latest)))
            await until(lambda end=end: _passed(pair, end + GRACE), latest + 10)
            sent = (await pair.dialer.creations())[before:]
            await pair.dialer.suffer()
            await pair.dialer.settings(apply_delay=0.2)
            await _forget(pair)
            await until(lambda end=end: _closed(pair, end), 120)
            sent_after = (await pair.dialer.creations())[before + len(sent) :]
            late["requests"] += sum(_at(each["at"]) > end + GRACE for each in [*sent, *sent_after])
            print(f"end {number + 1} of {slots}: {len(sent)} requests before it", flush=True)
        return await _judged(pair, late)


async def _be_ill(pair, chance, number):
    """Let a vendor that has no past be slow, hang, refuse, drop answers or apply late, by turns and by chance."""
    await _forget(pair)
    seconds = chance.uniform(1, 6)
    await pair.dialer.settings(lines=3, seconds_per_call=1, apply_delay=chance.choice([0.2, seconds]))
    faults = (
        {"drop_answer": 1.0, "apply_late_after_drop": SETTLING},
        {"hang": seconds},
        {"refuse": {"probability": 0.6, "status": 503}},
        {"drop_answer": 0.5, "hang": seconds},
    )
    await pair.dialer.suffer(path=CREATE, seed=chance.randrange(10**6), **faults[number % len(faults)])


async def _forget(pair):
    """Let the vendor have no past, so that no breaker is waited for."""
    for table in ("vendor_attempt", "vendor_breaker"):
        await pair.database.rows(f"DELETE FROM {table}")


async def _begun(pair, end):
    return await pair.database.value("SELECT count(*) FROM campaign_run WHERE slot_end = $1", end) == len(KINDS)


async def _passed(pair, moment):
    """Press every batch on, up to the wall and beyond."""
    query = "UPDATE message SET due_at = due_at - interval '1 day' WHERE state = 'pending' AND kind = 'dialer.inject'"
    await pair.database.rows(query)
    return await pair.database.now() > moment


async def _closed(pair, end):
    await pair.database.wait_less()
    query = "SELECT count(*) FROM campaign_run WHERE slot_end = $1 AND state = 'closed'"
    return await pair.database.value(query, end) == len(KINDS)


async def _judged(pair, late):
    contacts, log = await pair.dialer.contacts(), await pair.dialer.raw_log()
    until_ = {contact["id"]: _at(contact["maxCallingDateTime"]) for contact in contacts}
    late["calls"] = sum(each["kind"] == "call" and _at(each["at"]) >= until_[each["id"]] for each in log)
    late["contacts"] = sum(_at(contact["createdAt"]) > until_[contact["id"]] + GRACE for contact in contacts)
    called = {
        (contact["customFields"]["run_id"], contact["customFields"]["call_id"])
        for contact in contacts
        if contact["triesNumber"]
    }
    by_run = Counter(run for run, _ in called)
    runs = [run for kind in KINDS for run in await _runs(pair, kind)]
    broken = await pair.servers[0].call("GET", "/v1/invariants")
    query = "SELECT count(*) FROM call WHERE state IN ('recycled', 'dropped') AND reason IS NULL"
    return Wall(
        runs=len(runs),
        requests=len(await pair.dialer.creations()),
        injected=sum(run["injected"] for run in runs),
        called=len(called),
        late=late,
        left=sum(not (each["triesNumber"] or each["excluded"] or each["deletedAt"]) for each in contacts),
        unbalanced=[run for run in runs if not _adds_up(run) or run["called"] != by_run[run["id"]]],
        reasonless=await pair.database.value(query),
        broken={name: all_ for name, all_ in broken.items() if all_},
    )


async def _runs(pair, kind):
    page = await pair.servers[0].call("GET", "/v1/campaign-runs", params={"campaign": kind, "limit": 200})
    return page["items"]


def _adds_up(run):
    return run["state"] == "closed" and run["injected"] == run["called"] + run["recycled"] + run["dropped"]


def _at(text):
    return datetime.fromisoformat(text)
