import sys, time, asyncio
sys.path.insert(0, "/work/main/tests/end_to_end")
from starts_under_kills import *
from processes import *
from processes import chance as rnd
from datetime import timedelta
import pytest
@pytest.mark.parametrize("delay", [float(x) for x in __import__("os").environ.get("DELAYS","0,0,0.002,0.004").split(",")])
async def test_it(tmp_path, database_url, delay):
    start = Start(tmp_path, database_url, 600, 300)
    await start.prepare()
    b = Server(tmp_path/"b.log", sandbox_url=start.dialer.url, **start._common)
    with ending(start.server, start.dialer, b):
        start.server.start(); await start.server.ready()
        await start.database.move_to(SLOT)
        ex=start.database._connection
        st=await ex.prepare("SELECT count(*) FROM injection_batch WHERE attempted_at IS NOT NULL")
        while not await st.fetchval(): pass
        if delay: await asyncio.sleep(delay)
        start.server.pause(); t=time.monotonic()
        await asyncio.sleep(0.5)
        n0=len(await start.dialer.creations())
        b.start()
        await until(start.is_over, 60)
        took=time.monotonic()-t
        await asyncio.sleep(max(0, 25-took))
        n1=len(await start.dialer.creations())
        start.server.resume()
        await asyncio.sleep(4)
        n2=await start.dialer.creations()
        c=await start.dialer.contacts()
        await start.database.close()
        print("delay",delay,"requests at pause",n0,"after B",n1,"after A woke",len(n2), n2[-1]["path"], "over after", round(took,1), lost_and_double(c, range(600)))
        if len(n2)>n1: print("SENT AFTER WAKING")
