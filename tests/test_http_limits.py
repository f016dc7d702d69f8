"""What bounds a request over HTTP: places, its time, its client's patience; and numbers and texts that fit nowhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.tokens import TokenAuthority
from hub.vocabulary import SourceName
from tests import miniature
from tests.blocking import locked, waiting
from tests.conftest import STAFF, Dsns, Http, serving, settings_for, until

PARTNERS = {"query": "{ partners { nodes { name } } }"}
NAMES = {"partners": {"nodes": [{"name": "山田会計"}, {"name": "鈴木システム"}]}}

BODY = json.dumps({"query": "{ viewer { name } }"}).encode()
STAFF_NAME = {"viewer": {"name": "Staff"}}
TOO_LARGE = {
    "message": "body: must have at most 1024 bytes (HUB_MAX_BODY_BYTES).",
    "extensions": {"code": "BODY_TOO_LARGE"},
}

Serve = Callable[..., AbstractAsyncContextManager[Http]]


@pytest.fixture
async def serve(source_dsns: Dsns, tmp_path: Path) -> Serve:
    """Serve the miniature with these settings."""
    await miniature.write(source_dsns)

    @asynccontextmanager
    async def serve(**overrides: Any) -> AsyncIterator[Http]:
        settings = settings_for(source_dsns, tmp_path, **overrides)
        async with serving(settings) as base, httpx2.AsyncClient(base_url=base, timeout=20) as client:
            authority = TokenAuthority(settings)
            yield Http(client, lambda viewer: authority.mint(viewer, valid_seconds=60))

    return serve


def errors(response: httpx2.Response) -> list[dict[str, Any]]:
    """The errors of an answer that holds nothing else."""
    assert list(response.json()) == ["errors"]
    found: list[dict[str, Any]] = response.json()["errors"]
    return found


async def send(http: Http, content: Any) -> httpx2.Response:
    """A body as it is, from staff."""
    headers = {"authorization": f"Bearer {http.token(STAFF)}", "content-type": "application/json"}
    return await http.client.post("/graphql", content=content, headers=headers)


async def test_a_body_may_be_as_large_as_the_setting_says_and_no_larger(serve: Serve) -> None:
    async with serve(max_body_bytes=1024) as http:
        assert (await send(http, BODY.ljust(1024))).json()["data"] == STAFF_NAME
        for size in (1025, 3_000_000):
            refused = await send(http, BODY.ljust(size))
            assert (refused.status_code, errors(refused)) == (413, [TOO_LARGE])


async def test_a_chunked_body_is_measured_as_it_comes(serve: Serve) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 4096
            yield b" " * 4096

    async def pieces() -> AsyncIterator[bytes]:
        for byte in BODY:
            yield bytes([byte])

    async with serve(max_body_bytes=1024) as http:
        try:
            refused = await send(http, endless())
        except httpx2.TransportError:
            # The server had answered, and hung up while this end was still sending.
            pass
        else:
            assert (refused.status_code, errors(refused)) == (413, [TOO_LARGE])
        assert sent < 50_000_000
        assert (await send(http, pieces())).json()["data"] == STAFF_NAME


async def count_is(dsn: str, count: int) -> bool:
    """Whether so many of the hub's reads wait."""
    return await waiting(dsn) == count


async def test_past_the_bound_a_request_is_refused_early_and_what_was_accepted_is_answered(
    serve: Serve, source_dsns: Dsns
) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(max_requests_in_flight=3) as http:
        async with locked(directory, "directory.partner"):
            accepted = [asyncio.create_task(http.post(PARTNERS)) for _ in range(3)]
            await until(lambda: count_is(directory, 3))
            for viewer in (STAFF, None):
                refused = await http.post(PARTNERS, viewer=viewer)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
                assert errors(refused) == [
                    {
                        "message": "The hub has as many requests in flight as it takes; try again shortly.",
                        "extensions": {"code": "OVERLOADED", "retryAfterSeconds": 1},
                    }
                ]
            for path in ("/healthz", "/readyz", "/graphiql"):
                assert (await http.client.get(path)).status_code == 200
        for answer in await asyncio.gather(*accepted):
            assert answer.json()["data"] == NAMES
        assert (await http.post(PARTNERS)).json()["data"] == NAMES


