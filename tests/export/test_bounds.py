"""What bounds an export: how many there are, how long they take, who still listens; and that nobody else waits for one."""

import asyncio
import json
from contextlib import AsyncExitStack, aclosing

import httpx2
from structlog.testing import capture_logs

from hub.snapshot import APPLICATION_NAME
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests import miniature
from tests.blocking import locked, waiting
from tests.conftest import Dsns, until
from tests.export.conftest import Exports, Serve, sessions

PARTNERS = "{ partners { nodes { name } } }"
NAMES = [{"name": "山田会計"}, {"name": "鈴木システム"}]

TOO_MANY = {
    "message": "The hub has as many exports under way as it takes (HUB_MAX_EXPORTS); try again later.",
    "extensions": {"code": "TOO_MANY_EXPORTS", "retryAfterSeconds": 10},
}

# More than sockets and buffers between the hub and a client hold: some 30 MB.
TITLES = " ".join(f"a{number}: title" for number in range(90))
WIDE = f"{{ engagements {{ edges {{ cursor node {{ {TITLES} }} }} }} }}"


CUT = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = '{APPLICATION_NAME}'
"""


async def none_left(dsn: str) -> bool:
    """Whether no export is connected to the database any more."""
    return await sessions(dsn) == 0


async def one_waits(dsn: str) -> bool:
    """Whether a read waits for a lock."""
    return await waiting(dsn) == 1


async def test_past_the_bound_an_export_is_refused_and_its_place_is_given_on(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(max_exports=1) as exports:
        async with locked(directory, "directory.partner"):
            accepted = asyncio.create_task(exports.lines(PARTNERS))
            await until(lambda: one_waits(directory))
            response = await exports.response(PARTNERS)
            assert (response.status_code, response.json()["errors"]) == (503, [TOO_MANY])
            assert response.headers["retry-after"] == "10"
        assert await accepted == NAMES
        assert await exports.lines(PARTNERS) == NAMES


async def test_no_exports_where_the_setting_says_so(serve: Serve) -> None:
    async with serve(max_exports=0) as exports:
        assert await exports.refusal(PARTNERS) == (503, [TOO_MANY])


async def test_an_export_takes_no_connection_and_no_place_of_requests(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(pool_size=1, max_requests_in_flight=1) as exports:
        async with locked(directory, "directory.partner"):
            held = asyncio.create_task(exports.lines(PARTNERS))
            await until(lambda: one_waits(directory))
            assert await exports.data("{ associations { code } }") == {"associations": [{"code": "ADVISORS"}]}
        assert await held == NAMES


async def test_an_export_that_takes_too_long_is_ended(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(export_timeout_seconds=0.3) as exports, locked(directory, "directory.partner"):
        status, (error,) = await exports.refusal(PARTNERS)
        assert (status, error["extensions"]) == (504, {"code": "REQUEST_TIMEOUT"})
        assert error["message"] == "The operation took longer than 0.3 s; ask for less at once."
        await until(lambda: none_left(directory))


async def test_each_part_is_held_to_the_statement_timeout(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve(statement_timeout_seconds=0.2) as exports, locked(directory, "directory.partner"):
        status, (error,) = await exports.refusal(PARTNERS)
    assert status == 504
    assert error["path"] == ["partners"]
    assert error["extensions"] == {"code": "SOURCE_TIMEOUT", "source": "directory", "query": "partners.whole"}


async def test_a_client_that_goes_before_the_first_row_ends_the_read_on_the_server_too(serve: Serve, source_dsns: Dsns) -> None:
    directory = source_dsns[SourceName.DIRECTORY]
    async with serve() as exports, locked(directory, "directory.partner"):
        leaving = asyncio.create_task(exports.lines(PARTNERS))
        await until(lambda: one_waits(directory))
        assert await sessions(directory) == 1
        leaving.cancel()
        await asyncio.wait([leaving])
        await until(lambda: none_left(directory))


async def test_a_client_that_goes_midway_leaves_nothing_behind(exports: Exports, seeded_dsns: Dsns) -> None:
    engagements = seeded_dsns[SourceName.ENGAGEMENTS]
    async with exports.opened(WIDE) as response, aclosing(response.aiter_bytes()) as parts:
        assert (await anext(parts)).startswith(b'{"cursor":')
        assert await sessions(engagements) == 1
    await until(lambda: none_left(engagements))


async def test_while_a_slow_client_holds_an_export_up_requests_are_answered(exports: Exports, seeded_dsns: Dsns) -> None:
    engagements = seeded_dsns[SourceName.ENGAGEMENTS]
    async with AsyncExitStack() as stack:
        for _ in range(3):
            response = await stack.enter_async_context(exports.opened(WIDE))
            parts = await stack.enter_async_context(aclosing(response.aiter_bytes()))
            assert await anext(parts)
        assert await sessions(engagements) == 3
        answer = await exports.data("{ engagements(first: 2) { nodes { status client { name } } } }")
        assert len(answer["engagements"]["nodes"]) == 2
        # None of them has got to its end meanwhile.
        assert await sessions(engagements) == 3
    await until(lambda: none_left(engagements))


async def broken_off(exports: Exports, dsn: str) -> list[str]:
    """The whole lines of an export whose connection to the database is cut after its first part."""
    received = b""
    async with exports.opened(WIDE) as response, aclosing(response.aiter_bytes()) as parts:
        received += await anext(parts)
        await miniature.execute(dsn, CUT)
        try:
            async for part in parts:
                received += part
        except httpx2.RemoteProtocolError:
            return received.decode().split("\n")[:-1]
    raise AssertionError("the export came to its end")


async def test_a_source_lost_midway_breaks_the_export_off_and_a_cursor_resumes_it(exports: Exports, seeded_dsns: Dsns) -> None:
    engagements = seeded_dsns[SourceName.ENGAGEMENTS]
    whole = (await exports.body(WIDE)).decode().splitlines()
    with capture_logs() as logs:
        first = await broken_off(exports, engagements)
        await until(lambda: none_left(engagements))
    assert 0 < len(first) < len(whole)
    (logged,) = [line for line in logs if line["event"] == "export.broken_off"]
    (error,) = logged["errors"]
    assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "engagements"}
    rest = (await exports.body(WIDE, after=json.loads(first[-1])["cursor"])).decode().splitlines()
    assert first + rest == whole


async def test_a_source_that_is_down_is_told_before_the_first_byte(serve: Serve, source_dsns: Dsns) -> None:
    nowhere = {"community_dsn": "postgresql://hub@127.0.0.1:1/nowhere"}
    async with serve(**nowhere) as exports:
        status, (error,) = await exports.refusal("{ posts { nodes { title } } }")
        assert (status, error["path"]) == (503, ["posts"])
        assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "community"}
        # An edge of a row is worth no less: a page would have null there, an export would lie.
        status, (error,) = await exports.refusal("{ engagements { nodes { title posts { nodes { title } } } } }")
        assert (status, error["path"]) == (503, ["engagements", "nodes", 0, "posts", "nodes"])
        assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "community"}
        # What does not ask that source is exported as ever.
        assert await exports.lines("{ engagements { nodes { title } } }") == [{"title": "帳簿の電子化"}]


async def test_credentials_and_the_scope_to_read_are_asked_for(small: Exports) -> None:
    for headers in ({}, {"authorization": "Bearer x"}):
        response = await small.http.client.post("/export", json={"query": PARTNERS}, headers=headers)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
        assert response.headers["www-authenticate"] == "Bearer"
    writer = Viewer(ViewerKind.CRM, "writer", partner_id=1, scopes=("partner", "write"))
    status, (error,) = await small.refusal(PARTNERS, viewer=writer)
    assert (status, error["extensions"]) == (403, {"code": "FORBIDDEN"})
    assert error["message"] == "This query needs the scope read, which the credential does not grant."


async def test_an_export_costs_a_page_of_a_hundred_rows_whatever_it_asks_for(serve: Serve) -> None:
    async with serve(cost_ceiling_staff=99) as exports:
        for page in ("", "(first: 1)", "(first: 100)"):
            status, (error,) = await exports.refusal(f"{{ partners{page} {{ nodes {{ name }} }} }}")
            assert status == 400
            assert error["extensions"] == {
                "code": "COST_CEILING_EXCEEDED",
                "cost": {"requested": 101, "ceiling": 99, "field": "partners"},
            }
    async with serve(cost_budget_per_minute_staff=250) as exports:
        for _ in range(2):
            assert await exports.lines(PARTNERS) == NAMES
        status, (error,) = await exports.refusal(PARTNERS)
        assert (status, error["extensions"]["code"]) == (429, "COST_BUDGET_EXHAUSTED")
