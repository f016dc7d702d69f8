"""The embedded server as the hub sees it."""

import csv
import io
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from hub.postgres.cluster import cluster_path
from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.installation import PORT, SUPERUSER, Installation
from hub.postgres.lifeline import Lifeline
from hub.postgres.log import log_path
from hub.postgres.parameters import checked_parameters
from hub.postgres.processes import kill_cluster_processes

_REPORT_TIMEOUT_SECONDS = 480.0
"""Past all that the supervisor gives itself for the lock, initdb and the start: a last resort."""
_STOP_TIMEOUT_SECONDS = 90.0
"""Past all that the supervisor gives the steps of a shutdown."""
_POLL_SECONDS = 0.02
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})
_IMPORT_ROOT = Path(__file__).resolve().parents[2]


class EmbeddedPostgres:
    """A PostgreSQL server of the hub's own, in a data directory, reached through a Unix socket.

    It ends with the process that started it, also after kill -9, and loses nothing that was committed. A second
    process that starts one for the same directory attaches to the first one's server (`owned` is then False), with the
    parameters that the first gave. Calls block, for up to a second at the first start, and may come from any thread: in
    an event loop, use `asyncio.to_thread`. In a forked child it is as if attached. Errors: EmbeddedPostgresError.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        parameters: Mapping[str, str] = _NO_PARAMETERS,
        binaries_dir: Path | None = None,
    ) -> None:
        """Describe a server; nothing runs before `start`.

        `parameters` are server parameters as in postgresql.conf, such as {"fsync": "off"}; they take effect in the
        process that owns the server. `binaries_dir` holds other PostgreSQL programs than the package's.
        """
        self.data_dir = Path(data_dir).expanduser().resolve()
        self._parameters = checked_parameters(parameters)
        self._installation = Installation.find(binaries_dir)
        self._mutex = threading.RLock()
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._supervisor_parent_pid = -1
        self._lifeline: Lifeline | None = None
        self._socket_directory: Path | None = None

    @property
    def owned(self) -> bool:
        """Whether the server is this process's own: False before the start, and where it attached to another's."""
        return self._supervisor is not None and self._supervisor_parent_pid == os.getpid()

    @property
    def log_path(self) -> Path:
        """The server's log file, begun anew at each start; the one before is beside it, as `postgres.log.1`."""
        return log_path(self.data_dir)

    def start(self) -> None:
        """Return once the server answers: at once if it does, else after starting it or attaching to another's.

        Makes the cluster the first time, and recovers after a crash. Where the owner of a server that this object was
        attached to is gone, this process becomes the owner.
        """
        with self._mutex:
            if self._still_answers():
                return
            self.stop()
            self._launch()

    def dsn(self, database: str) -> str:
        """The connection string of a database, for asyncpg and libpq alike. After `start`."""
        host = quote(str(self._started()), safe="")
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def ensure_databases(self, names: Iterable[str]) -> None:
        """Create those of the databases that are missing. Processes that do so at the same time do not disturb."""
        with self._mutex:
            present = self._databases()
            for name in dict.fromkeys(names):
                if name in present:
                    continue
                outcome = self._installation.run_client("createdb", "--", name, socket_directory=self._started())
                if outcome.returncode != 0 and name not in self._databases():
                    raise EmbeddedPostgresError(f"cannot create the database {name!r}: {outcome.stderr.strip()}")

    def stop(self) -> None:
        """Shut the server down, ending its sessions, and return when it is gone; from another's, just detach."""
        with self._mutex:
            supervisor, owned = self._supervisor, self.owned
            if self._lifeline is not None:
                self._lifeline.close()
            self._supervisor = self._lifeline = self._socket_directory = None
            if supervisor is None or not owned:
                return
            try:
                supervisor.wait(_STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired as error:
                supervisor.kill()
                supervisor.wait()
                raise EmbeddedPostgresError(
                    f"the server of {self.data_dir} did not stop within {_STOP_TIMEOUT_SECONDS:g} s and was ended by "
                    f"force; see {self.log_path}"
                ) from error

    def kill(self) -> None:
        """Kill all processes of the server with SIGKILL, as a crash of the machine would; `start` then recovers.

        For tests of faults. Only the owner may: EmbeddedPostgresError otherwise.
        """
        with self._mutex:
            if self._supervisor is None or not self.owned:
                raise EmbeddedPostgresError(f"this process does not own a server in {self.data_dir}: nothing to kill")
            kill_cluster_processes(cluster_path(self.data_dir))
            self._supervisor.kill()
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    def _started(self) -> Path:
        if self._socket_directory is None:
            raise EmbeddedPostgresError(f"the server of {self.data_dir} is not started: call start() first")
        return self._socket_directory

    def _still_answers(self) -> bool:
        if self._socket_directory is None:
            return False
        # A server that is ours may be recovering from the crash of a backend: wait for as long as it is there.
        while not self._installation.answers(self._socket_directory):
            if self._supervisor is None or not self.owned or self._supervisor.poll() is not None:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _databases(self) -> set[str]:
        listing = self._installation.run_client("psql", "--no-psqlrc", "--csv", "--list", socket_directory=self._started())
        if listing.returncode != 0:
            raise EmbeddedPostgresError(f"cannot list the databases of the server of {self.data_dir}: {listing.stderr.strip()}")
        return {row["Name"] for row in csv.DictReader(io.StringIO(listing.stdout))}

    def _launch(self) -> None:
        lifeline = Lifeline()
        with tempfile.TemporaryFile() as complaints:
            try:
                supervisor = self._spawn_supervisor(lifeline, complaints)
            except BaseException:
                lifeline.close()
                raise
            self._supervisor, self._lifeline, self._supervisor_parent_pid = supervisor, lifeline, os.getpid()
            try:
                report = self._read_report(supervisor, complaints)
            except BaseException:
                # Interrupted, too: what was begun ends.
                self.stop()
                raise
        self._socket_directory = Path(report["socket_directory"])
        if not report["owned"]:
            socket_directory = self._socket_directory
            self.stop()
            self._socket_directory = socket_directory

    def _spawn_supervisor(self, lifeline: Lifeline, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        search_path = os.pathsep.join(filter(None, [str(_IMPORT_ROOT), os.environ.get("PYTHONPATH")]))
        arguments = ["--data-dir", str(self.data_dir), "--binaries-dir", str(self._installation.binaries_dir)]
        for name, value in self._parameters.items():
            arguments += ["--parameter", f"{name}={value}"]
        try:
            return subprocess.Popen(
                # -P: modules are searched where the hub's own lie, not in the working directory.
                [sys.executable, "-P", "-m", "hub.postgres.supervisor", *arguments],
                env={**os.environ, "PYTHONPATH": search_path},
                cwd="/",
                stdin=lifeline.read_descriptor,
                stdout=subprocess.PIPE,
                stderr=complaints,
                # Ctrl-C in the hub's terminal reaches the hub alone, which then stops the server in its order.
                start_new_session=True,
            )
        finally:
            lifeline.hand_reader_over()

    def _read_report(self, supervisor: subprocess.Popen[bytes], complaints: IO[bytes]) -> dict[str, Any]:
        assert supervisor.stdout is not None
        line = b""
        with supervisor.stdout as pipe:
            poll = select.poll()
            poll.register(pipe, select.POLLIN | select.POLLHUP)
            deadline = time.monotonic() + _REPORT_TIMEOUT_SECONDS
            while not line.endswith(b"\n"):
                if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise EmbeddedPostgresError(
                        f"the supervisor of {self.data_dir} said nothing for {_REPORT_TIMEOUT_SECONDS:g} s"
                    )
                part = os.read(pipe.fileno(), 65536)
                if not part:
                    break
                line += part
        if not line:
            code = supervisor.wait()
            complaints.seek(0)
            words = complaints.read().decode(errors="replace").strip()
            raise EmbeddedPostgresError(f"the supervisor of {self.data_dir} ended with {code} before a word: {words}")
        report: dict[str, Any] = json.loads(line)
        if "error" in report:
            raise EmbeddedPostgresError(report["error"])
        return report
