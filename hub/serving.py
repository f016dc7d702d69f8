"""Listens and serves: uvicorn on a socket that is bound first, so that a port in use is told before anything starts."""

import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from hub.connections import BoundedConfig, BoundedHttpProtocol, BoundedWebSocketProtocol
from hub.errors import SetupError
from hub.settings import Settings

log = structlog.get_logger(__name__)

SHUTDOWN_TIMEOUT_SECONDS = 10

# Longer than load balancers keep an idle connection: whoever closes first must be the one that sends next.
KEEP_ALIVE_SECONDS = 75

# A client that takes not a byte of its answer for so long is gone.
STALL_TIMEOUT_SECONDS = 30


# A socket whose client answers no ping is dead, however many bytes it is still owed.
PING_INTERVAL_SECONDS = 20
PING_TIMEOUT_SECONDS = 20


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


def server_config(app: ASGIApp, settings: Settings, *, loop: str = "auto") -> uvicorn.Config:
    """How the app is served, wherever it is served: what a connection may send, and how long it may take."""
    return BoundedConfig(
        app,
        http=BoundedHttpProtocol,
        ws=BoundedWebSocketProtocol,
        arrival_timeout_seconds=settings.body_timeout_seconds,
        stall_timeout_seconds=STALL_TIMEOUT_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING_INTERVAL_SECONDS,
        ws_ping_timeout=PING_TIMEOUT_SECONDS,
        # Compressing each small message costs more than it saves, and memory for every socket.
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="on",
        loop=loop,
        server_header=False,
        # Nothing asks for a client's address.
        proxy_headers=False,
    )


def collect_seldom() -> None:
    """Look for garbage less often than Python does by itself, and not at all among what a server holds from its start.

    A large answer is thousands of objects that all go at once: each search among them finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def serve_on(settings: Settings, bound: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are finished first."""
    from server import create_app

    host, port = bound.getsockname()[:2]
    config = server_config(create_app(settings), settings)
    collect_seldom()
    log.info("listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}")
    uvicorn.Server(config).run(sockets=[bound])
