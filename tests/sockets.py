"""A client of the hub's socket, frame by frame: what a library for GraphQL would hide, or refuse to send."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hub.settings import Settings
from hub.tokens import TokenAuthority
from hub.viewer import Viewer
from server import create_app
from tests.conftest import STAFF, serving

PROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE_SECONDS = 20

Message = dict[str, Any]


@dataclass(frozen=True)
class Socket:
    """One connection."""

    connection: ClientConnection

    async def send(self, message: Message | str | bytes) -> None:
        """Send a message, or a frame as it is."""
        await self.connection.send(json.dumps(message) if isinstance(message, dict) else message)

    async def receive(self) -> Message:
        """The next message."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message: Message = json.loads(await self.connection.recv())
        return message

    async def closing(self) -> tuple[int, str]:
        """The code and the reason of the close that comes next, before any message."""
        with pytest.raises(websockets.ConnectionClosed) as closed:
            raise AssertionError(f"no close but {await self.receive()}")
        close = closed.value.rcvd
        assert close is not None
        return close.code, close.reason

    async def ask(self, id: str, query: str, **variables: Any) -> None:
        """Subscribe to an operation."""
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def answer(self, id: str) -> Message:
        """The next answer to an operation, which then completes."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id), message
        assert await self.receive() == {"id": id, "type": "complete"}
        payload: Message = message["payload"]
        return payload

    async def refusal(self, id: str) -> Message:
        """The one error of an operation that is refused."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", id), message
        (error,) = message["payload"]
        found: Message = error
        return found


@dataclass(frozen=True)
class Server:
    """A server to connect to, tokens that it takes, and the position up to which its subscribers have been told."""

    url: str
    token: Callable[..., str]
    told: Callable[[], int]

    @contextlib.asynccontextmanager
    async def socket(
        self, protocol: Subprotocol | None = PROTOCOL, *, receive_buffer_bytes: int | None = None
    ) -> AsyncIterator[Socket]:
        """A socket without credentials. receive_buffer_bytes: what the client's kernel takes before the client reads."""
        subprotocols = None if protocol is None else [protocol]
        address = urlsplit(self.url)
        with socket.socket() as bound:
            if receive_buffer_bytes is not None:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            bound.setblocking(False)
            await asyncio.get_running_loop().sock_connect(bound, (address.hostname, address.port))
            async with connect(f"{self.url}/graphql", subprotocols=subprotocols, proxy=None, sock=bound) as connection:
                yield Socket(connection)

    @contextlib.asynccontextmanager
    async def initialised(self, viewer: Viewer = STAFF, *, receive_buffer_bytes: int | None = None) -> AsyncIterator[Socket]:
        """A socket of a viewer."""
        async with self.socket(receive_buffer_bytes=receive_buffer_bytes) as opened:
            await opened.send({"type": "connection_init", "payload": {"authorization": f"Bearer {self.token(viewer)}"}})
            assert await opened.receive() == {"type": "connection_ack"}
            yield opened


@contextlib.asynccontextmanager
async def socket_server(settings: Settings) -> AsyncIterator[Server]:
    """The whole server with these settings."""
    app = create_app(settings)
    async with serving(settings, app) as base:
        authority = TokenAuthority(settings)

        def token(viewer: Viewer, valid_seconds: int = 60) -> str:
            return authority.mint(viewer, valid_seconds=valid_seconds)

        yield Server(base.replace("http:", "ws:"), token, lambda: app.state.event_log.head.number)
