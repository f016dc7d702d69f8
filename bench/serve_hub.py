"""The hub as the benchmarks run it: a page may have 1,000 rows; `cold` reads reference data at each request."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette

import loaders.pages
from bench.server_process import serve
from hub import log
from hub.runtime import CACHED_SOURCES
from hub.serving import collect_seldom, server_config
from hub.settings import load_settings
from server import create_app

COLD: Final = "cold"
WARM: Final = "warm"


def main() -> None:
    """Serve, as the second argument says: cold or warm."""
    loaders.pages.LARGEST_PAGE = 1000
    settings = load_settings()
    log.configure(settings)
    app = create_app(settings)
    if sys.argv[2] == COLD:
        _leave_cache_unused(app)
    collect_seldom()
    serve(server_config(app, settings))


def _leave_cache_unused(app: Starlette) -> None:
    started = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with started(app):
            for source in CACHED_SOURCES:
                app.state.runtime.cache.set_listening(source, False)
            yield

    app.router.lifespan_context = lifespan


if __name__ == "__main__":
    main()
