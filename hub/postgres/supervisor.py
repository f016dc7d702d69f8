"""The process between the hub and its server: `python -m hub.postgres.supervisor --data-dir DIR ...`.

It holds the lock of the data directory and one end of a pipe, its standard input. At end of file there (the hub stopped
the server, ended, crashed, or was killed) it shuts the server down and ends. Should it be killed itself, the kernel
tells the server. On standard output it writes one line of JSON, once: `{"socket_directory": ..., "owned": ...}` when
the server answers, or `{"error": ...}`.
"""

import argparse
import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.postgres.cluster import cluster_path, ensure_cluster
from hub.postgres.errors import EmbeddedPostgresError
from hub.postgres.identity import choose_identity
from hub.postgres.installation import Installation, major_version
from hub.postgres.log import BoundedLog, log_path
from hub.postgres.parameters import command_line
from hub.postgres.processes import end_cluster_processes, postmaster_is_ready, remove_misleading_pid_file
from hub.postgres.runtime import (
    make_socket_directory,
    publish_socket_directory,
    published_socket_directory,
    try_lock,
    withdraw_socket_directory,
)

LOCK_TIMEOUT_SECONDS = 60.0
START_TIMEOUT_SECONDS = 120.0
"""Long, because after a crash the server first replays what it had written since its last checkpoint."""
SHUTDOWN_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""A fast shutdown, an immediate one, and the end; with the seconds that each is given."""

_START_POLL_SECONDS = 0.01
_LOCK_POLL_SECONDS = 0.05
_SHOWN_LINES = 15


class _Requests:
    """Whatever asks the supervisor to end or wakes it: the hub's pipe, and signals."""

    def __init__(self) -> None:
        self.stop_requested = False
        self._wakeup, write_end = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop_signal)
        # Not ignored, so that the end of a child wakes the poll.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._poll = select.poll()
        self._poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
        self._poll.register(self._wakeup, select.POLLIN)

    def _on_stop_signal(self, number: int, frame: object) -> None:
        self.stop_requested = True

    def watch(self, descriptor: int) -> None:
        self._poll.register(descriptor, select.POLLIN | select.POLLHUP)

    def unwatch(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)

    def wait(self, timeout_seconds: float | None) -> set[int]:
        """Wait for a request, a signal, or a watched descriptor; the watched ones that have something to read."""
        timeout = None if timeout_seconds is None else max(0, round(timeout_seconds * 1000))
        ready = {descriptor for descriptor, _ in self._poll.poll(timeout)}
        if self._wakeup in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)
        if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
            self.stop_requested = True
            self._poll.unregister(sys.stdin.fileno())
        return ready


