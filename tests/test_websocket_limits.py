"""What bounds a socket: its operations, their time, the hub's places, and how long its credentials hold."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from hub import serving
from hub.api_key_commands import create_key, revoke_key
from hub.api_keys import prefix_of
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from tests import miniature
from tests.blocking import locked, waiting
from tests.conftest import STAFF, Dsns, settings_for, until
from tests.sockets import Server, Socket, socket_server

NAME = "{ viewer { name } }"
STAFF_NAME = {"viewer": {"name": "Staff"}}
PARTNERS = "{ partners { nodes { name } } }"
NAMES = {"partners": {"nodes": [{"name": "山田会計"}, {"name": "鈴木システム"}]}}

Serve = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
async def serve(source_dsns: Dsns, tmp_path: Path) -> Serve:
    """Serve the miniature with these settings."""
    await miniature.write(source_dsns)
    return lambda **overrides: socket_server(settings_for(source_dsns, tmp_path, **overrides))


@pytest.fixture
def directory(source_dsns: Dsns) -> str:
    """The database of partners, which the tests lock."""
    return source_dsns[SourceName.DIRECTORY]


async def waits(dsn: str, count: int) -> None:
    """Until so many of the hub's reads wait."""

    async def reached() -> bool:
        return await waiting(dsn) == count

    await until(reached, timeout_seconds=5)


async def answers(socket: Socket, id: str = "quick") -> None:
    """See that a socket answers, and has nothing else to say before."""
    await socket.ask(id, NAME)
    assert (await socket.answer(id))["data"] == STAFF_NAME


async def takes_sockets(server: Server) -> bool:
    """Whether there is a place for one more."""
    async with server.socket() as socket:
        try:
            await socket.send({"type": "ping"})
            return await socket.receive() == {"type": "pong"}
        except websockets.ConnectionClosed:
            return False


async def test_operations_run_side_by_side_and_answer_as_they_finish(serve: Serve, directory: str) -> None:
    async with serve() as server, server.initialised() as socket:
        async with locked(directory, "directory.partner"):
            await socket.ask("slow", PARTNERS)
            await waits(directory, 1)
            await answers(socket)
        assert (await socket.answer("slow"))["data"] == NAMES


async def test_an_id_in_use_is_not_taken_again(serve: Serve, directory: str) -> None:
    async with serve() as server, server.initialised() as socket, locked(directory, "directory.partner"):
        await socket.ask("é1", PARTNERS)
        await socket.ask("é1", PARTNERS)
        assert await socket.closing() == (4409, "Subscriber for \\xe91 already exists")
        await waits(directory, 0)


async def test_complete_ends_the_operation_at_the_database_and_frees_its_id(serve: Serve, directory: str) -> None:
    async with serve(pool_size=1, max_requests_in_flight=1) as server, server.initialised() as socket:
        async with locked(directory, "directory.partner"):
            for _ in range(3):
                await socket.ask("1", PARTNERS)
                await waits(directory, 1)
                await socket.send({"id": "1", "type": "complete"})
                await waits(directory, 0)
            await socket.send({"id": "1", "type": "complete"})
            await socket.send({"id": "never", "type": "complete"})
        await socket.ask("1", PARTNERS)
        assert (await socket.answer("1"))["data"] == NAMES


@pytest.mark.parametrize("way", ["close", "abort"])
async def test_a_client_that_leaves_ends_its_operations(serve: Serve, directory: str, way: str) -> None:
    async with serve(pool_size=2, max_requests_in_flight=2) as server:
        async with locked(directory, "directory.partner"), server.initialised() as socket:
            await socket.ask("1", PARTNERS)
            await socket.ask("2", PARTNERS)
            await waits(directory, 2)
            if way == "close":
                await socket.connection.close()
            else:
                socket.connection.transport.abort()
            await waits(directory, 0)
        async with server.initialised() as socket:
            await socket.ask("1", PARTNERS)
            assert (await socket.answer("1"))["data"] == NAMES


async def test_one_socket_runs_so_many_operations_at_once(serve: Serve, directory: str) -> None:
    async with serve(max_operations_per_socket=2) as server, server.initialised() as socket:
        async with locked(directory, "directory.partner"):
            await socket.ask("1", PARTNERS)
            await socket.ask("2", PARTNERS)
            await socket.ask("3", PARTNERS)
            assert await socket.refusal("3") == {
                "message": "id: one socket runs at most 2 operations at once; wait for one to complete.",
                "extensions": {"code": "TOO_MANY_OPERATIONS"},
            }
            await waits(directory, 2)
        first = (await socket.receive())["id"]
        assert first in ("1", "2")
        assert await socket.receive() == {"id": first, "type": "complete"}
        assert (await socket.answer("2" if first == "1" else "1"))["data"] == NAMES
        await answers(socket, "3")


async def test_places_are_shared_with_http(serve: Serve, directory: str) -> None:
    async with serve(max_requests_in_flight=1) as server, server.initialised() as socket, server.initialised() as other:
        async with locked(directory, "directory.partner"):
            await socket.ask("1", PARTNERS)
            await waits(directory, 1)
            await other.ask("1", NAME)
            assert (await other.refusal("1"))["extensions"] == {"code": "OVERLOADED", "retryAfterSeconds": 1}
            async with httpx2.AsyncClient() as client:
                url = f"{server.url.replace('ws:', 'http:')}/graphql"
                assert (await client.post(url, json={"query": NAME})).status_code == 503
            async with server.socket() as third:
                await third.send({"type": "connection_init", "payload": {"authorization": f"Bearer {server.token(STAFF)}"}})
                assert (await third.closing())[0] == 1013
        assert (await socket.answer("1"))["data"] == NAMES
        await answers(other)


