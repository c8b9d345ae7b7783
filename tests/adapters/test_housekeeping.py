from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from tests.domain.makers import DAY, MONDAY

from growth.adapters.db.clock import DatabaseClock
from growth.adapters.db.housekeeping import SqlHousekeeping
from growth.domain.kernel.ticks import Tick

OLD = """
    INSERT INTO idempotent_answer (caller, key, fingerprint, lease, leased_until, created_at)
    VALUES ('a', :name, '', gen_random_uuid(), now(), :stale),
           ('a', :name || '2', '', gen_random_uuid(), now(), :fresh);
"""
MESSAGES = """
    INSERT INTO message (id, vendor, kind, subject, payload, state, due_at, created_at, done_at)
    SELECT gen_random_uuid(), 'v', 'k', 's', '{}', state, now(), now(), CAST(:at AS timestamptz)
    FROM unnest(ARRAY['done', 'expired', 'dead']) AS state
"""


async def test_what_nobody_needs_any_more_is_thrown_away_once_and_the_dead_are_kept(world):
    await world.at(MONDAY)
    await world.execute(OLD.strip().rstrip(";"), name="k", stale=MONDAY - timedelta(hours=73), fresh=MONDAY)
    await world.execute(MESSAGES, at=MONDAY - 31 * DAY)
    await world.execute(MESSAGES, at=MONDAY - 29 * DAY)
    await world.execute("INSERT INTO vendor_attempt VALUES ('v', now() - interval '2 hours', 1, 1), ('v', now(), 1, 1)")
    sweep = SqlHousekeeping(await world.get(AsyncEngine), await world.get(DatabaseClock))
    await sweep(Tick("housekeeping", MONDAY))
    assert [answer.key for answer in await world.rows("idempotent_answer", "key")] == ["k2"]
    assert sorted(m.state for m in await world.rows("message")) == ["dead", "dead", "done", "expired"]
    assert len(await world.rows("vendor_attempt", "since")) == 1
    await world.execute("UPDATE message SET done_at = :at", at=MONDAY - 31 * DAY)
    await sweep(Tick("housekeeping", MONDAY))
    assert len(await world.rows("message")) == 4
