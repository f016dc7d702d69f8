"""The embedded PostgreSQL: starts, keeps what was committed through every kind of end, leaves no process behind."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from hub.postgres import EmbeddedPostgres, EmbeddedPostgresError
from hub.postgres.cluster import cluster_path
from hub.postgres.processes import cluster_processes
from hub.postgres.runtime import published_socket_directory
from tests.embedded import (
    FAST,
    as_root_on_linux,
    is_gone,
    living_postmaster,
    names,
    parent_of,
    prepare,
    query,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[1]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "data"
    yield directory
    assert cluster_processes(cluster_path(directory)) == []


OWNER = """
import sys
from pathlib import Path
from hub.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), parameters=dict(shared_buffers="16MB"))
server.start()
server.ensure_databases(["directory"])
{more}
print("owned" if server.owned else "attached", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def other_process(directory: Path, more: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process that has started the server of a directory, and whether it owns it."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER.format(more=more), str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_data_outlives_a_restart(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, parameters=FAST)
    assert not server.owned
    server.start()
    assert server.owned
    prepare(server)
    first = living_postmaster(data_dir)
    server.start()
    assert living_postmaster(data_dir) == first
    socket_directory = published_socket_directory(data_dir)
    assert socket_directory is not None
    assert stat.S_IMODE(socket_directory.stat().st_mode) == 0o700
    server.stop()
    server.stop()
    assert is_gone(first)
    assert not socket_directory.exists()
    assert published_socket_directory(data_dir) is None
    assert not server.owned
    with server:
        server.ensure_databases(["directory"])
        assert names(server) == ["東京会計"]
    assert "database system is shut down" in server.log_path.read_text()


def test_the_server_has_the_hubs_parameters_and_the_callers(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, parameters={**FAST, "work_mem": "5MB"}) as server:
        expected = {
            "listen_addresses": "",
            "jit": "off",
            "random_page_cost": "1.1",
            "max_connections": "200",
            "max_wal_size": "4GB",
            "TimeZone": "UTC",
            "fsync": "off",
            "work_mem": "5MB",
            "server_encoding": "UTF8",
        }
        found = {name: query(server, f"show {name}", "postgres") for name in expected}
        assert found == expected


def test_trigrams_are_found_in_japanese(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, parameters=FAST) as server:
        server.ensure_databases(["directory"])
        query(server, "create extension pg_trgm")
        assert len(query(server, "select show_trgm('東京都庁')")) == 5


def test_databases_of_any_name_are_created_once(data_dir: Path) -> None:
    wanted = ["directory", 'Größe, mit "Komma"', "取引先 = x", "a/b?c#d%20&e", "--version", "directory"]
    with EmbeddedPostgres(data_dir, parameters=FAST) as server:
        for _ in range(2):
            server.ensure_databases(wanted)
        for name in wanted:
            assert query(server, "select current_database()", name) == name
        with pytest.raises(EmbeddedPostgresError, match="cannot create the database ''"):
            server.ensure_databases([""])


def test_kill_of_the_hub_ends_the_server_and_keeps_what_was_committed(data_dir: Path) -> None:
    with other_process(data_dir) as (owner, state):
        assert state == "owned"
        postmaster = living_postmaster(data_dir)
        supervisor = parent_of(postmaster)
        guest = EmbeddedPostgres(data_dir)
        guest.start()
        assert not guest.owned
        prepare(guest)
        owner.kill()
        wait_until(lambda: is_gone(postmaster) and is_gone(supervisor), "end of the server after kill -9 of the hub")
    assert cluster_processes(cluster_path(data_dir)) == []
    guest.start()
    assert guest.owned
    assert names(guest) == ["東京会計"]
    guest.stop()


def test_forked_and_spawned_children_do_not_keep_the_server_alive(data_dir: Path) -> None:
    more = """
import os, subprocess
child = subprocess.Popen(["sleep", "60"], close_fds=False)
forked = os.fork()
if forked == 0:
    assert not server.owned
    server.stop()
    import signal; signal.pause()
print(child.pid, forked, flush=True)
"""
    with other_process(data_dir, more) as (owner, children):
        pids = [int(pid) for pid in children.split()]
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "owned\n"
            postmaster = living_postmaster(data_dir)
            owner.kill()
            wait_until(lambda: is_gone(postmaster), "end of the server while children of the hub live on")
            assert not any(map(is_gone, pids))
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)


@on_linux
def test_kill_of_the_supervisor_ends_the_server(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, parameters={"shared_buffers": "16MB"})
    server.start()
    prepare(server)
    postmaster = living_postmaster(data_dir)
    os.kill(parent_of(postmaster), signal.SIGKILL)
    wait_until(lambda: cluster_processes(cluster_path(data_dir)) == [], "end of the server without its supervisor")
    server.start()
    assert server.owned
    assert names(server) == ["東京会計"]
    server.stop()


def test_kill_of_the_postmaster_ends_busy_backends_and_start_recovers(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, parameters={"shared_buffers": "16MB"})
    server.start()
    prepare(server)

    async def lose_connection() -> None:
        connection = await asyncpg.connect(server.dsn("directory"))
        busy = asyncio.create_task(connection.execute("select count(*) from generate_series(1, 10000000000)"))
        running = "select exists (select from pg_stat_activity where state = 'active' and query like '%10000000000)')"
        await asyncio.to_thread(wait_until, lambda: query(server, running) is True, "a busy backend")
        os.kill(living_postmaster(data_dir), signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await busy

    asyncio.run(lose_connection())
    server.start()
    assert server.owned
    assert names(server) == ["東京会計"]
    server.stop()


def test_kill_leaves_nothing_and_start_recovers(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, parameters={"shared_buffers": "16MB"})
    server.start()
    prepare(server)
    server.kill()
    assert cluster_processes(cluster_path(data_dir)) == []
    assert not server.owned
    with pytest.raises(EmbeddedPostgresError, match="does not own a server"):
        server.kill()
    # What a reused pid looks like: the file of the dead server names a process that lives.
    file = cluster_path(data_dir) / "postmaster.pid"
    file.write_text("\n".join(["1", *file.read_text().splitlines()[1:]]))
    server.start()
    assert names(server) == ["東京会計"]
    assert "automatic recovery in progress" in server.log_path.read_text()
    server.stop()


def test_a_second_process_attaches_and_becomes_the_owner_once_the_first_is_gone(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, parameters=FAST)
    server.start()
    prepare(server)
    with other_process(data_dir) as (_, state):
        assert state == "attached"
        same = EmbeddedPostgres(data_dir)
        same.start()
        assert not same.owned
        assert names(same) == ["東京会計"]
        with pytest.raises(EmbeddedPostgresError, match="does not own a server"):
            same.kill()
        same.stop()
        assert names(server) == ["東京会計"]
    assert names(server) == ["東京会計"]
    same.start()
    server.stop()
    with pytest.raises(OSError, match=r"No such file|refused"):
        names(same)
    same.start()
    assert same.owned
    assert names(same) == ["東京会計"]
    same.stop()


def test_of_two_that_start_at_once_one_owns_and_the_other_attaches(data_dir: Path) -> None:
    servers = [EmbeddedPostgres(data_dir, parameters=FAST) for _ in range(2)]

    async def start_both() -> None:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))

    asyncio.run(start_both())
    assert sorted(server.owned for server in servers) == [False, True]
    assert [query(server, "select 1", "postgres") for server in servers] == [1, 1]
    for server in servers:
        server.stop()


