"""The baseline of fan-out: Strawberry's own subscriptions, as they come, over the hub's types and log, on Starlette.

Each subscriber has an async generator that is fed from one tailer through a queue, and each event is executed for each
subscriber by graphql-core, then encoded and sent by Strawberry. Who may see an event is read once for all of them.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import getitem
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.info import Info

from bench.server_process import serve
from events.log import EventLog
from events.record import Position, Record, as_row
from events.sight import Sight
from hub import log
from hub.context import RequestContext
from hub.policy import needs_seers
from hub.runtime import Runtime
from hub.settings import load_settings
from hub.tokens import bearer_token
from hub.viewer import Viewer
from hub.vocabulary import SourceName
from schema.community import Comment
from schema.events import HandoffEvent
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.trainings import Enrollment

Event = tuple[dict[str, Any], frozenset[int | None]]


class Broadcast:
    """One tailer for all subscribers, each with a queue."""

    def __init__(self, event_log: EventLog, sight: Sight) -> None:
        self.queues: set[asyncio.Queue[Event]] = set()
        self._log = event_log
        self._sight = sight
        self._batches: asyncio.Queue[list[Record]] = asyncio.Queue()

    async def run(self) -> None:
        """Hand each event to every subscriber."""
        self._log.subscribe(self._batches.put_nowait, lambda _: None)
        while True:
            events = await self._batches.get()
            seers = await self._sight.judge(events)
            for event in events:
                cursor = self._log.cursors.seal(Position(self._log.head.epoch, event.position))
                told = as_row(event, cursor), frozenset(seers[event.position])
                for queue in self.queues:
                    queue.put_nowait(told)


@dataclass
class SocketContext(RequestContext):
    """What Strawberry gives the resolvers of one socket."""

    runtime: Any = None
    broadcast: Any = None
    connection_params: dict[str, Any] = field(default_factory=dict)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def handoff_events(self, info: Info[SocketContext, None]) -> AsyncGenerator[HandoffEvent, None]:
        """Every event that the viewer may see, live."""
        context = info.context
        verified = await context.runtime.credentials.verify(bearer_token(context.connection_params["authorization"]))
        viewer: Viewer = verified.viewer
        context.viewer = viewer
        queue: asyncio.Queue[Event] = asyncio.Queue()
        context.broadcast.queues.add(queue)
        try:
            while True:
                row, seers = await queue.get()
                if not needs_seers(viewer) or viewer.partner_id in seers:
                    # What is read for an event is read at its delivery.
                    context.forget()
                    yield row  # type: ignore[misc]
        finally:
            context.broadcast.queues.discard(queue)


class View(GraphQL[SocketContext, None]):
    """Strawberry's endpoint for Starlette, with the hub's context."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> SocketContext:
        """A context a socket."""
        state = request.app.state
        runtime: Runtime = state.runtime
        made = runtime.context(Viewer(state.nobody, "nobody"))
        return SocketContext(
            made.viewer, made.sources, made.cache, made.budget, made.trusted, made.settings,
            runtime=runtime, broadcast=state.broadcast,
        )  # fmt: skip


def main() -> None:
    """Serve."""
    settings = load_settings()
    log.configure(settings)
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Comment, Enrollment],
        config=StrawberryConfig(default_resolver=getitem, scalar_map=SCALARS),
        extensions=[lambda: ParserCache(maxsize=1024), lambda: ValidationCache(maxsize=1024)],
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        from hub.viewer import ViewerKind

        app.state.nobody = ViewerKind.REPORTING
        app.state.runtime = runtime = Runtime(settings)
        await runtime.start()
        engagements = runtime.sources[SourceName.ENGAGEMENTS]
        event_log = EventLog(engagements)
        app.state.broadcast = broadcast = Broadcast(event_log, Sight(engagements))
        await event_log.start()
        running = asyncio.create_task(broadcast.run())
        try:
            yield
        finally:
            running.cancel()
            await event_log.close()
            await runtime.stop()

    view = View(schema, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
    app = Starlette(routes=[WebSocketRoute("/graphql", view)], lifespan=lifespan)
    # As uvicorn comes; the clients offer no compression.
    serve(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))


if __name__ == "__main__":
    main()
