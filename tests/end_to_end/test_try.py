import sys, time
sys.path.insert(0, "/work/main/tests/end_to_end")
from starts_under_kills import start_under_kills
from processes import chance
async def watch(url):
    import asyncio
    from processes import Database
    d=await Database.of(url); t0=time.monotonic(); last=None
    while True:
        r=[tuple(x) for x in await d.rows("select position, kind,state,attempts,lease,last_error,round(extract(epoch from due_at-clock_timestamp()-(select ahead from test_clock))) due, round(extract(epoch from leased_until-clock_timestamp())) l from message where state='pending' order by position limit 2")]
        k=[x[:6] for x in r]
        if k!=last: print(round(time.monotonic()-t0,2), r, flush=True); last=k
        await asyncio.sleep(.05)
async def test_it(tmp_path, database_url):
    t=time.monotonic()
    import starts_under_kills as S
    for n in ('prepare','go_on','finish'):
        def w(f,n):
            async def g(*a,**k):
                t=time.monotonic(); r=await f(*a,**k); print(n, round(time.monotonic()-t,2)); return r
            return g
        setattr(S.Start,n,w(getattr(S.Start,n),n))
    import asyncio; w=asyncio.create_task(watch(database_url))
    r=await start_under_kills(tmp_path, database_url, chance(1), leads=200, kills=4, per_agent=25, drop_answer=0.3)
    w.cancel()
    print(r, time.monotonic()-t)
