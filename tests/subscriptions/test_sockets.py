"""Subscriptions on a WebSocket: readers that are slow, sockets that end, and every corner of the subprotocol."""

import asyncio
import random
from typing import Any

import orjson
import pytest

from events.cursors import Cursors
from events.epoch import draw
from events.record import Position
from hub import socket_outlet
from hub.api_key_commands import create_key, revoke_key
from hub.api_keys import prefix_of
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, until
from tests.subscriptions.conftest import Serve
from tests.subscriptions.street import IDS, RICH, WHAT, Follower, Street, crm, settled


async def test_a_slow_reader_is_let_go_and_resumes_and_slows_nobody(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_outlet, "MOST_HELD_BYTES", 50_000)
    text = WHAT.replace("cursor", "id cursor " + " ".join(f"a{number}: cursor" for number in range(90)))
    count = 1500
    async with (
        street.following(text, receive_buffer_bytes=4096) as slow,
        street.following(text) as quick,
    ):
        slow.socket.connection.transport.pause_reading()
        expected = []
        for _ in range(count // 100):
            async with street.connection.transaction():
                expected += [await street.change(1) for _ in range(100)]
            assert await quick.ids(100) == expected[-100:]
        slow.socket.connection.transport.resume_reading()
        found: list[dict[str, Any]] = []
        while True:
            try:
                found.append((await slow.next())["data"]["handoffEvents"])
            except Exception as closed:
                close = closed.rcvd  # type: ignore[attr-defined]
                assert (close.code, close.reason[:8]) == (1013, "Too slow")
                break
        assert 0 < len(found) < count
        assert [event["id"] for event in found] == expected[: len(found)]
    async with street.server.initialised() as again:
        await again.ask("1", IDS, after=found[-1]["cursor"])
        rest = [(await again.receive())["payload"]["data"]["handoffEvents"]["id"] for _ in range(count - len(found))]
        assert rest == expected[len(found) :]


async def test_a_replay_waits_for_its_reader(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_outlet, "MOST_HELD_BYTES", 400_000)
    text = WHAT.replace("cursor", "id cursor " + " ".join(f"a{number}: cursor" for number in range(90)))
    async with street.connection.transaction():
        expected = [await street.change(1) for _ in range(1200)]
    await until(lambda: _is_logged(street, 1200))
    async with street.server.initialised(receive_buffer_bytes=4096) as socket:
        await socket.ask("1", text, after="EARLIEST")
        found = [(await socket.receive())["payload"]["data"]["handoffEvents"]["id"] for _ in range(1200)]
    assert found == expected, "5 MB, of which no more than is allowed were ever held"


async def _is_logged(street: Street, count: int) -> bool:
    return len(await street.log()) == count


async def test_complete_ends_it_and_frees_its_id(street: Street) -> None:
    async with street.following() as follower:
        socket = follower.socket
        await socket.send({"id": "1", "type": "complete"})
        await street.changed(1)
        await follower.nothing()
        await socket.ask("1", IDS)
        await settled(socket)
        event_id = await street.change(1)
        assert await follower.ids(1) == [event_id]


async def test_complete_while_it_is_replayed(street: Street) -> None:
    async with street.connection.transaction():
        for _ in range(700):
            await street.change(1)
    await until(lambda: _is_logged(street, 700))
    async with street.server.initialised() as socket:
        await socket.ask("1", RICH, after="EARLIEST")
        await socket.receive()
        await socket.send({"id": "1", "type": "complete"})
        await socket.send({"type": "ping"})
        while (await socket.receive())["type"] != "pong":
            pass
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}, "nothing more after the pong"


async def test_an_id_in_use_by_a_subscription_is_not_taken_again(street: Street) -> None:
    async with street.following() as follower:
        await follower.socket.ask("1", "{ viewer { name } }")
        assert await follower.socket.closing() == (4409, "Subscriber for 1 already exists")


