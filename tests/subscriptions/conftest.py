"""The street, served, for each test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Dsns, settings_for
from tests.sockets import socket_server
from tests.subscriptions.street import Street, build

Serve = Callable[..., AbstractAsyncContextManager[Street]]


@pytest.fixture
async def serve(source_dsns: Dsns, tmp_path: Path) -> Serve:
    """Serve the street with these settings."""
    await build(source_dsns)

    @asynccontextmanager
    async def serve(**overrides: Any) -> AsyncIterator[Street]:
        connection = await asyncpg.connect(source_dsns[SourceName.ENGAGEMENTS])
        try:
            async with socket_server(settings_for(source_dsns, tmp_path, **UNLIMITED | overrides)) as server:
                yield Street(source_dsns, server, connection)
        finally:
            connection.terminate()

    return serve


@pytest.fixture
async def street(serve: Serve) -> AsyncIterator[Street]:
    """The street as it is served by default."""
    async with serve() as served:
        yield served
