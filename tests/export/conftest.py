"""A server to export from: over the demo's programme, or over the miniature with settings of the test's own."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from hub.snapshot import APPLICATION_NAME
from hub.tokens import TokenAuthority
from hub.viewer import Viewer
from tests import miniature
from tests.conftest import STAFF, Dsns, Http, serving, settings_for

Refusal = tuple[int, list[dict[str, Any]]]


@dataclass(frozen=True)
class Exports:
    """Exports from one server, and what it answers otherwise."""

    http: Http

    def opened(
        self, query: str, *, viewer: Viewer = STAFF, variables: dict[str, Any] | None = None, **options: str
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """An export by POST whose body is not read yet."""
        return self.http.client.stream(
            "POST",
            "/export",
            params=options,
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.http.token(viewer)}"},
        )

    async def response(self, query: str, **how: Any) -> httpx2.Response:
        """A whole answer, whatever it is."""
        async with self.opened(query, **how) as response:
            await response.aread()
        return response

    async def body(self, query: str, **how: Any) -> bytes:
        """The body of an export that ended well."""
        response = await self.response(query, **how)
        assert response.status_code == 200, response.text
        return response.content

    async def lines(self, query: str, **how: Any) -> list[Any]:
        """The rows of an export as NDJSON."""
        return [json.loads(line) for line in (await self.body(query, **how)).splitlines()]

    async def refusal(self, query: str, **how: Any) -> Refusal:
        """The status and the errors of an export that was refused."""
        response = await self.response(query, **how)
        assert list(response.json()) == ["errors"]
        assert response.headers["content-type"] == "application/graphql-response+json"
        assert response.headers["cache-control"] == "no-store"
        return response.status_code, response.json()["errors"]

    async def data(self, query: str, *, viewer: Viewer = STAFF, **variables: Any) -> Any:
        """What /graphql answers."""
        answer = (await self.http.post({"query": query, "variables": variables}, viewer=viewer)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def pages(self, query: str, field: str, *, viewer: Viewer = STAFF) -> list[Any]:
        """The edges of a connection, page by page; the query takes $after, and asks for pageInfo."""
        edges: list[Any] = []
        after = None
        while True:
            page = (await self.data(query, viewer=viewer, after=after))[field]
            edges += page["edges"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return edges


Serve = Callable[..., AbstractAsyncContextManager[Exports]]


@pytest.fixture
def exports(http: Http) -> Exports:
    """Exports of the demo's programme."""
    return Exports(http)


@pytest.fixture
async def serve(source_dsns: Dsns, tmp_path: Path) -> Serve:
    """Serve the miniature with these settings."""
    await miniature.write(source_dsns)

    @asynccontextmanager
    async def serve(**overrides: Any) -> AsyncIterator[Exports]:
        settings = settings_for(source_dsns, tmp_path, **overrides)
        async with serving(settings) as base, httpx2.AsyncClient(base_url=base, timeout=20) as client:
            authority = TokenAuthority(settings)
            yield Exports(Http(client, lambda viewer: authority.mint(viewer, valid_seconds=60)))

    return serve


@pytest.fixture
async def small(serve: Serve) -> AsyncIterator[Exports]:
    """Exports of the miniature."""
    async with serve() as exports:
        yield exports


async def sessions(dsn: str) -> int:
    """How many connections of exports the database has."""
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
            APPLICATION_NAME,
        )
    finally:
        await connection.close()
    return count
