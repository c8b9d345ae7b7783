"""Growth and its sandbox as real processes, to be killed, paused and started again.

They are forks of one process that has everything imported, so that a start takes half a second and not four.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import socket
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx2

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["growth.cli"])
OPS, ADMIN, SERVICE = ({"Authorization": f"Bearer dev-{role}-key"} for role in ("ops", "admin", "service"))


def _become(arguments, env, log):
    """Be the command line, in the process that was made for it."""
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123 - as a descriptor
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(env)
    sys.argv = ["growth", *arguments]
    from growth.cli import main  # noqa: PLC0415 - imported already by the process that forks

    main()


class Process:
    """One command of the command line, with settings of its own."""

    def __init__(self, command, log, **settings):
        self._command, self.log = command.split(), log
        self._env = {f"GROWTH_{name.upper()}": str(value) for name, value in settings.items()}
        self._running = None

    def start(self):
        arguments = (self._command, self._env, self.log)
        self._running = _FORKS.Process(target=_become, args=arguments, daemon=True)
        self._running.start()

    def kill(self):
        """End it by SIGKILL; it is gone when this returns."""
        self._running.kill()
        self._running.join()

    def pause(self):
        os.kill(self._running.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self._running.pid, signal.SIGCONT)

    def terminate(self):
        os.kill(self._running.pid, signal.SIGTERM)

    @property
    def alive(self):
        return self._running is not None and self._running.is_alive()

    async def ended(self, seconds):
        """Return the exit code when it has ended by then, else None."""
        await asyncio.to_thread(self._running.join, seconds)
        return self._running.exitcode


class Server(Process):
    def __init__(self, log, **settings):
        self.port = free_port()
        super().__init__("serve", log, port=self.port, **settings)
        self.url = f"http://127.0.0.1:{self.port}"

    async def ready(self, seconds=20):
        await until(lambda: self._answers("/readyz"), seconds, lambda: f"{self.log} tells why it is not ready")

    async def _answers(self, path):
        async with httpx2.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(self.url + path)).status_code == 200
            except httpx2.TransportError:
                return False

    async def call(self, method, path, **parts):
        headers = parts.pop("headers", OPS)
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.request(method, self.url + path, headers=headers, **parts)
        assert answer.is_success, answer.text
        return answer.json()


class Dialer(Process):
    """The vendor, which goes on when the service dies. It is asked what it has, never the service."""

    def __init__(self, log, **settings):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("sandbox", log, sandbox_url=self.url, **settings)

    async def ready(self, seconds=20):
        await until(self._answers, seconds, lambda: f"{self.log} tells why the sandbox is not there")

    async def _answers(self):
        try:
            return bool(await self._control("GET", "requests"))
        except httpx2.TransportError:
            return False

    async def _control(self, method, path, body=None):
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.request(method, f"{self.url}/_sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def suffer(self, **faults):
        await self._control("PUT", "faults", faults)

    async def settings(self, **change):
        await self._control("PUT", "settings", change)

    async def contacts(self):
        """Return every contact that ever was there, also what was deleted since."""
        return (await self._control("GET", "contacts"))["contacts"]

    async def raw_log(self):
        """Return what happened on its floor: batches, contacts created and deleted, calls."""
        return (await self._control("GET", "log"))["entries"]

    async def requests(self):
        return (await self._control("GET", "requests"))["requests"]

    async def creations(self):
        """Return the requests that create contacts."""
        return [r for r in await self.requests() if r["path"].endswith("contact-batch/create")]


class Database:
    """The database as an observer sees it, and its movable clock."""

    def __init__(self, url, connection):
        self.url, self._connection = url, connection

    @classmethod
    async def of(cls, url):
        return cls(url, await asyncpg.connect(url.replace("+asyncpg", "")))

    @property
    def alive(self):
        return not self._connection.is_closed()

    def kill(self):
        self._connection.terminate()

    async def value(self, query, *values):
        return await self._connection.fetchval(query, *values)

    async def rows(self, query, *values):
        return await self._connection.fetch(query, *values)

    async def now(self):
        query = "SELECT clock_timestamp() + coalesce((SELECT ahead FROM test_clock), interval '0')"
        return (await self.value(query)).astimezone(UTC)

    async def move_to(self, now):
        await self._connection.execute(
            "INSERT INTO test_clock (id, ahead) VALUES (1, $1 - clock_timestamp()) "
            "ON CONFLICT (id) DO UPDATE SET ahead = excluded.ahead",
            now,
        )

    async def wait_less(self):
        """When nobody has anything in hand, move the clock to where the next message is due."""
        due = await self.value(
            "WITH next AS (SELECT DISTINCT ON (subject) * FROM message "
            "WHERE state = 'pending' AND kind <> 'dialer.poll' ORDER BY subject, position) "
            "SELECT min(due_at) FROM next HAVING bool_and(leased_until IS NULL OR leased_until <= clock_timestamp())"
        )
        if due and due > await self.now() + timedelta(milliseconds=200):
            await self.move_to(due)

    async def let_leases_run_out(self):
        """Make it as long after the death of all workers as their leases last."""
        await self._connection.execute(
            "UPDATE message SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL"
        )


async def until(fact, seconds, otherwise=lambda: "this did not become true in time"):
    """Wait for a fact, told by a function or a coroutine function; return how many seconds it took."""
    begun = time.monotonic()
    while True:
        told = fact()
        if await told if asyncio.iscoroutine(told) else told:
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, otherwise()
        await asyncio.sleep(0.02)


@contextmanager
def ending(*processes):
    """See to it that no process, and no connection, outlives the block."""
    try:
        yield
    finally:
        for process in processes:
            if process.alive:
                process.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def chance(seed):
    print(f"seed {seed}", flush=True)
    return random.Random(seed)


def local(text):
    """Read a time of day in Paris in winter."""
    return datetime.fromisoformat(f"{text}+01:00").astimezone(UTC)