def test_two_servers_run_side_by_side(tmp_path: Path) -> None:
    paths = [tmp_path / "first", tmp_path / "second"]
    with EmbeddedPostgres(paths[0], parameters=FAST) as first, EmbeddedPostgres(paths[1], parameters=FAST) as second:
        assert [first.owned, second.owned] == [True, True]
        found = [Path(query(server, "show data_directory", "postgres")) for server in (first, second)]
        assert found == [path.resolve() / "postgres" for path in paths]
        first.kill()
        assert query(second, "select 1", "postgres") == 1
        first.start()
        assert query(first, "select 1", "postgres") == 1
    assert [cluster_processes(cluster_path(path)) for path in paths] == [[], []]


@pytest.mark.parametrize("name", ["x" * 120, "a directory of 取引先 'n' \"q\", %41"], ids=["long", "spaces and non-ASCII"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "data"
    with EmbeddedPostgres(path, parameters=FAST) as server:
        server.ensure_databases(["directory"])
        assert query(server, "show data_directory") == str(path.resolve() / "postgres")
    assert cluster_processes(cluster_path(path)) == []


def test_an_interrupted_initdb_leaves_nothing_half_done(data_dir: Path) -> None:
    arguments = [sys.executable, "-c", OWNER.format(more=""), str(data_dir)]
    starting = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with starting:
        wait_until(lambda: any(data_dir.glob("postgres.initdb-*/PG_VERSION")), "initdb at work")
        assert not cluster_path(data_dir).exists()
        initdb = subprocess.run(["pgrep", "-f", f"initdb -D {data_dir}"], capture_output=True, text=True, check=True)
        supervisor = parent_of(int(initdb.stdout.split()[0]))
        os.kill(supervisor, signal.SIGKILL)
        starting.kill()
    unfinished = data_dir / "postgres.initdb-of-a-power-loss"
    unfinished.mkdir(exist_ok=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir, parameters=FAST) as server:
        assert query(server, "select 1", "postgres") == 1
        assert not unfinished.exists()


def test_a_cluster_of_another_version_is_named_with_the_remedy(data_dir: Path) -> None:
    cluster = cluster_path(data_dir)
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(data_dir).start()
    assert str(caught.value).startswith(f"{cluster} is a cluster of PostgreSQL 16, and the embedded server is PostgreSQL")
    assert "pg_upgrade" in str(caught.value)


def test_a_directory_that_is_no_cluster_is_left_alone(data_dir: Path) -> None:
    cluster = cluster_path(data_dir)
    cluster.mkdir(parents=True)
    (cluster / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedPostgresError, match="is no PostgreSQL cluster"):
        EmbeddedPostgres(data_dir).start()
    assert (cluster / "letter.txt").read_text() == "mine"


def test_an_empty_cluster_directory_is_filled(data_dir: Path) -> None:
    cluster_path(data_dir).mkdir(parents=True)
    with EmbeddedPostgres(data_dir, parameters=FAST) as server:
        assert query(server, "select 1", "postgres") == 1


def test_a_failed_start_shows_the_servers_own_words(data_dir: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match='unrecognized configuration parameter "no_such_parameter"'):
        EmbeddedPostgres(data_dir, parameters={**FAST, "no_such_parameter": "1"}).start()
    with EmbeddedPostgres(data_dir, parameters=FAST) as server:
        assert query(server, "select 1", "postgres") == 1


def test_a_data_directory_that_is_a_file_is_refused(data_dir: Path) -> None:
    data_dir.write_text("")
    with pytest.raises(EmbeddedPostgresError, match=f"the data directory {data_dir} cannot be used"):
        EmbeddedPostgres(data_dir).start()


def test_parameters_and_calls_that_cannot_be_are_refused(data_dir: Path) -> None:
    for parameters, message in (
        ({"Port": "1"}, "the server parameter Port is set by the embedded server"),
        ({"a b": "1"}, "'a b' is no server parameter"),
        ({"work_mem": "\0"}, "'work_mem' is no server parameter"),
    ):
        with pytest.raises(EmbeddedPostgresError, match=message):
            EmbeddedPostgres(data_dir, parameters=parameters)
    server = EmbeddedPostgres(data_dir)
    with pytest.raises(EmbeddedPostgresError, match="is not started"):
        server.dsn("directory")
    with pytest.raises(EmbeddedPostgresError, match="holds no program `postgres`"):
        EmbeddedPostgres(data_dir, binaries_dir=data_dir)


@as_root_on_linux
def test_a_socket_directory_of_a_stranger_is_refused(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        Path(runtime).chmod(0o755)
        server = EmbeddedPostgres(data_dir, parameters=FAST)
        with server:
            socket_directory = published_socket_directory(data_dir)
            assert socket_directory is not None
            assert socket_directory.parent == Path(runtime)
        socket_directory.mkdir()
        os.chown(socket_directory, 54321, 54321)
        with pytest.raises(EmbeddedPostgresError, match="belongs to uid 54321"):
            server.start()
