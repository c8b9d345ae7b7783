"""W6: a server is paused between its note that it will send and the sending, and wakes when another has its work."""

import asyncio
import time

from processes import Server, ending, until
from starts_under_kills import SLOT, Start
from world import lost_and_double

PAUSE = 25


async def pause_while_handing_over(folder, url, *, leads=300, after=0.0):
    """Stop a server `after` seconds from its note, for longer than its lease; return what the vendor then has.

    (lost, double, requests before the pause, until the other was done, and after the paused one woke, seconds that the
    other took)
    """
    start = Start(folder, url, leads, leads)
    await start.prepare()
    other = Server(folder / "other.log", sandbox_url=start.dialer.url, **start.common)
    with ending(start.server, start.dialer, other, start.database):
        start.server.start()
        await start.server.ready()
        await start.database.move_to(SLOT)
        while not await start.database.value("SELECT count(*) FROM injection_batch WHERE attempted_at IS NOT NULL"):
            pass
        await asyncio.sleep(after)
        start.server.pause()
        paused_at = time.monotonic()
        await asyncio.sleep(0.3)
        sent = [len(await start.dialer.creations())]
        other.start()
        took = await until(start.is_over, 60)
        await asyncio.sleep(max(0.0, paused_at + PAUSE - time.monotonic()))
        sent.append(len(await start.dialer.creations()))
        start.server.resume()
        await asyncio.sleep(3)
        sent.append(len(await start.dialer.creations()))
        contacts = await start.dialer.contacts()
    lost, double = lost_and_double(contacts, range(leads))
    print(f"paused for {PAUSE} s, the other was done after {took:.1f} s, lost {lost}, double {double}", flush=True)
    return lost, double, sent, took
