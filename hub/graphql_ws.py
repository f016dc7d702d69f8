"""GraphQL over WebSocket: the subprotocol graphql-transport-ws, for queries, mutations and subscriptions.

The upgrade is accepted from anyone, and from any origin: a browser adds no credentials to it that another origin's page could
ride on. They come in the first message, `connection_init`, as `{"authorization": "Bearer …"}`; nothing is run before they hold,
and the socket ends when they do. A socket that only waits for events costs the memory of one task, which reads.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub import graphql_errors
from hub.deadline import run_within
from hub.errors import BadRequest, Forbidden, HubError, Overloaded, TooManyOperations, Unauthenticated
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, Runner, WrongOperationKind, read_request
from hub.json_input import parse_json
from hub.locale import from_accept_language
from hub.runtime import Runtime
from hub.socket_close import Closing, SocketClose, close
from hub.socket_outlet import SocketOutlet
from hub.streams import Delivery, Stream, Subscriptions
from hub.tokens import bearer_token
from hub.viewer import Verified

SUBPROTOCOL = "graphql-transport-ws"

ANSWERED_ONCE = frozenset({OperationKind.QUERY, OperationKind.MUTATION})

MAX_ID_LENGTH = 256

Message = dict[str, Any]


async def hold_socket(websocket: WebSocket) -> None:
    """Hold one WebSocket connection to /graphql from its upgrade to its end."""
    state = websocket.app.state
    runtime: Runtime = state.runtime
    try:
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            raise Closing(SocketClose.OTHER_SUBPROTOCOL, f"Offer the subprotocol {SUBPROTOCOL}.")
        await websocket.accept(SUBPROTOCOL)
        with runtime.sockets:
            await _Session(websocket, runtime, state.operations, state.subscriptions).run()
    except Closing as closing:
        await close(websocket, closing)
    except Overloaded:
        full = Closing(SocketClose.TRY_AGAIN_LATER, "The hub has as many sockets as it takes; try again later.")
        await close(websocket, full)


class _Session:
    """One socket: it is read in the task that holds it; operations run beside, and timers and slowness may end it."""

    __slots__ = (
        "_closes",
        "_closing",
        "_expiry_timer",
        "_init_timer",
        "_initialising",
        "_locale",
        "_loop",
        "_operations",
        "_runner",
        "_runtime",
        "_settings",
        "_streams",
        "_subscriptions",
        "_tasks",
        "_verified",
        "_websocket",
        "bearer",
        "outlet",
    )

    def __init__(self, websocket: WebSocket, runtime: Runtime, runner: Runner, subscriptions: Subscriptions) -> None:
        self.bearer = ""
        self.outlet = SocketOutlet(websocket, self._end_slow)
        self._websocket = websocket
        self._runtime = runtime
        self._settings = runtime.settings
        self._runner = runner
        self._subscriptions = subscriptions
        self._locale = from_accept_language(websocket.headers.get("accept-language"))
        self._loop = asyncio.get_running_loop()
        self._closing: Closing | None = None
        self._closes: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._streams: dict[str, Stream] = {}
        self._verified: Verified | None = None
        self._initialising = False
        self._init_timer: asyncio.TimerHandle | None = None
        self._expiry_timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve until the client leaves or the session is closed; nothing of it is left behind."""
        timeout_seconds = self._settings.connection_init_timeout_seconds
        late = Closing(SocketClose.INIT_TIMEOUT, f"No connection_init within {timeout_seconds:g} s.")
        self._init_timer = self._loop.call_later(timeout_seconds, self._end, late)
        try:
            await self._guard(self._read)
        finally:
            self._runtime.reverification.remove(self)
            self._abandon()
            ending = [*self._tasks, *([] if self._closes is None else [self._closes])]
            if ending:
                await asyncio.wait(ending)

    def _abandon(self) -> None:
        for timer in (self._init_timer, self._expiry_timer):
            if timer is not None:
                timer.cancel()
        for stream in list(self._streams.values()):
            stream.stop()
        self._streams.clear()
        for task in self._tasks:
            task.cancel()

    def _end(self, closing: Closing) -> None:
        """Close the socket, for the first reason that there is; whoever reads it then hears that it is closed."""
        if self._closing is None:
            self._closing = closing
            self._abandon()
            self._closes = self._loop.create_task(self.outlet.close(closing))

    def _end_slow(self) -> None:
        self._end(Closing(SocketClose.TRY_AGAIN_LATER, "Too slow: resume with the cursor of the last event that you have."))

    def _start(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> asyncio.Task[None]:
        task = self._loop.create_task(self._guard(work, *arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Whatever goes wrong in a part of the session ends the session, and is told once."""
        try:
            await work(*arguments)
        except Closing as closing:
            self._end(closing)
        except WebSocketDisconnect:
            # The reader hears of it too.
            pass
        except Exception as error:
            self._end(Closing(SocketClose.BUG, graphql_errors.masked(error)["message"]))

    async def _read(self) -> None:
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return
            if self._closing is not None:
                continue
            text = received.get("text")
            if text is None:
                raise Closing(SocketClose.MALFORMED, "Messages are text, not binary.")
            try:
                message = parse_json(text, "message")
            except BadRequest as error:
                raise Closing(SocketClose.MALFORMED, str(error)) from None
            if not isinstance(message, dict):
                raise Closing(SocketClose.MALFORMED, "message: must be a JSON object.")
            await self._take(message)

    async def _take(self, message: Message) -> None:
        match message.get("type"):
            case "connection_init":
                await self._initialise(_payload(message))
            case "ping":
                answer: Message = {"type": "pong"}
                payload = _payload(message)
                await self._send(answer if payload is None else answer | {"payload": payload})
            case "pong":
                _payload(message)
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                id = _id(message)
                operation = self._operations.pop(id, None)
                if operation is not None:
                    operation.cancel()
                stream = self._streams.pop(id, None)
                if stream is not None:
                    stream.stop()
            case other:
                raise Closing(SocketClose.MALFORMED, f"type: {ascii(other)[:60]} is no message of a client.")

    async def _initialise(self, payload: Message | None) -> None:
        if self._initialising:
            raise Closing(SocketClose.SECOND_INIT, "connection_init is sent once.")
        self._initialising = True
        if self._init_timer is not None:
            self._init_timer.cancel()
        authorization = (payload or {}).get("authorization")
        if authorization is None:
            raise Closing(SocketClose.UNAUTHORIZED, 'No credentials. Send the payload {"authorization": "Bearer <token>"}.')
        if not isinstance(authorization, str):
            raise Closing(SocketClose.MALFORMED, "authorization: must be a string.")
        try:
            bearer = bearer_token(authorization)
            with self._runtime.admission:
                self.hold(await self._runtime.credentials.verify(bearer))
        except Unauthenticated as error:
            raise Closing(SocketClose.FORBIDDEN, str(error)) from None
        except HubError as error:
            raise Closing(SocketClose.TRY_AGAIN_LATER, str(error)) from None
        if self._closing is None:
            self.bearer = bearer
            self._runtime.reverification.add(self)
        await self._send({"type": "connection_ack"})

    def hold(self, verified: Verified) -> None:
        """Run operations as this viewer, until the credentials end."""
        if self._verified is not None and self._verified.viewer != verified.viewer:
            self._end_streams()
        self._verified = verified
        if self._expiry_timer is not None:
            self._expiry_timer.cancel()
            self._expiry_timer = None
        if verified.expires_at_seconds is not None:
            ended = Closing(SocketClose.UNAUTHORIZED, "The token has expired; connect with a new one.")
            self._expiry_timer = self._loop.call_later(verified.expires_at_seconds - time.time(), self._end, ended)

    def revoke(self, reason: str) -> None:
        """The credentials hold no longer."""
        self._end(Closing(SocketClose.FORBIDDEN, reason))

    def _end_streams(self) -> None:
        """What was opened with other rights is not delivered on with them."""
        changed = Forbidden("What the credential grants has changed; subscribe again.")
        for id, stream in list(self._streams.items()):
            stream.stop()
            del self._streams[id]
            self._start(self._send, {"id": id, "type": "error", "payload": [graphql_errors.shown(changed)]})

    async def _subscribe(self, message: Message) -> None:
        if self._verified is None:
            raise Closing(SocketClose.UNAUTHORIZED, "Send connection_init, and wait for connection_ack.")
        id, payload = _id(message), message.get("payload")
        if not isinstance(payload, dict):
            raise Closing(SocketClose.MALFORMED, "payload: must be a JSON object with a GraphQL request.")
        if id in self._operations or id in self._streams:
            raise Closing(SocketClose.DUPLICATE_OPERATION, f"Subscriber for {ascii(id)[1:-1]} already exists")
        limit = self._settings.max_operations_per_socket
        if len(self._operations) + len(self._streams) >= limit:
            refusal = TooManyOperations(f"id: one socket runs at most {limit} operations at once; wait for one to complete.")
            await self._send({"id": id, "type": "error", "payload": [graphql_errors.shown(refusal)]})
            return
        self._operations[id] = self._start(self._operate, id, payload, self._verified)

    async def _operate(self, id: str, payload: Message, verified: Verified) -> None:
        try:
            for message in await self._answer(id, payload, verified):
                await self._send({"id": id, **message})
        finally:
            # A client may have completed it, and used the id again.
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]

    async def _answer(self, id: str, payload: Message, verified: Verified) -> list[Message]:
        """The messages that answer one operation, but for its id; none of a subscription that has begun."""
        try:
            asked = read_request(payload)
            with self._runtime.admission:
                try:
                    context = self._runtime.context(verified.viewer, self._locale)
                    operation = self._runner.run(asked, context, allowed=ANSWERED_ONCE)
                    outcome = await run_within(self._runtime.request_timeout_seconds(verified.viewer), operation)
                except WrongOperationKind:
                    opened = await run_within(
                        self._runtime.request_timeout_seconds(verified.viewer), self._open(id, asked, verified)
                    )
                    if opened is None:
                        return []
                    outcome = opened
        except HubError as refusal:
            return [{"type": "error", "payload": [graphql_errors.shown(refusal)]}]
        except Exception as error:
            return [{"type": "error", "payload": [graphql_errors.masked(error)]}]
        if not outcome.executed:
            return [{"type": "error", "payload": outcome.answer["errors"]}]
        return [{"type": "next", "payload": outcome.answer}, {"type": "complete"}]

    async def _open(self, id: str, asked: GraphQLRequest, verified: Verified) -> Outcome | None:
        """Begin a subscription; an Outcome where it is refused."""
        context = self._runtime.context(verified.viewer, self._locale)
        opened = await self._subscriptions.open(asked, context, _StreamOutlet(self, id))
        if isinstance(opened, Outcome):
            return opened
        if self._closing is not None or self._verified is not verified:
            # Meanwhile the socket has ended, or its credentials have been verified anew, perhaps with other rights.
            still = self._closing is None and self._verified is not None and self._verified.viewer == verified.viewer
            if not still:
                opened.stop()
                raise Forbidden("What the credential grants has changed; subscribe again.")
        self._streams[id] = opened
        return None

    def stream_ended(self, id: str, errors: list[dict[str, Any]]) -> None:
        """There is no more of a subscription."""
        self._streams.pop(id, None)
        if self._closing is None:
            self._start(self._send, {"id": id, "type": "error", "payload": errors})

    async def _send(self, message: Message) -> None:
        text = orjson.dumps(message).decode()
        try:
            await self._websocket.send_text(text)
        except RuntimeError:
            # The server is closing this socket already: what was too large, or a peer that answers no ping.
            raise WebSocketDisconnect(1006) from None


class _StreamOutlet:
    """Where the events of one subscription of a socket go."""

    __slots__ = ("_id", "_prefix", "_session")

    def __init__(self, session: _Session, id: str) -> None:
        self._session = session
        self._id = id
        self._prefix = b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)

    def send(self, delivery: Delivery) -> None:
        """Take events, as `next` messages."""
        self._session.outlet.send(self._prefix, delivery)

    async def drained(self) -> None:
        """Wait until the client has taken most of what it was sent."""
        await self._session.outlet.drained()

    def end(self, errors: list[dict[str, Any]]) -> None:
        """Tell the client why there is no more."""
        self._session.stream_ended(self._id, errors)


def _payload(message: Message) -> Message | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Closing(SocketClose.MALFORMED, "payload: must be a JSON object or null.")
    return payload


def _id(message: Message) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= MAX_ID_LENGTH:
        raise Closing(SocketClose.MALFORMED, f"id: must be a string of 1 to {MAX_ID_LENGTH} characters.")
    return id
