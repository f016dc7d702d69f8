"""Bugs are masked: a client gets a reference, and the log has the trace under it, once. The faults are real ones."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hub.api_key_commands import create_key
from hub.graphql_errors import masked
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from tests import miniature
from tests.conftest import STAFF, Dsns, settings_for
from tests.sockets import Server, socket_server

BROKEN = "{ viewer { name } partners { nodes { name } } }"


@pytest.fixture
async def machine_key(source_dsns: Dsns) -> str:
    """An API key, made while all was well."""
    directory = source_dsns[SourceName.DIRECTORY]
    asked: dict[str, Any] = {"partner_id": None, "name": "reports", "scopes": (), "client": None, "days": 1}
    return await create_key(directory, kind=ViewerKind.REPORTING, **asked)


@pytest.fixture
async def server(source_dsns: Dsns, machine_key: str, tmp_path: Path) -> AsyncIterator[Server]:
    """The miniature, with columns of its directory renamed under the hub, as a careless migration would."""
    await miniature.write(source_dsns)
    directory = source_dsns[SourceName.DIRECTORY]
    await miniature.execute(directory, "ALTER TABLE directory.partner RENAME COLUMN name TO hidden")
    await miniature.execute(directory, "ALTER TABLE directory.api_key RENAME COLUMN kind TO hidden")
    async with socket_server(settings_for(source_dsns, tmp_path)) as started:
        yield started


def logged(lines: list[EventDict]) -> list[tuple[str, str]]:
    """The bugs in the log: each one's reference and what was raised."""
    return [(line["reference"], type(line["exc_info"]).__name__) for line in lines if line["event"] == "bug"]


async def post(server: Server, query: str, bearer: str) -> httpx2.Response:
    """The answer over HTTP."""
    async with httpx2.AsyncClient(base_url=server.url.replace("ws:", "http:")) as client:
        return await client.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {bearer}"})


async def test_a_bug_in_a_field_is_masked_over_http_and_websocket(server: Server) -> None:
    with capture_logs() as lines:
        over_http = (await post(server, BROKEN, server.token(STAFF))).json()
        async with server.initialised() as socket:
            await socket.ask("1", BROKEN)
            over_websocket = await socket.answer("1")
    references = [reference for reference, _ in logged(lines)]
    assert logged(lines) == [(reference, "UndefinedColumnError") for reference in references]
    assert len(set(references)) == 2
    for answer, reference in zip((over_http, over_websocket), references, strict=True):
        assert answer["data"] == {"viewer": {"name": "Staff"}, "partners": None}
        (error,) = answer["errors"]
        assert error["message"] == f"Internal error, reference {reference}."
        assert error["extensions"] == {"code": "INTERNAL", "reference": reference}
        assert error["path"] == ["partners", "nodes"]
        assert "hidden" not in str(answer)


async def test_a_bug_before_the_operation_is_masked_too(server: Server, machine_key: str) -> None:
    with capture_logs() as lines:
        over_http = await post(server, BROKEN, machine_key)
        async with server.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {machine_key}"}})
            closing = await socket.closing()
    (first, kind), (second, other_kind) = logged(lines)
    assert (kind, other_kind) == ("UndefinedColumnError", "UndefinedColumnError")
    assert over_http.status_code == 500
    assert over_http.json() == {
        "errors": [{"message": f"Internal error, reference {first}.", "extensions": {"code": "INTERNAL", "reference": first}}]
    }
    assert closing == (1011, f"Internal error, reference {second}.")


def test_a_bug_met_in_several_fields_is_logged_once() -> None:
    bug = ZeroDivisionError("one")
    with capture_logs() as lines:
        first, again, other = masked(bug), masked(bug), masked(ZeroDivisionError("two"))
    assert first == again != other
    assert [reference for reference, _ in logged(lines)] == [shown["extensions"]["reference"] for shown in (first, other)]
