"""Load for a server: the same request over and over, on a few connections that are kept alive."""

import asyncio
import time
from typing import Final

import orjson

from bench.server_process import ServerProcess

CONNECTIONS: Final = 2
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


class RequestFailed(Exception):
    """An answer other than 200, or none."""


def graphql_request(path: str, token: str, query: str, variables: dict[str, str] | None = None) -> bytes:
    """A GraphQL request as a browser's fetch would send it, ready to be written to a socket."""
    body = orjson.dumps({"query": query, "variables": variables or {}})
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\naccept: application/json\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


class Load:
    """Connections to one server."""

    def __init__(self, connections: list["_Connection"]) -> None:
        self._connections = connections

    @classmethod
    async def open(cls, server: ServerProcess) -> "Load":
        """Connect; `close` it."""
        loop = asyncio.get_running_loop()
        opened = [await loop.create_connection(_Connection, "127.0.0.1", server.port) for _ in range(CONNECTIONS)]
        return cls([connection for _, connection in opened])

    def close(self) -> None:
        """Disconnect."""
        for connection in self._connections:
            connection.close()

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer to one request."""
        return await self._connections[0].ask(request)

    async def run(self, request: bytes, *, seconds: float) -> int:
        """Send it for so long, each connection one at a time: how often it was answered."""
        until = time.perf_counter() + seconds

        async def repeat(connection: _Connection) -> int:
            answered = 0
            while time.perf_counter() < until:
                await connection.ask(request)
                answered += 1
            return answered

        return sum(await asyncio.gather(*map(repeat, self._connections)))


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = bytearray()
        self._length = 0
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(RequestFailed("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()

    async def ask(self, request: bytes) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._length = 0
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length:
            end = self._received.find(_END_OF_HEAD)
            if end < 0:
                return
            head = bytes(self._received[:end]).lower()
            self._length = end + len(_END_OF_HEAD) + int(head[head.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0])
        if len(self._received) == self._length and self._answer is not None and not self._answer.done():
            if b" 200 " in self._received[:13]:
                self._answer.set_result(bytes(self._received[self._received.find(_END_OF_HEAD) + len(_END_OF_HEAD) :]))
            else:
                self._answer.set_exception(RequestFailed(bytes(self._received[:2000]).decode(errors="replace")))
