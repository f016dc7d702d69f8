"""Connections to clients, bounded where uvicorn's own protocols are not: slow or huge heads, bodies nobody reads, dead peers.

A client that does not send a whole head in time is disconnected, as is one that takes no byte of its answer; a head that is too
large is answered 431; what comes of a body after its answer is thrown away, up to a bound.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

MAX_HEAD_BYTES = 65_536
"""Request line and headers together. A GET carries its query there."""

MAX_UNREAD_BODY_BYTES = 8 * 1_048_576
"""So much of a body is taken after the request was answered, so that a client that sends on does get its answer."""


_LAST_HEAD: Final = b"content-length: %d\r\nconnection: close\r\n\r\n"


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration and the times that the protocols below keep."""

    def __init__(self, *arguments: Any, arrival_timeout_seconds: float, stall_timeout_seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.arrival_timeout_seconds = arrival_timeout_seconds
        self.stall_timeout_seconds = stall_timeout_seconds


class _HeadTooLarge(Exception):
    """More than MAX_HEAD_BYTES."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    config: BoundedConfig

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reading_head = True
        self._heads = 0
        self._head_bytes = 0
        self._unread_bytes = 0
        self._arrival_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._on_shutdown: Callable[[], None] | None = None
        self._await_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        self._moved()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        was_reading_head, heads = self._reading_head, self._heads
        super().data_received(data)
        if was_reading_head and heads == self._heads and not self.transport.is_closing():
            # The parser keeps an unfinished header to itself: what came is counted here, what is finished below.
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("")
            elif self._arrival_timer is None:
                self._await_arrival()

    def on_headers_complete(self) -> None:
        self._head_bytes = len(self.url) + sum(map(len, chain.from_iterable(self.headers)))
        if self._head_bytes > MAX_HEAD_BYTES:
            raise _HeadTooLarge
        self._reading_head = False
        self._heads += 1
        self._unread_bytes = 0
        self._arrived()
        self._on_shutdown = None
        super().on_headers_complete()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {
            **scope.get("extensions", {}),
            ON_SHUTDOWN: self._set_on_shutdown,
            ANSWER: partial(self._answer, self.cycle),
        }

    def _answer(self, cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
        """Send a whole response at once; False where it has to go the way of ASGI.

        head: the lines of its own headers, without content-length. ASGI's messages would be written one by one, and each of the
        headers looked at.
        """
        is_plain = not (cycle.response_started or cycle.disconnected or cycle.access_log or self.flow.write_paused)
        if not is_plain or cycle.scope["method"] == "HEAD":
            return False
        lines = [STATUS_LINE[status], *(b"%s: %s\r\n" % header for header in cycle.default_headers), head]
        lines.append(b"content-length: %d\r\n\r\n" % len(body) if cycle.keep_alive else _LAST_HEAD % len(body))
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        self.transport.write(b"".join((*lines, body)))
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def shutdown(self) -> None:
        """The server stops: what is under way is finished, and what would never be is told to end."""
        super().shutdown()
        if self._on_shutdown is not None:
            self._on_shutdown()

    def _set_on_shutdown(self, call: Callable[[], None]) -> None:
        self._on_shutdown = call

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > MAX_UNREAD_BODY_BYTES:
                self.transport.abort()
                return
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading_head = True
        self._head_bytes = 0
        self._arrived()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch_progress()
        elif not self._reading_head and not self.transport.is_closing():
            # Answered before its body was there: the rest is waited for, but not for ever.
            self._await_arrival()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._moved()
        if self.transport.get_write_buffer_size():
            self._watch_progress()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser could not make out, or would not."""
        if self._head_bytes <= MAX_HEAD_BYTES:
            super().send_400_response(msg)
            return
        text = b"The request's head must have at most %d bytes; send long queries by POST." % MAX_HEAD_BYTES
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(text)
        self.transport.write(STATUS_LINE[431] + head + text)
        self.transport.close()

    def _await_arrival(self) -> None:
        self._arrived()
        self._arrival_timer = self.loop.call_later(self.config.arrival_timeout_seconds, self._late)

    def _arrived(self) -> None:
        if self._arrival_timer is not None:
            self._arrival_timer.cancel()
            self._arrival_timer = None

    def _late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The head of the next request is late while this one is being answered.
            self._await_arrival()
        else:
            self.transport.abort()

    def _watch_progress(self) -> None:
        if self._stall_timer is None:
            unsent = self.transport.get_write_buffer_size()
            self._stall_timer = self.loop.call_later(self.config.stall_timeout_seconds, self._check_progress, unsent)

    def _moved(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _check_progress(self, unsent_before: int) -> None:
        self._stall_timer = None
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent >= unsent_before:
            self.transport.abort()
        elif unsent:
            self._watch_progress()


SOCKET: Final = "partner_hub.socket"
"""The extension of a WebSocket's scope in which the protocol itself is handed to the app."""

ANSWER: Final = "partner_hub.answer"
"""The extension of a request's scope that sends a whole response: `answer(status, head, body)`, whether it was sent."""

ON_SHUTDOWN: Final = "partner_hub.on_shutdown"
"""The extension of a request's scope to be called once the server stops: an answer that has no end is ended."""


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection.

    Messages that go to many sockets are written here as frames, past the library's checks of each: they are text without
    extensions, and the server masks nothing.
    """

    def handle_connect(self, event: Request) -> None:
        """Hand the protocol to the app as well; what only the handshake needed is let go."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            scope: dict[str, Any] = self.scope  # type: ignore[assignment]
            scope["extensions"] = {**scope["extensions"], SOCKET: self}

    def write_frames(self, frames: bytes, most_held_bytes: int) -> bool:
        """Send whole frames; False, and nothing is sent, where more would be held for the client than may be."""
        transport = self.transport
        if self.close_sent or transport.is_closing():
            return True
        held = transport.get_write_buffer_size()
        if held and held + len(frames) > most_held_bytes:
            return False
        transport.write(frames)
        return True

    def close_now(self, code: int, reason: str) -> None:
        """Close without waiting for the client to take what it is owed; it is cut off where it does not answer."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def send_receive_event_to_app(self) -> None:
        """Pass a message on, or close on one that is no UTF-8: the client's mistake, not worth uvicorn's trace in the log."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Cut off a peer that answers no ping: closing politely would wait for it to read what it does not read."""
        super().keepalive_timeout()
        self.transport.abort()