class _Server:
    """One run of `postgres`, from its start to the end of all its processes."""

    def __init__(self, data_dir: Path, installation: Installation, parameters: Mapping[str, str]) -> None:
        identity, version_line = choose_identity(installation, data_dir)
        self._data_dir = data_dir
        end_cluster_processes(cluster_path(data_dir))
        self._cluster = ensure_cluster(data_dir, installation, identity, major_version(version_line), parameters)
        remove_misleading_pid_file(self._cluster)
        self._log = BoundedLog(log_path(data_dir))
        self._socket_directory = make_socket_directory(data_dir, identity)
        self._output, write_end = os.pipe()
        os.set_blocking(self._output, False)
        try:
            self._process = identity.spawn(
                [
                    installation.program("postgres"),
                    *command_line(self._cluster, self._socket_directory, parameters),
                ],
                output=write_end,
                # An immediate shutdown: the postmaster takes its backends along, which SIGKILL would leave behind.
                death_signal=signal.SIGQUIT,
            )
        finally:
            os.close(write_end)
        self._failure: str | None = None
        self._ready = False

    def run(self, requests: _Requests) -> None:
        """Serve until asked to end, or until the server ends; leave nothing behind but the cluster and the log."""
        try:
            requests.watch(self._output)
            self._watch(requests)
        finally:
            withdraw_socket_directory(self._data_dir)
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGQUIT)
            # A postmaster that was killed leaves backends.
            end_cluster_processes(self._cluster)
            self._process.wait()
            self._copy_output()
            shutil.rmtree(self._socket_directory, ignore_errors=True)
        if not self._ready:
            raise EmbeddedPostgresError(
                f"the server of {self._cluster} {self._failure or f'ended with {self._process.returncode}'} while "
                f"starting; the last lines of {log_path(self._data_dir)}:\n{self._log.tail(_SHOWN_LINES)}"
            )

    def _watch(self, requests: _Requests) -> None:
        start_deadline = time.monotonic() + START_TIMEOUT_SECONDS
        steps = iter(SHUTDOWN_STEPS)
        step_deadline: float | None = None
        while self._process.poll() is None:
            if not self._ready and self._failure is None:
                self._look_whether_ready()
                if not self._ready and time.monotonic() > start_deadline:
                    self._failure = f"did not answer within {START_TIMEOUT_SECONDS:g} s"
            stopping = requests.stop_requested or self._failure is not None
            if stopping and (step_deadline is None or time.monotonic() >= step_deadline):
                withdraw_socket_directory(self._data_dir)
                request, patience_seconds = next(steps, SHUTDOWN_STEPS[-1])
                self._process.send_signal(request)
                step_deadline = time.monotonic() + patience_seconds
            timeout_seconds = None
            if step_deadline is not None:
                timeout_seconds = step_deadline - time.monotonic()
            elif not self._ready:
                timeout_seconds = _START_POLL_SECONDS
            if self._output in requests.wait(timeout_seconds) and not self._copy_output():
                requests.unwatch(self._output)

    def _look_whether_ready(self) -> None:
        if postmaster_is_ready(self._cluster, self._process.pid):
            self._ready = True
            publish_socket_directory(self._data_dir, self._socket_directory)
            _report({"socket_directory": str(self._socket_directory), "owned": True})

    def _copy_output(self) -> bool:
        """Move what the server has said into its log; False at end of file."""
        with contextlib.suppress(BlockingIOError):
            while text := os.read(self._output, 65536):
                self._log.write(text)
            return False
        return True


def _report(message: Mapping[str, Any]) -> None:
    # The hub may be gone: then there is nobody to tell, and end of file on the pipe does the rest.
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


def _lock_or_attach(data_dir: Path, installation: Installation, requests: _Requests) -> bool:
    """True with the lock held; False once it is reported that another supervisor's server answers, or on request.

    The lock may be held by a supervisor whose server still starts, or already stops: then wait for either outcome.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while try_lock(data_dir) is None:
        socket_directory = published_socket_directory(data_dir)
        if socket_directory is not None and installation.answers(socket_directory):
            _report({"socket_directory": str(socket_directory), "owned": False})
            return False
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"{data_dir} is held by another supervisor, whose server has not answered for "
                f"{LOCK_TIMEOUT_SECONDS:g} s: see {log_path(data_dir)}, "
                f"and end the process that holds {data_dir / 'supervisor.lock'}"
            )
        requests.wait(_LOCK_POLL_SECONDS)
        if requests.stop_requested:
            return False
    return True


def main() -> int:
    """Run the supervisor with the arguments of the command line; the exit code is 1 after a reported error."""
    parser = argparse.ArgumentParser(description="Keeps one PostgreSQL server for as long as standard input is open.")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--binaries-dir", type=Path, required=True)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    parameters = dict(pair.split("=", 1) for pair in arguments.parameter)
    requests = _Requests()
    installation = Installation(arguments.binaries_dir)
    try:
        arguments.data_dir.mkdir(parents=True, exist_ok=True)
        if _lock_or_attach(arguments.data_dir, installation, requests):
            server = _Server(arguments.data_dir, installation, parameters)
            server.run(requests)
    except EmbeddedPostgresError as error:
        _report({"error": str(error)})
        return 1
    except OSError as error:
        _report({"error": f"the data directory {arguments.data_dir} cannot be used: {error}"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
