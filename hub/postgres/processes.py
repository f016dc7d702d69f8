"""The processes of a cluster: finding those that outlived their supervisor, and ending them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hub.postgres.errors import EmbeddedPostgresError

_POLL_SECONDS = 0.01
_QUIT_SECONDS = 10.0
_KILL_SECONDS = 10.0
_PS_TIMEOUT_SECONDS = 10.0


def cluster_processes(cluster: Path) -> list[int]:
    """Pids of the live server processes of a cluster; elsewhere than on Linux, of its postmaster alone."""
    if sys.platform == "linux":
        try:
            wanted = cluster.stat()
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and _works_in(name, wanted)]
    pid = postmaster_pid(cluster)
    if pid is None:
        return []
    listing = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, timeout=_PS_TIMEOUT_SECONDS
    )
    return [pid] if "postgres" in listing.stdout and str(cluster) in listing.stdout else []


def _works_in(pid: str, directory: os.stat_result) -> bool:
    # Every server process works in its cluster's directory. A zombie has no working directory any more.
    try:
        command = Path("/proc", pid, "comm").read_text()
        return command == "postgres\n" and os.path.samestat(os.stat(f"/proc/{pid}/cwd"), directory)
    except OSError:
        return False


def postmaster_pid(cluster: Path) -> int | None:
    """The pid in the cluster's postmaster.pid, alive or not; None without such a file."""
    lines = _pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def postmaster_is_ready(cluster: Path, pid: int) -> bool:
    """Whether that postmaster has noted in its pid file, as `pg_ctl` reads it, that it accepts connections."""
    lines = _pid_file_lines(cluster)
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _pid_file_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def end_cluster_processes(cluster: Path) -> None:
    """End what still runs in a cluster whose lock we hold: an immediate shutdown, by force where that takes too long.

    Such a process lost its supervisor or its postmaster. What it committed is in the log, and recovered at the start.
    """
    for request, patience_seconds in ((signal.SIGQUIT, _QUIT_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
        deadline = time.monotonic() + patience_seconds
        signalled: set[int] = set()
        while pids := cluster_processes(cluster):
            for pid in set(pids) - signalled:
                _send(pid, request)
                signalled.add(pid)
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        else:
            return
    raise EmbeddedPostgresError(f"processes of the cluster {cluster} do not end: {cluster_processes(cluster)}")


def kill_cluster_processes(cluster: Path) -> None:
    """SIGKILL every server process, the postmaster first, so that none shuts down in order; return when all are gone.

    A backend that is not killed itself would end in order once it sees that its postmaster is gone.
    """
    deadline = time.monotonic() + _KILL_SECONDS
    postmaster = postmaster_pid(cluster)
    while pids := cluster_processes(cluster):
        for pid in sorted(pids, key=lambda pid: pid != postmaster):
            _send(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"processes of the cluster {cluster} survive SIGKILL: {pids}")
        time.sleep(_POLL_SECONDS)


def remove_misleading_pid_file(cluster: Path) -> None:
    """Remove a postmaster.pid whose pid now belongs to a stranger: PostgreSQL would take that for a running server.

    For the holder of the lock, once no process of the cluster is left. A pid of no process PostgreSQL handles itself.
    """
    pid = postmaster_pid(cluster)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        with contextlib.suppress(PermissionError):
            os.kill(pid, 0)
        (cluster / "postmaster.pid").unlink()


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
