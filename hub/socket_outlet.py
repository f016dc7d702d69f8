"""What is written to a WebSocket beside answers: events, as frames that many sockets share, and no more than may be held."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.connections import SOCKET, BoundedWebSocketProtocol
from hub.socket_close import Closing, close
from hub.streams import MOST_HELD_BYTES, Delivery, Encoded

_TEXT_FRAME: Final = 0x81
_CLOSE_TIMEOUT_SECONDS: Final = 5


class SocketOutlet:
    """The writing end of one socket. `on_slow` is called once where its reader does not keep up."""

    __slots__ = ("_on_slow", "_protocol", "_pump", "_queue", "_queued_bytes", "_websocket")

    def __init__(self, websocket: WebSocket, on_slow: Callable[[], None]) -> None:
        self._websocket = websocket
        self._on_slow = on_slow
        # Served by another server than `python -m hub serve`, there is ASGI alone: messages are queued here.
        self._protocol: BoundedWebSocketProtocol | None = websocket.scope.get("extensions", {}).get(SOCKET)
        self._queue: list[tuple[bytes, Sequence[Encoded]]] = []
        self._queued_bytes = 0
        self._pump: asyncio.Task[None] | None = None

    def send(self, prefix: bytes, delivery: Delivery) -> None:
        """Send events, each as a message that begins so."""
        if self._protocol is None:
            self._enqueue(prefix, delivery)
            return
        frames = delivery.written(prefix, frames_of)
        if not self._protocol.write_frames(frames, MOST_HELD_BYTES):
            self._on_slow()

    async def drained(self) -> None:
        """Wait until the reader has taken most of what it was sent."""
        if self._protocol is not None:
            await self._protocol.writable.wait()
        elif self._pump is not None:
            await asyncio.wait([self._pump])

    async def close(self, closing: Closing) -> None:
        """Close the socket, whether or not its reader takes what it is owed."""
        if self._pump is not None:
            self._pump.cancel()
        if self._protocol is not None:
            self._protocol.close_now(closing.code, closing.reason)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_SECONDS):
                await close(self._websocket, closing)

    def _enqueue(self, prefix: bytes, delivery: Delivery) -> None:
        size = sum(len(event.payload) for event in delivery.events)
        if self._queued_bytes and self._queued_bytes + size > MOST_HELD_BYTES:
            self._on_slow()
            return
        self._queue.append((prefix, delivery.events))
        self._queued_bytes += size
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._send_queued())

    async def _send_queued(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while self._queue:
                prefix, events = self._queue.pop(0)
                for event in events:
                    await self._websocket.send_text((prefix + event.payload + b"}").decode())
                    self._queued_bytes -= len(event.payload)


def frames_of(events: Sequence[Encoded], prefix: bytes) -> bytes:
    """Events as frames of text messages (RFC 6455, 5.2), of a server: whole, and not masked."""
    parts: list[Any] = []
    for event in events:
        payload = event.payload
        size = len(prefix) + len(payload) + 1
        if size < 126:
            head = bytes((_TEXT_FRAME, size))
        elif size < 65_536:
            head = bytes((_TEXT_FRAME, 126)) + size.to_bytes(2)
        else:
            head = bytes((_TEXT_FRAME, 127)) + size.to_bytes(8)
        parts += (head, prefix, payload, b"}")
    return b"".join(parts)