async def test_an_operation_past_its_time_is_told_and_the_socket_goes_on(serve: Serve, directory: str) -> None:
    # One connection: the first read has it until the statement times out, the second is under way when the operation does.
    bounds = {"pool_size": 1, "acquire_timeout_seconds": 9, "statement_timeout_seconds": 2, "request_timeout_seconds": 2.3}
    held = locked(directory, "directory.partner", "directory.association")
    async with serve(**bounds) as server, server.initialised() as socket, held:
        await socket.ask("1", "{ partners { nodes { name } } associations { name } }")
        assert await socket.refusal("1") == {
            "message": "The operation took longer than 2.3 s; ask for less at once.",
            "extensions": {"code": "REQUEST_TIMEOUT"},
        }
        await waits(directory, 0)
        await answers(socket)


async def test_credentials_are_waited_for_so_long(serve: Serve) -> None:
    async with serve(connection_init_timeout_seconds=0.3) as server:
        async with server.socket() as silent:
            await silent.send({"type": "ping"})
            assert await silent.receive() == {"type": "pong"}
            assert await silent.closing() == (4408, "No connection_init within 0.3 s.")
        async with server.initialised() as socket, server.socket() as silent:
            assert (await silent.closing())[0] == 4408
            await answers(socket)


async def test_so_many_sockets_and_no_more(serve: Serve) -> None:
    async with serve(max_sockets=2) as server:
        async with server.initialised() as first, server.socket():
            async with server.socket() as third:
                assert await third.closing() == (1013, "The hub has as many sockets as it takes; try again later.")
            await answers(first)

        await until(lambda: takes_sockets(server))


async def test_a_socket_ends_when_its_token_does(serve: Serve, directory: str) -> None:
    async with serve() as server, server.socket() as socket, locked(directory, "directory.partner"):
        ends_at = int(time.time()) + 2
        token = server.token(STAFF, valid_seconds=2)
        await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.ask("1", PARTNERS)
        await waits(directory, 1)
        assert await socket.closing() == (4401, "The token has expired; connect with a new one.")
        assert ends_at <= time.time() < ends_at + 1.5
        await waits(directory, 0)


async def test_a_key_that_is_revoked_ends_its_sockets(serve: Serve, directory: str) -> None:
    asked: dict[str, Any] = {"partner_id": None, "name": "reports", "scopes": (), "client": None, "days": 1}
    key, kept = [await create_key(directory, kind=ViewerKind.REPORTING, **asked) for _ in range(2)]
    async with serve(reverify_interval_seconds=0.1) as server, server.socket() as socket, server.socket() as other:
        for each, bearer in ((socket, key), (other, kept)):
            await each.send({"type": "connection_init", "payload": {"authorization": f"Bearer {bearer}"}})
            assert await each.receive() == {"type": "connection_ack"}
            await each.ask("1", NAME)
            assert (await each.answer("1"))["data"] == {"viewer": {"name": "reports"}}
        await revoke_key(directory, prefix_of(key))
        code, reason = await socket.closing()
        assert code == 4403
        assert "revoked" in reason
        await other.ask("1", NAME)
        assert (await other.answer("1"))["data"] == {"viewer": {"name": "reports"}}


async def test_credentials_that_cannot_be_verified_now_may_be_good(serve: Serve, directory: str) -> None:
    asked: dict[str, Any] = {"partner_id": None, "name": "reports", "scopes": (), "client": None, "days": 1}
    bearer = f"Bearer {await create_key(directory, kind=ViewerKind.REPORTING, **asked)}"
    async with serve(statement_timeout_seconds=0.2) as server, locked(directory, "directory.api_key"):
        async with httpx2.AsyncClient() as client:
            url = f"{server.url.replace('ws:', 'http:')}/graphql"
            refused = await client.post(url, json={"query": NAME}, headers={"authorization": bearer})
            assert refused.status_code == 504
            assert refused.json()["errors"][0]["extensions"]["code"] == "SOURCE_TIMEOUT"
        async with server.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"authorization": bearer}})
            assert (await socket.closing())[0] == 1013
    await miniature.execute(directory, "DROP TABLE directory.api_key")
    async with serve() as server, httpx2.AsyncClient() as client:
        url = f"{server.url.replace('ws:', 'http:')}/graphql"
        refused = await client.post(url, json={"query": NAME}, headers={"authorization": bearer})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["errors"][0]["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "directory"}


async def test_a_client_that_reads_nothing_is_cut_off_and_holds_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PING_INTERVAL_SECONDS", 0.2)
    monkeypatch.setattr(serving, "PING_TIMEOUT_SECONDS", 0.2)
    async with serve(max_sockets=1) as server, server.initialised(receive_buffer_bytes=4096) as stuck:
        stuck.connection.transport.pause_reading()
        sending = asyncio.create_task(_send_pings(stuck, 20, {"echo": "x" * 900_000}))
        await until(lambda: takes_sockets(server))
        sending.cancel()
        stuck.connection.transport.abort()


async def _send_pings(socket: Socket, count: int, payload: dict[str, str]) -> None:
    for _ in range(count):
        await socket.send({"type": "ping", "payload": payload})


async def test_a_flood_of_messages_is_taken_in_order(serve: Serve) -> None:
    async with serve(max_operations_per_socket=1000, max_requests_in_flight=1000) as server, server.initialised() as socket:
        count = 500
        sending = asyncio.create_task(_send_all(socket, count))
        completed = 0
        while completed < count:
            completed += (await socket.receive())["type"] == "complete"
        await sending
        await answers(socket)


async def _send_all(socket: Socket, count: int) -> None:
    for number in range(count):
        await socket.ask(str(number), NAME)