async def test_an_operation_past_its_time_is_ended_at_the_database_too(serve: Serve, source_dsns: Dsns) -> None:
    # One connection: the first read has it until the statement times out, the second is under way when the operation does.
    bounds = {"pool_size": 1, "acquire_timeout_seconds": 9, "statement_timeout_seconds": 2, "request_timeout_seconds": 2.3}
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(**bounds) as http:
        both = {"query": "{ partners { nodes { name } } members: associations { name } }"}
        async with locked(directory, "directory.partner", "directory.association"):
            refused = await http.post(both)
            assert refused.status_code == 504
            assert errors(refused) == [
                {
                    "message": "The operation took longer than 2.3 s; ask for less at once.",
                    "extensions": {"code": "REQUEST_TIMEOUT"},
                }
            ]
            # Its own time would be over two seconds later.
            await until(lambda: count_is(directory, 0), timeout_seconds=1)
        assert (await http.post(PARTNERS)).json()["data"] == NAMES, "the connection came back to the pool"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_client_that_leaves_ends_its_operation_and_gives_back_what_it_held(
    serve: Serve, source_dsns: Dsns, method: str
) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(pool_size=2, max_requests_in_flight=2) as http:
        async with locked(directory, "directory.partner"):
            for _ in range(3):
                headers = {"authorization": f"Bearer {http.token(STAFF)}"}
                asked = {"params": PARTNERS} if method == "GET" else {"json": PARTNERS}
                leaving = [
                    asyncio.create_task(http.client.request(method, "/graphql", headers=headers, **asked))  # type: ignore[arg-type]
                    for _ in range(2)
                ]
                await until(lambda: count_is(directory, 2))
                for task in leaving:
                    task.cancel()
                await asyncio.wait(leaving)
                await until(lambda: count_is(directory, 0), timeout_seconds=5)
        for answer in await asyncio.gather(http.post(PARTNERS), http.post(PARTNERS)):
            assert answer.json()["data"] == NAMES


async def test_a_source_that_is_slow_does_not_end_the_operation(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with (
        serve(statement_timeout_seconds=0.3, request_timeout_seconds=10) as http,
        locked(directory, "directory.partner"),
    ):
        answer = await http.post({"query": "{ partners { nodes { name } } engagements { nodes { title } } }"})
        assert answer.status_code == 200
        assert answer.json()["data"] == {"partners": None, "engagements": {"nodes": [{"title": "帳簿の電子化"}]}}
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"SOURCE_TIMEOUT"}


HUGE_INT = 10**30

IDS = "query($id: ID!) { node(id: $id) { __typename } }"
FIRST = "query($n: Int!) { partners(first: $n) { totalCount } }"
SEARCH = "query($text: String!) { partners(filter: {search: $text}) { totalCount } }"


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        (FIRST, {"n": HUGE_INT}, "BAD_VARIABLES"),
        (FIRST, {"n": 2**31}, "BAD_VARIABLES"),
        (FIRST, {"n": 1e300}, "BAD_VARIABLES"),
        (FIRST, {"n": -1}, "BAD_PAGE"),
        (FIRST, {"n": 2**31 - 1}, "BAD_PAGE"),
        (f"{{ partners(first: {HUGE_INT}) {{ totalCount }} }}", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ partners(first: 1e400) { totalCount } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (IDS, {"id": HUGE_INT}, "BAD_ID"),
        (IDS, {"id": 2**63}, "BAD_ID"),
        (IDS, {"id": "UGFydG5lcjo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "BAD_ID"),
        (IDS, {"id": "\x00"}, "BAD_ID"),
        ('{ viewer(name: "\\uD800") { name } }', None, "GRAPHQL_PARSE_FAILED"),
        (SEARCH, {"text": "\x00"}, "BAD_INPUT"),
    ],
)
async def test_values_that_fit_nowhere_are_told_and_break_nothing(
    http: Http, query: str, variables: dict[str, Any] | None, code: str
) -> None:
    answer = await http.post({"query": query, "variables": variables})
    assert answer.status_code in (200, 400)
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code], answer.text
