"""Listens and serves: uvicorn on a socket that is bound first, so that a port in use is told before anything starts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from hub.errors import SetupError
from hub.settings import Settings

log = structlog.get_logger(__name__)

SHUTDOWN_TIMEOUT_SECONDS = 10


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """The socket at HUB_HOST and HUB_PORT; SetupError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SetupError(f"HUB_HOST: cannot resolve {settings.host!r}: {error.strerror}.") from error
    with bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
        except OSError as error:
            raise SetupError(
                f"HUB_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HUB_HOST or HUB_PORT."
            ) from error
        yield bound


def serve_on(settings: Settings, bound: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished first."""
    from server import create_app

    host, port = bound.getsockname()[:2]
    log.info("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}")
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[bound])
