"""CPU that processes of this machine have used, all their threads together, to the nanosecond; Linux only."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from hub.errors import SetupError


class PostgresCpu:
    """The CPU of a whole PostgreSQL server on this machine."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster

    @classmethod
    async def of(cls, dsn: str) -> "PostgresCpu":
        """The server at a DSN; SetupError where it does not run on this machine."""
        connection = await asyncpg.connect(dsn)
        try:
            postmaster = dict(_processes()).get(await connection.fetchval("SELECT pg_backend_pid()"))
        finally:
            await connection.close()
        if postmaster is None:
            raise SetupError("HUB_DSN: CPU is read from /proc, so the server must run on this machine, outside any container.")
        return cls(postmaster)

    def seconds(self) -> float:
        """What its processes have used so far, those that have ended too: they to the clock tick, 10 ms."""
        return _ended_seconds(self._postmaster) + sum(
            process_seconds(pid) for pid, parent in _processes() if parent == self._postmaster
        )


def process_seconds(pid: int) -> float:
    """What a process has used so far; 0 where it has ended."""
    # clock_getcpuclockid(3), which Python has for threads only: the clock of all that the kernel's scheduler gave the process.
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | 2)
    return 0.0


def resident_bytes(pid: int) -> int:
    """The memory of a process that is not swapped out."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def _ended_seconds(parent: int) -> float:
    """What the children of a process used that have ended."""
    fields = Path(f"/proc/{parent}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _processes() -> Iterator[tuple[int, int]]:
    """Every process and its parent."""
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in parentheses, may hold anything.
            fields = (directory / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield int(directory.name), int(fields[1])
