"""The ASGI app: routes and lifespan, no logic. `uvicorn server:app`, or `python -m hub serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from engine.operations import Operations
from hub.graphql_http import GraphQLEndpoint
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
        try:
            yield
        finally:
            await runtime.stop()

    return Starlette(
        routes=[
            Route("/", RedirectResponse("/graphiql")),
            Route(
                "/graphql",
                GraphQLEndpoint(Operations(build_schema())).handle,
                methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            ),
            Route("/graphiql", graphiql),
            Mount("/static", StaticFiles(directory=WEB)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ],
        lifespan=lifespan,
    )


app = create_app()
