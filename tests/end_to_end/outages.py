"""P5, O2, O3, P9, S5: the service or its database ends or stands still."""

import asyncio
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx2
from load import Load, numbers_of_leads
from processes import Database, Server, ending, local, until
from world import campaign, configuration

from growth.adapters.db.embedded import embedded, postmaster_pid
from growth.adapters.db.migrate import upgrade


def server_for(folder, url):
    file = folder / "campaigns.toml"
    file.write_text(configuration(campaign("PVI", "PVI", 701, ["mon 10:00-13:00"], 50)))
    limits = {"rate_limit": 10**9, "address_rate_limit": 10**9}
    return Server(folder / "server.log", database_url=url, env="test", campaigns_file=file, **limits)


async def end_under_load(folder, url, *, after, kill):
    """End the server under load, `after` so many accepted estimates.

    Return (load, exit code, seconds to the end, accepted but lost).
    """
    server = server_for(folder, url)
    with ending(server):
        server.start()
        await server.ready()
        load = Load(server.port)
        load.start()
        await until(lambda: len(load.accepted) >= after, 60)
        begun = time.monotonic()
        if kill:
            server.kill()
        else:
            server.terminate()
        code = await server.ended(40)
        took = time.monotonic() - begun
        await asyncio.sleep(0.3)
        await load.stop()
        server.start()
        await server.ready()
        lost = load.accepted - await numbers_of_leads(server)
    return load, code, took, lost


def _hold(folder, pipe):
    with embedded(folder) as url:
        pipe.send(url)
        signal.pause()


class Cluster:
    """An embedded PostgreSQL that keeps its promises on disk, owned by a process of its own."""

    def __init__(self, folder):
        self._folder, self.url, self._owner = folder, None, None

    def start(self):
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("forkserver")
        self._owner = context.Process(target=_hold, args=(self._folder, theirs), daemon=True)
        self._owner.start()
        assert ours.poll(60), "the database did not start"
        self.url = ours.recv()

    def kill(self):
        """Kill the postmaster; its children notice and end."""
        os.kill(postmaster_pid(self._folder), signal.SIGKILL)
        self._owner.kill()
        self._owner.join()

    def signal(self, number):
        """Send a signal to the postmaster and to all its children."""
        postmaster = postmaster_pid(self._folder)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
        for process in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    @property
    def alive(self):
        return self._owner is not None and self._owner.is_alive()


async def _status(server, path):
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(server.url + path)
    return answer.status_code


async def stall_the_database(folder, *, seconds):
    """Stop all processes of the database for so long, with a tick due in between.

    Return (the tick's state, seconds from its going on to the tick, seconds that the next one took).
    """
    cluster = Cluster(folder / "pg")
    await asyncio.to_thread(cluster.start)
    await asyncio.to_thread(upgrade, cluster.url)
    server, database = server_for(folder, cluster.url), await Database.of(cluster.url)
    due = local("2026-11-23T09:00")
    with ending(server, database, cluster):
        await database.move_to(due - timedelta(minutes=1))
        server.start()
        await server.ready()

        async def state(at):
            query = "SELECT state FROM tick WHERE job = 'poll-results' AND due_at = $1"
            return await database.value(query, at)

        await until(lambda: state(due - timedelta(minutes=1)), 20)
        await database.move_to(due - timedelta(seconds=seconds / 4))
        cluster.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            cluster.signal(signal.SIGCONT)
        after = await until(lambda: state(due), 90)
        following = due + timedelta(minutes=1)
        await database.move_to(following)
        return await state(due), after, await until(lambda: state(following), 30)


async def lose_the_database(folder, *, times):
    """Kill the database under load, again and again.

    Return (load, lost, slowest /readyz 503, slowest first success, statuses of /livez meanwhile), in seconds.
    """
    cluster = Cluster(folder / "pg")
    await asyncio.to_thread(cluster.start)
    await asyncio.to_thread(upgrade, cluster.url)
    server = server_for(folder, cluster.url)
    noticed, back, alive = [], [], set()
    with ending(server, cluster):
        server.start()
        await server.ready()
        load = Load(server.port)
        load.start()
        for round_ in range(times):
            await asyncio.sleep(1)
            await asyncio.to_thread(cluster.kill)

            async def unready():
                alive.add(await _status(server, "/livez"))
                return await _status(server, "/readyz") == 503

            noticed.append(await until(unready, 20))
            await asyncio.sleep(1)
            await asyncio.to_thread(cluster.start)
            begun = time.monotonic()
            await until(lambda begun=begun: load.last_success > begun, 30)
            back.append(load.last_success - begun)
            alive.add(await _status(server, "/livez"))
            print(
                f"database killed {round_ + 1}: not ready after {noticed[-1]:.1f} s, back {back[-1]:.1f} s", flush=True
            )
        await load.stop()
        lost = load.accepted - await numbers_of_leads(server)
    return load, lost, max(noticed), max(back), alive