async def test_a_socket_and_a_viewer_have_so_many(serve: Serve) -> None:
    async with (
        serve(max_operations_per_socket=2, max_subscriptions_per_viewer=3) as street,
        street.server.initialised() as first,
        street.server.initialised() as second,
    ):
        for socket, id in ((first, "1"), (first, "2"), (second, "1")):
            await socket.ask(id, IDS)
            await settled(socket)
        await second.ask("2", IDS)
        refused = await second.refusal("2")
        assert refused["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS", "retryAfterSeconds": 5}
        await first.ask("3", IDS)
        assert (await first.refusal("3"))["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await first.send({"id": "1", "type": "complete"})
        await settled(first)
        await second.ask("2", IDS)
        await settled(second)
        async with street.following(viewer=crm(1)):
            pass


async def test_two_subscriptions_of_one_socket(street: Street) -> None:
    async with street.server.initialised(crm(1)) as socket:
        await socket.ask("a", IDS)
        await socket.ask("日本", IDS, filter={"types": ["PRESCRIBED"]})
        await settled(socket)
        first, second = await street.change(1), await street.change(1, "PRESCRIBED")
        messages = [await socket.receive() for _ in range(3)]
        assert {(message["id"], message["payload"]["data"]["handoffEvents"]["id"]) for message in messages} == {
            ("a", first), ("a", second), ("日本", second),
        }  # fmt: skip


async def test_a_token_that_ends_ends_the_subscription(street: Street) -> None:
    async with street.server.socket() as socket:
        token = street.server.token(crm(1), valid_seconds=2)
        await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.ask("1", IDS)
        assert await socket.closing() == (4401, "The token has expired; connect with a new one.")


async def test_a_key_that_is_revoked_ends_the_subscription(serve: Serve) -> None:
    async with serve(reverify_interval_seconds=0.1) as street:
        directory = street.dsns[SourceName.DIRECTORY]
        asked: dict[str, Any] = {
            "partner_id": "UGFydG5lcjox",
            "name": "crm",
            "scopes": ("read", "events"),
            "client": None,
            "days": 1,
        }
        key = await create_key(directory, kind=ViewerKind.CRM, **asked)
        async with street.server.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
            assert await socket.receive() == {"type": "connection_ack"}
            await socket.ask("1", IDS)
            await settled(socket)
            event_id = await street.change(1)
            assert (await socket.receive())["payload"]["data"]["handoffEvents"]["id"] == event_id
            await revoke_key(directory, prefix_of(key))
            code, reason = await socket.closing()
            assert code == 4403
            assert "revoked" in reason


async def test_without_the_scope_nothing_is_followed(street: Street) -> None:
    viewer = Viewer(ViewerKind.CRM, "CRM", partner_id=1, scopes=("partner", "read"))
    async with street.server.initialised(viewer) as socket:
        await socket.ask("1", IDS)
        assert (await socket.refusal("1"))["extensions"]["code"] == "FORBIDDEN"
        await street.changed(1)
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_a_server_that_stops_says_that_it_restarts(serve: Serve) -> None:
    async with serve() as street:
        following = street.following()
        follower = await following.__aenter__()
    assert (await follower.socket.closing())[0] == 1012
    await following.__aexit__(None, None, None)


MESSAGES: list[Any] = [
    {"type": "connection_init"},
    {"type": "connection_init", "payload": {"authorization": "Bearer x"}},
    {"type": "ping", "payload": {"x": 1}},
    {"type": "pong"},
    {"id": "1", "type": "subscribe", "payload": {"query": IDS, "variables": {"after": "EARLIEST"}}},
    {"id": "1", "type": "subscribe", "payload": {"query": IDS, "variables": {"filter": {"types": ["NONE"]}}}},
    {"id": "2", "type": "subscribe", "payload": {"query": "subscription { handoffEvents { "}},
    {"id": "3", "type": "subscribe", "payload": {"query": IDS, "variables": {"after": 1}}},
    {"id": "4", "type": "subscribe", "payload": {"query": "{ viewer { name } }"}},
    {"id": "5", "type": "subscribe", "payload": {"query": "mutation { nothing }"}},
    {"id": "1", "type": "complete"},
    {"id": "2", "type": "complete"},
    {"id": "", "type": "complete"},
    {"id": 7, "type": "subscribe", "payload": {}},
    {"type": "next"},
    [],
    None,
    "text",
]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_a_client_sends_hurts_nobody_else(street: Street, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Random messages, cut and mixed up, on many sockets, some of which vanish; a subscriber beside them misses nothing."""
    dice = random.Random(seed)
    await street.changed(1)

    async def play() -> None:
        async with street.server.socket() as socket:
            if dice.random() < 0.8:
                token = street.server.token(dice.choice([STAFF, crm(1), crm(9)]))
                await socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
            for _ in range(dice.randrange(1, 12)):
                frame = orjson.dumps(dice.choice(MESSAGES))
                if dice.random() < 0.15:
                    frame = frame[: dice.randrange(len(frame) + 1)]
                try:
                    await socket.send(frame.decode(errors="replace") if dice.random() < 0.95 else frame)
                except Exception:
                    return
            if dice.random() < 0.3:
                socket.connection.transport.abort()

    async with street.following() as follower:
        expected = []
        for _ in range(5):
            await asyncio.gather(*(play() for _ in range(8)))
            expected.append(await street.change(1))
        assert await follower.ids(5) == expected
        await follower.nothing()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_subscription_that_came_early_is_unauthorized(street: Street) -> None:
    async with street.server.socket() as socket:
        await socket.ask("1", IDS)
        assert await socket.closing() == (4401, "Send connection_init, and wait for connection_ack.")


async def test_another_history_ends_what_was_followed(street: Street) -> None:
    dsn = street.dsns[SourceName.ENGAGEMENTS]
    async with street.following(WHAT) as follower:
        await street.change(1)
        (event,) = await follower.events(1)
        await draw(dsn)
        refused = await follower.socket.refusal("1")
        assert refused["extensions"] == {"code": "CURSOR_EXPIRED", "field": "after"}
        await follower.socket.ask("2", IDS, after=event["cursor"])
        refused = await follower.socket.refusal("2")
        assert (refused["extensions"]["code"], refused["path"]) == ("CURSOR_EXPIRED", ["handoffEvents"])
        await follower.socket.ask("3", IDS)
        await settled(follower.socket)
        event_id = await street.change(1)
        assert (await follower.socket.receive())["payload"]["data"]["handoffEvents"]["id"] == event_id


async def test_a_cursor_beyond_the_log_is_told(street: Street) -> None:
    connection = street.connection
    row = await connection.fetchrow("SELECT epoch, cursor_key FROM engagements.event_log_state")
    assert row is not None
    cursor = Cursors(row["cursor_key"]).seal(Position(row["epoch"], 10**6))
    async with street.server.initialised() as socket:
        await socket.ask("1", IDS, after=cursor)
        assert (await socket.refusal("1"))["extensions"] == {"code": "CURSOR_AHEAD", "field": "after"}


async def test_behind_another_server_events_go_through_asgi(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `uvicorn server:app` serves: replay, live events, and a slow reader who is let go."""
    monkeypatch.setattr(socket_outlet, "SOCKET", "of no server")
    monkeypatch.setattr(socket_outlet, "MOST_HELD_BYTES", 50_000)
    text = WHAT.replace("cursor", "id cursor " + " ".join(f"a{number}: cursor" for number in range(90)))
    ids = [await street.changed(1) for _ in range(3)]
    async with street.server.initialised() as socket, street.following(text, receive_buffer_bytes=4096) as slow:
        await socket.ask("1", IDS, after="EARLIEST")
        follower = Follower(socket, "1")
        assert await follower.ids(3) == ids
        slow.socket.connection.transport.pause_reading()
        for _ in range(15):
            async with street.connection.transaction():
                ids = [await street.change(1) for _ in range(100)]
            assert await follower.ids(100) == ids
        slow.socket.connection.transport.abort()
