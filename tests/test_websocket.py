"""The subprotocol graphql-transport-ws on a real socket: what is answered, and with which code each mistake is closed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF, Dsns, settings_for
from tests.sockets import PROTOCOL, Server, socket_server

NAME = "{ viewer { name } }"
STAFF_NAME = {"viewer": {"name": "Staff"}}


@pytest.fixture
async def server(seeded_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Server]:
    """The demo's programme, to connect to."""
    async with socket_server(settings_for(seeded_dsns, tmp_path)) as started:
        yield started


async def test_an_operation_is_answered_and_completes(server: Server) -> None:
    async with server.initialised() as socket:
        assert socket.connection.subprotocol == PROTOCOL
        await socket.ask("1", NAME)
        answer = await socket.answer("1")
        assert (answer["data"], answer.get("errors")) == (STAFF_NAME, None)
        await socket.ask("1", "query($n: Int!) { partners(first: $n) { nodes { __typename } } }", n=2)
        assert (await socket.answer("1"))["data"] == {"partners": {"nodes": [{"__typename": "Partner"}] * 2}}
        named = {"query": "query A { viewer { scopes } } query B { viewer { name } }", "operationName": "B"}
        await socket.send({"id": "2", "type": "subscribe", "payload": named})
        assert (await socket.answer("2"))["data"] == STAFF_NAME


async def test_errors_of_fields_come_with_the_data(server: Server) -> None:
    async with server.initialised() as socket:
        await socket.ask("1", "{ viewer { name } partners(first: 0) { totalCount } }")
        answer = await socket.answer("1")
        assert answer["data"] == {**STAFF_NAME, "partners": None}
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]) == (["partners"], {"code": "BAD_PAGE", "field": "first"})


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ viewer {"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ viewer { nickname } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($n: Int!) { partners(first: $n) { totalCount } }"}, "BAD_VARIABLES"),
        ({"query": "query A { viewer { name } } query B { viewer { name } }"}, "BAD_REQUEST"),
        ({"query": NAME, "variables": []}, "BAD_REQUEST"),
        ({"query": 1}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
        ({"query": "subscription { viewer { name } }"}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_operation_that_cannot_run_is_an_error_and_the_socket_goes_on(
    server: Server, payload: dict[str, Any], code: str
) -> None:
    async with server.initialised() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        assert (await socket.refusal("1"))["extensions"]["code"] == code
        await socket.ask("1", NAME)
        assert (await socket.answer("1"))["data"] == STAFF_NAME


async def test_a_mutation_may_be_sent(server: Server) -> None:
    async with server.initialised() as socket:
        await socket.ask("1", "mutation { anything }")
        refused = await socket.refusal("1")
        assert refused["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", "as any operation that the schema does not have"


async def test_viewers_are_told_apart(server: Server) -> None:
    async with server.initialised() as staff, server.initialised(Viewer(ViewerKind.REPORTING, "Reports")) as reporting:
        for socket, name in ((staff, "Staff"), (reporting, "Reports"), (staff, "Staff")):
            await socket.ask("1", NAME)
            assert (await socket.answer("1"))["data"] == {"viewer": {"name": name}}


async def test_pings_are_answered_with_their_payload_before_and_after_init(server: Server) -> None:
    async with server.socket() as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
    async with server.initialised() as socket:
        await socket.send({"type": "pong", "payload": {"unasked": True}})
        await socket.send({"type": "ping", "payload": {"at": 1}})
        assert await socket.receive() == {"type": "pong", "payload": {"at": 1}}


async def test_credentials_are_required(server: Server) -> None:
    for message in ({"type": "connection_init"}, {"type": "connection_init", "payload": {}}):
        async with server.socket() as socket:
            await socket.send(message)
            told = (4401, 'No credentials. Send the payload {"authorization": "Bearer <token>"}.')
            assert await socket.closing() == told
    async with server.socket() as socket:
        await socket.ask("1", NAME)
        assert await socket.closing() == (4401, "Send connection_init, and wait for connection_ack.")


@pytest.mark.parametrize(
    "authorization", ["nonsense", "Bearer nonsense", "Bearer ", "Basic abc", "Bearer パートナー", "", "Bearer hub_x"]
)
async def test_bad_credentials_are_forbidden(server: Server, authorization: str) -> None:
    async with server.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": authorization}})
        code, reason = await socket.closing()
        assert code == 4403
        assert reason


async def test_a_second_init_is_one_too_many(server: Server) -> None:
    async with server.initialised() as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {server.token(STAFF)}"}})
        assert await socket.closing() == (4429, "connection_init is sent once.")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"{}", "Messages are text, not binary."),
        ("", "message: is not JSON"),
        ("{", "message: is not JSON"),
        ('{"type": "\\ud800"}', "message: is not JSON"),
        ("[" * 5000, "message: is not JSON"),
        (
            '{"type": "ping", "payload": ' + '{"a":' * 40 + "1" + "}" * 41,
            "message: is nested deeper than 32 levels in 'payload'",
        ),
        ("[]", "message: must be a JSON object."),
        ("null", "message: must be a JSON object."),
        ("{}", "type: None is no message of a client."),
        ('{"type": 1}', "type: 1 is no message of a client."),
        ('{"type": ["ping"]}', "type: ['ping'] is no message of a client."),
        ('{"type": "start"}', "type: 'start' is no message of a client."),
        ('{"type": "next", "id": "1", "payload": {}}', "type: 'next' is no message of a client."),
        ('{"type": "' + "日" * 5000 + '"}', "type: '\\u65e5\\u65e5"),
        ('{"type": "ping", "payload": 1}', "payload: must be a JSON object or null."),
        ('{"type": "pong", "payload": "x"}', "payload: must be a JSON object or null."),
        ('{"type": "connection_init", "payload": []}', "payload: must be a JSON object or null."),
        ('{"type": "connection_init", "payload": {"authorization": 1}}', "authorization: must be a string."),
        ('{"type": "complete"}', "id: must be a string of 1 to 256 characters."),
        ('{"type": "complete", "id": 1}', "id: must be a string of 1 to 256 characters."),
    ],
)
async def test_what_is_no_message_is_malformed(server: Server, frame: str | bytes, reason: str) -> None:
    async with server.socket() as socket:
        await socket.send(frame)
        code, told = await socket.closing()
        assert code == 4400
        assert told.startswith(reason), told


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "subscribe"}, "id: must be a string of 1 to 256 characters."),
        ({"type": "subscribe", "id": "", "payload": {"query": NAME}}, "id: must be a string of 1 to 256 characters."),
        ({"type": "subscribe", "id": "x" * 257, "payload": {"query": NAME}}, "id: must be a string of 1 to 256 characters."),
        ({"type": "subscribe", "id": "1"}, "payload: must be a JSON object with a GraphQL request."),
        ({"type": "subscribe", "id": "1", "payload": NAME}, "payload: must be a JSON object with a GraphQL request."),
    ],
)
async def test_a_subscribe_without_its_parts_is_malformed(server: Server, message: dict[str, Any], reason: str) -> None:
    async with server.initialised() as socket:
        await socket.send(message)
        assert await socket.closing() == (4400, reason)


