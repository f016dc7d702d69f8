"""A server under measurement, in a process of its own, on a free port of the loopback; it ends with the bench."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

_STOP_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """Where a server listens, and which process it is."""

    pid: int
    port: int


@contextmanager
def serving(module: str, *arguments: str, settings: Mapping[str, str]) -> Iterator[ServerProcess]:
    """Run `python -m module`, which calls `serve`. settings: the HUB_… of its own. A request waits until it has started."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(bound.fileno()), *arguments],
            stdin=subprocess.PIPE,
            pass_fds=[bound.fileno()],
            env=os.environ | settings,
        )
    try:
        yield ServerProcess(process.pid, port)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(config: uvicorn.Config) -> None:
    """Serve on the socket that `serving` gave, until whoever called that is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with socket.socket(fileno=int(sys.argv[1])) as bound:
        uvicorn.Server(config).run(sockets=[bound])


def bare_config(app: ASGIApp) -> uvicorn.Config:
    """uvicorn as a baseline runs it: the loop and the parser of the hub, without the hub's bounds."""
    return uvicorn.Config(
        app, http="httptools", ws="none", loop="uvloop", log_config=None, access_log=False, server_header=False, lifespan="auto"
    )


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
