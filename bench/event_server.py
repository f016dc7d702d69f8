"""A server of the hub over a database of measurements, in a process of its own, and a socket that follows its events."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hub.settings import Settings
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind

_SUBSCRIPTION: Final = "subscription { handoffEvents { id cursor type engagementId engagementVersion } }"
_TRY_AGAIN_SECONDS: Final = 0.05
_START_SECONDS: Final = 60


@asynccontextmanager
async def hub_server(dsn: str, directory: Path) -> AsyncIterator[tuple[int, str]]:
    """Its port, and a token of staff. directory: for its signing key."""
    settings = Settings(_env_file=None, data_dir=directory)  # type: ignore[call-arg]
    token = TokenAuthority(settings).mint(Viewer(ViewerKind.STAFF, "Staff"), valid_seconds=3600)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
    environment = {
        "HUB_DSN": dsn,
        "HUB_DATA_DIR": str(directory),
        "HUB_PORT": str(port),
        "HUB_LOG_LEVEL": "error",
        "HUB_COST_BUDGET_PER_MINUTE_STAFF": str(10**9),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub", "serve", env=os.environ | environment)
    try:
        yield port, token
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def following(port: int, token: str) -> AsyncIterator[ClientConnection]:
    """A socket that follows all events from now on, once the server is there."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            opened = await connect(
                f"ws://127.0.0.1:{port}/graphql",
                subprotocols=[Subprotocol("graphql-transport-ws")],
                proxy=None,
                compression=None,
                max_queue=None,
                ping_interval=None,
            )
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
    async with opened as connection:
        await _send(connection, {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        await connection.recv()
        await _send(connection, {"type": "subscribe", "id": "1", "payload": {"query": _SUBSCRIPTION}})
        # A pong comes once the subscription stands.
        await _send(connection, {"type": "ping"})
        while orjson.loads(await connection.recv())["type"] != "pong":
            pass
        yield connection


def event_of(message: str | bytes) -> dict[str, Any]:
    """The event of a message; SystemExit where the server has ended the subscription."""
    parsed = orjson.loads(message)
    if parsed["type"] != "next":
        sys.exit(f"the server says: {parsed}")
    event: dict[str, Any] = parsed["payload"]["data"]["handoffEvents"]
    return event


async def _send(connection: ClientConnection, message: dict[str, Any]) -> None:
    await connection.send(orjson.dumps(message).decode())