@pytest.mark.parametrize("offered", [None, Subprotocol("graphql-ws"), Subprotocol("GRAPHQL-TRANSPORT-WS")])
async def test_another_subprotocol_is_not_spoken(server: Server, offered: Subprotocol | None) -> None:
    async with server.socket(offered) as socket:
        assert socket.connection.subprotocol is None
        assert await socket.closing() == (4406, "Offer the subprotocol graphql-transport-ws.")


async def test_a_message_is_as_large_as_a_body_may_be(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with socket_server(settings_for(seeded_dsns, tmp_path, max_body_bytes=1024)) as server:
        async with server.initialised() as socket:
            frame = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": NAME}})
            await socket.send(frame.ljust(1024))
            assert (await socket.answer("1"))["data"] == STAFF_NAME
            await socket.send(frame.ljust(1025))
            assert (await socket.closing())[0] == 1009
        async with server.initialised() as socket:
            await socket.connection.send(piece * 100 for piece in "0123456789abcdef")
            assert (await socket.closing())[0] == 1009


async def test_nothing_is_compressed(server: Server) -> None:
    async with connect(f"{server.url}/graphql", subprotocols=[PROTOCOL], compression="deflate", proxy=None) as connection:
        assert connection.protocol.extensions == []


async def test_other_paths_have_no_sockets(server: Server) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(f"{server.url}/elsewhere", subprotocols=[PROTOCOL], proxy=None):
            pass
    assert refused.value.response.status_code == 403


def frame(first: int, payload: bytes = b"", *, length: bytes | None = None, mask: bool = True) -> bytes:
    """A frame with this first byte; masked with zeros, which leave the payload as it is."""
    size = len(payload).to_bytes(1) if length is None else length
    masked = bytes([size[0] | 0x80]) + size[1:] + bytes(4) if mask else size
    return bytes([first]) + masked + payload


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (frame(0x81, b"{}", mask=False), 1002),
        (frame(0xC1, b"{}"), 1002),
        (frame(0x83, b"{}"), 1002),
        (frame(0x80, b"{}"), 1002),
        (frame(0x01, b"{") + frame(0x81, b"}"), 1002),
        (frame(0x09, b""), 1002),
        (frame(0x89, b"x" * 126, length=bytes([126, 0, 126])), 1002),
        (frame(0x81, length=b"\x7f" + b"\xff" * 8), 1009),
        (frame(0x81, length=b"\x7f" + b"\x00" * 4 + b"\x7f" + b"\xff" * 3), 1009),
        (frame(0x88, b"\x00"), 1002),
        (frame(0x88, (999).to_bytes(2)), 1002),
        (frame(0x88, (1000).to_bytes(2) + b"\xff"), 1007),
        (frame(0x01, b'{"type":') + frame(0x00) * 5000 + frame(0x80, b'"start"}'), 4400),
        (frame(0x81, b'{"type": "\xed\xa0\x80"}'), 1007),
        (frame(0x01, b"\xe6\x97") + frame(0x80, b"\xff"), 1007),
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
    ],
)
async def test_frames_that_break_the_rules_close_their_socket_alone(
    server: Server, caplog: pytest.LogCaptureFixture, raw: bytes, code: int
) -> None:
    async with server.initialised() as other:
        async with server.initialised() as socket:
            socket.connection.transport.write(raw)
            assert (await socket.closing())[0] == code
        await other.ask("1", NAME)
        assert (await other.answer("1"))["data"] == STAFF_NAME
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_sockets_that_vanish_in_the_middle_leave_no_trace(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        async with server.initialised() as socket:
            for number in range(20):
                await socket.ask(str(number), "{ partners(first: 50) { nodes { name members { nodes { name } } } } }")
            socket.connection.transport.abort()
    async with server.initialised() as socket:
        await socket.ask("1", NAME)
        assert (await socket.answer("1"))["data"] == STAFF_NAME
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_server_that_stops_says_that_it_restarts(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        async with socket_server(settings_for(seeded_dsns, tmp_path)) as server:
            holding = server.initialised()
            socket = await holding.__aenter__()
        assert (await socket.closing())[0] == 1012
        await holding.__aexit__(None, None, None)
