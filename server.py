"""The ASGI app: routes and lifespan, no logic. `python -m hub serve` bounds connections too; or `uvicorn server:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from engine.operations import Operations
from hub.graphql_http import answer_http
from hub.graphql_ws import hold_socket
from hub.health import healthz, readyz
from hub.pages import graphiql
from hub.runtime import Runtime
from hub.settings import Settings, load_settings
from schema import build_schema

WEB = Path(__file__).resolve().parent / "web"


def create_app(settings: Settings | None = None) -> Starlette:
    """The app with these settings, or with those of the environment, which are read when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        runtime = Runtime(settings or load_settings())
        await runtime.start()
        app.state.runtime = runtime
        app.state.operations = Operations(build_schema(), runtime.settings)
        try:
            yield
        finally:
            await runtime.stop()

    return Starlette(
        routes=[
            Route("/", RedirectResponse("/graphiql")),
            Route(
                "/graphql",
                answer_http,
                methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            ),
            WebSocketRoute("/graphql", hold_socket),
            Route("/graphiql", graphiql),
            Mount("/static", StaticFiles(directory=WEB)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ],
        lifespan=lifespan,
    )


app = create_app()
