"""What tests of the embedded PostgreSQL ask of a server and of its processes."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.postgres import EmbeddedPostgres
from hub.postgres.cluster import cluster_path
from hub.postgres.processes import postmaster_pid

FAST = {"fsync": "off", "shared_buffers": "16MB"}
DEADLINE_SECONDS = 30.0

as_root_on_linux = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="changes of user need root on Linux")


def query(server: EmbeddedPostgres, statement: str, database: str = "directory") -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(server.dsn(database), timeout=DEADLINE_SECONDS)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def prepare(server: EmbeddedPostgres) -> None:
    server.ensure_databases(["directory"])
    query(server, "create table partners (name text)")
    query(server, "insert into partners values ('東京会計')")


def names(server: EmbeddedPostgres) -> Any:
    return query(server, "select array_agg(name order by name) from partners")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:g} s: {what}"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def living_postmaster(directory: Path) -> int:
    pid = postmaster_pid(cluster_path(directory))
    assert pid is not None
    assert not is_gone(pid)
    return pid


def parent_of(pid: int) -> int:
    listing = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(listing.stdout)
