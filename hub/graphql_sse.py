"""GraphQL as an event stream: graphql-sse in its mode of distinct connections, asked for by `Accept: text/event-stream`.

Each event of a subscription is a `next` whose `id` is the event's cursor: a browser sends the last one back by itself, as
`Last-Event-ID`, when it connects again, and misses nothing. Queries and mutations are one `next` and `complete`. What GraphQL
refuses is told in the stream, as its specification says; what refuses the caller is a plain answer with its status.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from starlette.types import Message, Receive, Scope, Send

from hub.connections import ON_SHUTDOWN
from hub.deadline import run_within
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, Runner, WrongOperationKind
from hub.runtime import Runtime
from hub.streams import MOST_HELD_BYTES, PART_BYTES, Delivery, Encoded, Subscriptions
from hub.viewer import Verified

EVENT_STREAM: Final = "text/event-stream"

_COMMENT: Final = b":\n\n"
_COMPLETE: Final = b"event: complete\ndata:\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-content-type-options", b"nosniff"),
    # Proxies that collect an answer before they pass it on would hold events back.
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """One answer as an event stream, from `run` to its end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, runtime: Runtime, bearer: str, verified: Verified) -> None:
        self.bearer = bearer
        self._verified = verified
        self._scope = scope
        self._receive = receive
        self._send = send
        self._runtime = runtime
        self._wake = asyncio.Event()
        self._queue: list[bytes] = []
        self._held_bytes = 0
        self._over = False
        self._drained = asyncio.Event()
        self._drained.set()

    async def run(
        self,
        asked: GraphQLRequest,
        locale: str,
        runner: Runner,
        subscriptions: Subscriptions,
        *,
        allowed: frozenset[OperationKind],
        last_event_id: str | None,
    ) -> None:
        """Answer. What refuses the caller is raised before anything is sent."""
        runtime, viewer = self._runtime, self._verified.viewer
        with runtime.sockets:
            stream = None
            timeout_seconds = runtime.request_timeout_seconds(viewer)
            with runtime.admission:
                try:
                    answering = runner.run(asked, runtime.context(viewer, locale), allowed=allowed)
                    outcome: Outcome | None = await run_within(timeout_seconds, answering, gone=self._gone)
                except WrongOperationKind as wrong:
                    if wrong.kind is not OperationKind.SUBSCRIPTION:
                        raise
                    context = runtime.context(viewer, locale)
                    opening = subscriptions.open(asked, context, self, resume_after=last_event_id)
                    opened = await run_within(timeout_seconds, opening, gone=self._gone)
                    outcome, stream = (opened, None) if isinstance(opened, Outcome) else (None, opened)
            if outcome is not None:
                self._finish(outcome.answer)
            try:
                await self._write()
            finally:
                if stream is not None:
                    stream.stop()

    def send(self, delivery: Delivery) -> None:
        """Take events, as `next` events."""
        if self._over:
            # It ends, perhaps with a gap before this.
            return
        written = delivery.written(EVENT_STREAM, events_of)
        if self._held_bytes and self._held_bytes + len(written) > MOST_HELD_BYTES:
            # Without `complete`: the reader connects again, from the last event that it has.
            self._queue.clear()
            self._end()
        else:
            self._put(written)

    async def drained(self) -> None:
        """Wait until the reader has taken what it was sent."""
        await self._drained.wait()

    def end(self, errors: list[dict[str, Any]]) -> None:
        """Tell why there is no more."""
        self._finish({"errors": errors})

    def hold(self, verified: Verified) -> None:
        """The credentials still hold; with other rights the stream ends, to be opened anew with them."""
        if verified.viewer != self._verified.viewer:
            self._end()

    def revoke(self, _reason: str) -> None:
        """The credentials hold no longer."""
        self._end()

    def _finish(self, answer: dict[str, Any]) -> None:
        self._put(b"event: next\ndata: %b\n\n" % orjson.dumps(answer) + _COMPLETE)
        self._end()

    def _put(self, data: bytes) -> None:
        self._queue.append(data)
        self._held_bytes += len(data)
        self._drained.clear()
        self._wake.set()

    def _end(self) -> None:
        self._over = True
        self._wake.set()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _write(self) -> None:
        runtime = self._runtime
        on_shutdown: Callable[[Callable[[], None]], None] | None = self._scope.get("extensions", {}).get(ON_SHUTDOWN)
        if on_shutdown is not None:
            on_shutdown(self._end)
        loop = asyncio.get_running_loop()
        ends = self._verified.expires_at_seconds
        expiry = None if ends is None else loop.call_later(ends - time.time(), self._end)
        gone = loop.create_task(self._gone())
        gone.add_done_callback(lambda _: self._end())
        runtime.reverification.add(self)
        try:
            await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            # What it is, at once: an answer without a body is not passed on by every proxy.
            await self._body(_COMMENT)
            while not (self._over and not self._queue):
                await self._wait()
                await self._body(self._next())
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            runtime.reverification.remove(self)
            if expiry is not None:
                expiry.cancel()
            gone.cancel()

    async def _wait(self) -> None:
        """Until there is something to write, the end, or nothing for so long that the stream might be taken for dead."""
        if self._queue or self._over:
            return
        self._wake.clear()
        try:
            async with asyncio.timeout(self._runtime.settings.stream_keepalive_seconds):
                await self._wake.wait()
        except TimeoutError:
            self._queue.append(_COMMENT)
            self._held_bytes += len(_COMMENT)

    def _next(self) -> bytes:
        data = bytearray()
        while self._queue and len(data) < PART_BYTES:
            data += self._queue.pop(0)
        return bytes(data)

    async def _body(self, data: bytes) -> None:
        message: Message = {"type": "http.response.body", "body": data, "more_body": True}
        if data:
            await self._send(message)
            self._held_bytes = max(0, self._held_bytes - len(data))
        if not self._queue:
            self._drained.set()


def events_of(events: Sequence[Encoded], _form: str) -> bytes:
    """Events as the stream has them: lines that end in LF; JSON has no line breaks of its own."""
    return b"".join([b"event: next\nid: %b\ndata: %b\n\n" % (event.cursor.encode(), event.payload) for event in events])
