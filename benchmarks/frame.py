"""The frame: a durable cluster of its own, what the bare database can do beside each target, and the rounds."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from benchmarks.client import Load, as_json
from growth.adapters.db.embedded import postmaster_pid, run_tool
from growth.adapters.db.migrate import upgrade
from growth.local import free_port

RESULTS = Path(__file__).parent / "results"
MOST_APART = 1.5
STRIPE_SECRET = "whsec_benchmark"
_TICKS = os.sysconf("SC_CLK_TCK")
_TPS = re.compile(r"tps = ([0-9.]+) \(without")
_UNLIMITED = "1000000000"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often. `seconds`: of one load."""

    rounds: int
    seconds: float
    seed: int
    quick: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise and what was measured. `reached` None: measured for comparison, nothing is promised."""

    name: str
    promised: str
    measured: str
    reached: bool | None


@dataclass(slots=True)
class Result:
    """What a target hands back. `errors`: wrong answers or counts; they alone make the command fail."""

    target: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    rounds_thrown_away: int = 0
    rounds: list[dict[str, Any]] = field(default_factory=list)


class Cluster:
    """The databases of one run, and how much CPU their server has used."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self._url = folder, url
        self._sockets = parse_qs(urlsplit(url).query)["host"][0]
        self._postmaster = postmaster_pid(folder)
        self.execute("CREATE DATABASE migrated", database="postgres")
        upgrade(self.url("migrated"))

    def url(self, database: str) -> str:
        return self._url.replace("/growth?", f"/{database}?")

    def execute(self, sql: str, *, database: str) -> str:
        """Run statements by psql and return what they print, unaligned."""
        options = ("-h", self._sockets, "-U", "growth", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        return run_tool("psql", *options, "-d", database, stdin=sql).strip()

    def new_database(self, name: str, *, like: str = "migrated") -> str:
        """Make it anew, with this version's schema and nothing in it, or as a copy; return its URL."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="postgres")
        self.execute(f"CREATE DATABASE {name} TEMPLATE {like}", database="postgres")
        return self.url(name)

    def pgbench(self, script: str, *, database: str, clients: int, seconds: float) -> float:
        """Return how many times a second the server runs the script: the ceiling of what does the same through us."""
        file = self.folder / "ceiling.sql"
        file.write_text(script)
        options = ("-n", "-M", "prepared", "-f", file, "-c", str(clients), "-T", str(max(1, round(seconds))))
        said = run_tool("pgbench", *options, "-h", self._sockets, "-U", "growth", database)
        found = _TPS.search(said)
        if found is None:
            raise RuntimeError(f"pgbench printed no figure: {said}")
        return float(found[1])

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server and all of its processes, those that have ended too."""
        parts = [_stat(entry) for entry in Path("/proc").glob("[0-9]*/stat")]
        own = _stat(Path(f"/proc/{self._postmaster}/stat"))
        children = sum(int(p[11]) + int(p[12]) for p in parts if p and int(p[1]) == self._postmaster)
        return (children + sum(int(number) for number in own[11:15])) / _TICKS


def _stat(file: Path) -> list[str]:
    """Return the fields of /proc/…/stat from the third (state) on; none when the process is gone."""
    try:
        return file.read_text().rpartition(")")[2].split()
    except OSError:
        return []


class Server:
    """A process that serves HTTP."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process, self.port, self.url = process, port, f"http://127.0.0.1:{port}"

    def cpu_seconds(self) -> float:
        return sum(int(number) for number in _stat(Path(f"/proc/{self._process.pid}/stat"))[11:13]) / _TICKS

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024

    def get(self, path: str) -> bytes:
        with urlopen(f"{self.url}{path}", timeout=10) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def growth_server(cluster: Cluster, database: str, **settings: str) -> Iterator[Server]:
    """Run `growth serve` on that database; rate limits are out of the way."""
    options = {"database_url": cluster.url(database), "rate_limit": _UNLIMITED, "address_rate_limit": _UNLIMITED}
    env = {f"GROWTH_{name.upper()}": value for name, value in (options | settings).items()}
    command = [sys.executable, "-c", "from growth.cli import main; main()", "serve"]
    with _serving(command, env, cluster.folder / "growth.log", "/readyz") as server:
        yield server


@contextmanager
def reference_server(cluster: Cluster, database: str, module: str = "reference_orm") -> Iterator[Server]:
    """Run the reference application, or what a module of the benchmarks has made of it."""
    env = {"REFERENCE_DATABASE_URL": cluster.url(database)}
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    with _serving(command, env, cluster.folder / "reference.log", "/ready") as server:
        yield server


@contextmanager
def _serving(command: Sequence[str], env: dict[str, str], log: Path, ready: str) -> Iterator[Server]:
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GROWTH_")}
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, env=clean | env | {"GROWTH_PORT": str(port)}, stdout=file, stderr=subprocess.STDOUT
        )
    server = Server(process, port)
    try:
        _wait(server, process, ready, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes], ready: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            server.get(ready)
            return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {log.read_text()[-2000:]}")


def load(cluster: Cluster, server: Server, what: Load) -> dict[str, Any]:
    """Put the load on the server; return its figures and the CPU milliseconds a request of both processes."""
    app, database = server.cpu_seconds(), cluster.cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.client"], input=as_json(what), capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    requests = max(1, figures["requests"])
    figures["app_cpu_ms"] = (server.cpu_seconds() - app) * 1000 / requests
    figures["database_cpu_ms"] = (cluster.cpu_seconds() - database) * 1000 / requests
    return figures


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """One measurement, and the ceiling before and after it."""

    name: str
    before: float
    after: float
    found: T

    @property
    def ceiling(self) -> float:
        return (self.before + self.after) / 2

    @property
    def steady(self) -> bool:
        return max(self.before, self.after) <= MOST_APART * min(self.before, self.after)


def rounds(
    plan: Plan, names: Sequence[str], ceiling: Callable[[], float], measure: Callable[[str], T]
) -> tuple[dict[str, list[Kept[T]]], int]:
    """Measure each name once a round, in shuffled order, each between two ceilings.

    A measurement whose ceilings differ by more than `MOST_APART` is thrown away and made again in a later round, up to
    twice as many rounds. Returns what was kept by name, and how many measurements were thrown away.
    """
    order, kept, thrown = random.Random(plan.seed), {name: list[Kept[T]]() for name in names}, 0
    for _ in range(2 * plan.rounds):
        wanted = [name for name in names if len(kept[name]) < plan.rounds]
        order.shuffle(wanted)
        before = ceiling() if wanted else 0.0
        for name in wanted:
            found = measure(name)
            after = ceiling()
            one, before = Kept(name, before, after, found), after
            if one.steady:
                kept[name].append(one)
            else:
                thrown += 1
    return kept, thrown


def middle(values: Sequence[float]) -> float:
    """Return the median, and 0 of nothing."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, and 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] if ordered else 0.0
