"""The ASGI app: routes and lifespan, no logic. `python -m hub serve` bounds connections too; or `uvicorn server:app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from commands.sweeper import Sweeper
from commands.threads import Threads
from engine.operations import Operations
from events.consumer import Consumer
from events.dispatcher import Dispatcher
from events.log import EventLog
from events.sequencer import Sequencer
from events.subscriptions import EventSubscriptions
from export.http import ExportEndpoint
from hub.graphql_http import GraphQLEndpoint
from hub.graphql_ws import hold_socket
from hub.health import healthz, readyz
from hub.pages import graphiql
from hub.runtime import Runtime
from hub.settings import Settings, load_settings
from hub.vocabulary import THREADS_CONSUMER, SourceName
from schema import build_schema

WEB = Path(__file__).resolve().parent / "web"


class Hub(Starlette):
    """Starlette, with a way past its middleware and routes to the endpoint that nearly every request is for."""

    graphql = GraphQLEndpoint()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql":
            scope["app"] = self
            await self.graphql(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            scope["app"] = self
            await hold_socket(WebSocket(scope, receive, send))
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> Starlette:
    """The app with these settings, or with those of the environment, which are read when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        runtime = Runtime(settings or load_settings())
        await runtime.start()
        app.state.runtime = runtime
        app.state.operations = Operations(build_schema(), runtime.settings)
        engagements = runtime.sources[SourceName.ENGAGEMENTS]
        app.state.event_log = event_log = EventLog(engagements)
        sequencer = Sequencer(engagements)
        sweeper = Sweeper(engagements, interval_seconds=runtime.settings.sweep_interval_seconds)
        dispatcher = Dispatcher(event_log, runtime, engagements)
        app.state.subscriptions = EventSubscriptions(app.state.operations, dispatcher, runtime, engagements)
        threads = Threads(runtime.sources[SourceName.DIRECTORY])
        consumer = Consumer(
            event_log, runtime.sources[SourceName.COMMUNITY], THREADS_CONSUMER, threads.open, wants=threads.wants
        )
        await event_log.start()
        consumer.start()
        dispatcher.start()
        sequencer.start()
        if runtime.settings.sweep_interval_seconds:
            sweeper.start()
        try:
            yield
        finally:
            dispatcher.stop()
            await asyncio.gather(sweeper.stop(), consumer.stop(), sequencer.stop(), event_log.close())
            await runtime.stop()

    return Hub(
        routes=[
            Route("/", RedirectResponse("/graphiql")),
            # Behind a proxy that keeps a prefix, paths are longer than the short way looks for.
            Route("/graphql", Hub.graphql),
            WebSocketRoute("/graphql", hold_socket),
            Route("/export", ExportEndpoint()),
            Route("/graphiql", graphiql),
            Mount("/static", StaticFiles(directory=WEB)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ],
        lifespan=lifespan,
    )


app = create_app()
