"""Subscribers for measurements: many WebSockets of one process that cost it little, as only the server is measured."""

import asyncio
import os
import resource
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Final

import orjson

_CONNECTING_AT_ONCE: Final = 100
_TIMEOUT_SECONDS: Final = 60

_UPGRADE: Final = (
    "GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: {key}\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)


class Subscriber(asyncio.Protocol):
    """One socket with one subscription. `messages` are its `next`s, as text; they are kept only where `keeps` is set."""

    def __init__(self, token: str, query: str) -> None:
        self._token = token
        self._query = query
        self._received = bytearray()
        self._has_head = False
        self.is_acknowledged = asyncio.get_running_loop().create_future()
        self.count = 0
        self.keeps = False
        self.messages: list[bytes] = []
        self.on_next: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(_UPGRADE.format(key=b64encode(os.urandom(16)).decode()).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """A socket that ends before the measurement does is its failure."""
        if not self.is_acknowledged.done():
            self.is_acknowledged.set_exception(ConnectionError(f"closed: {bytes(self._received)!r} {exc}"))

    def data_received(self, data: bytes) -> None:
        """Take messages apart."""
        received = self._received
        received += data
        if not self._has_head:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            assert received.startswith(b"HTTP/1.1 101"), bytes(received)
            del received[: end + 4]
            self._has_head = True
            self._send({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}})
        while len(received) >= 2:
            size, start = received[1], 2
            if size == 126:
                size, start = int.from_bytes(received[2:4]), 4
            elif size == 127:
                size, start = int.from_bytes(received[2:10]), 10
            if len(received) < start + size:
                return
            self._take(received[0], bytes(received[start : start + size]))
            del received[: start + size]

    def _take(self, first: int, message: bytes) -> None:
        if first == 0x89:
            self._frame(0x8A, message)
        elif first == 0x81 and b'"next"' in message[:80]:
            self.count += 1
            if self.keeps:
                self.messages.append(message)
            self.on_next()
        elif first == 0x81 and orjson.loads(message) == {"type": "connection_ack"}:
            # The answer to the ping tells that the subscription has begun, as messages are taken in order.
            self._send({"id": "1", "type": "subscribe", "payload": {"query": self._query}})
            self._send({"type": "ping"})
        elif first == 0x81 and orjson.loads(message)["type"] == "pong":
            self.is_acknowledged.set_result(None)
        else:
            raise AssertionError(message)

    def _send(self, message: object) -> None:
        self._frame(0x81, orjson.dumps(message))

    def _frame(self, first: int, payload: bytes) -> None:
        # Masked with zeros, which leaves the payload as it is.
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
        self.transport.write(bytes([first]) + size + bytes(4) + payload)


async def subscribe(port: int, tokens: Sequence[str], query: str) -> list[Subscriber]:
    """A subscriber for each token."""
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def connect(token: str) -> Subscriber:
        async with places, asyncio.timeout(_TIMEOUT_SECONDS):
            _, subscriber = await loop.create_connection(lambda: Subscriber(token, query), "127.0.0.1", port)
            await subscriber.is_acknowledged
        return subscriber

    async with asyncio.timeout(_TIMEOUT_SECONDS * 5):
        return list(await asyncio.gather(*map(connect, tokens)))


def close(subscribers: Sequence[Subscriber]) -> None:
    """Disconnect."""
    for subscriber in subscribers:
        subscriber.transport.abort()


def allow_open_files(count: int) -> None:
    """Let this process, and those that it starts, have so many sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count:
        most = count
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, most))
