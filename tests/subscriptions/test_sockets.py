"""Subscriptions on a WebSocket: groups, readers that are slow, sockets that end, and every corner of the subprotocol."""

import asyncio
import random
from collections import Counter
from typing import Any

import orjson
import pytest

from engine.subscriptions import Program
from events.cursors import Cursors
from events.epoch import draw
from events.record import Position
from hub import socket_outlet
from hub.api_key_commands import create_key, revoke_key
from hub.api_keys import prefix_of
from hub.context import RequestContext
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, until
from tests.subscriptions.conftest import Serve
from tests.subscriptions.street import IDS, RICH, VERSIONS, WHAT, Follower, Street, crm, engagement, settled


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Viewer | None, int]]:
    """Every run of the engine: for which viewer, None where it is the same for all, and for how many events."""
    found: list[tuple[Viewer | None, int]] = []
    answers, at_once = Program.answers, Program.answers_at_once

    async def counted(self: Program, rows: Any, context: RequestContext) -> Any:
        found.append((context.viewer, len(rows)))
        return await answers(self, rows, context)

    def counted_at_once(self: Program, rows: Any, context: Any) -> Any:
        found.append((None, len(rows)))
        return at_once(self, rows, context)

    monkeypatch.setattr(Program, "answers", counted)
    monkeypatch.setattr(Program, "answers_at_once", counted_at_once)
    return found


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every read of a source by name, and how often it was sent."""
    from hub.source import Source

    found: Counter[str] = Counter()
    fetch = Source.fetch

    async def counted(self: Source, name: str, *arguments: Any, **options: Any) -> Any:
        found[name] += 1
        return await fetch(self, name, *arguments, **options)

    monkeypatch.setattr(Source, "fetch", counted)
    return found


async def test_an_event_is_run_once_for_a_group_and_reads_what_one_subscriber_reads(
    street: Street, runs: list[tuple[Viewer | None, int]], queries: Counter[str]
) -> None:
    taken = []
    for count in (1, 50):
        async with street.server.initialised(crm(1)) as socket:
            sockets = [socket]
            others = [street.server.initialised(crm(1)) for _ in range(count - 1)]
            sockets += [await other.__aenter__() for other in others]
            for each in sockets:
                await each.ask("1", RICH)
                await settled(each)
            runs.clear()
            await street.change(1)
            frames = {await each.connection.recv() for each in sockets}
            assert len(frames) == 1, "the same bytes go to all"
            assert len(runs) == 1
            queries.clear()
            await street.change(1)
            frames = {await each.connection.recv() for each in sockets}
            assert len(frames) == 1
            taken.append(dict(queries))
            for other in others:
                await other.__aexit__(None, None, None)
    assert taken[0] == taken[1]


async def test_what_differs_in_the_answer_is_another_group(street: Street, runs: list[tuple[Viewer | None, int]]) -> None:
    scoped = Viewer(ViewerKind.CRM, "other", partner_id=1, scopes=("partner", "read", "events"))
    async with (
        street.following(RICH, viewer=STAFF) as staff,
        street.following(RICH, viewer=crm(1)) as first,
        street.following(RICH, viewer=Viewer(ViewerKind.CRM, "same firm", partner_id=1)) as same,
        street.following(RICH, viewer=scoped) as other,
        street.following(RICH, viewer=crm(2)),
        street.following(f"{RICH} ", viewer=crm(1)) as text,
        street.following(RICH, viewer=crm(1), filter={"regions": ["JP-13"]}) as region,
        street.following(RICH, viewer=crm(1), filter={"regions": ["JP-27"]}),
    ):
        await street.change(1)
        for follower in (staff, first, same, other, text, region):
            await follower.events(1)
        # For firm 2, and for the other region, nothing is run; the two CRMs of firm 1 are one group.
        assert sorted(count for _, count in runs) == [1] * 5


async def test_what_is_the_same_for_all_is_run_once_for_all_firms(
    street: Street, runs: list[tuple[Viewer | None, int]], queries: Counter[str]
) -> None:
    async with (
        street.following(IDS, viewer=crm(1)) as first,
        street.following(IDS, viewer=crm(9)) as second,
        street.following(IDS, viewer=crm(1), filter={"regions": ["JP-13"]}) as third,
        street.following(IDS, viewer=crm(2)) as stranger,
    ):
        event_id = await street.change(1, "HANDOFF_OFFERED", handoff=1, partners=(1, 9))
        for follower in (first, second, third):
            assert await follower.ids(1) == [event_id]
        await stranger.nothing()
        assert runs == [(None, 1)]
        assert queries["event_seers"] == 0, "who sees it was read with it"


async def test_what_several_firms_read_of_an_event_is_read_in_one_query(street: Street, queries: Counter[str]) -> None:
    text = VERSIONS % "engagementId engagement { title client { name } }"
    async with (
        street.following(text, viewer=crm(1)) as lead,
        street.following(text, viewer=crm(9)) as offered,
        street.following(text, viewer=crm(1), filter={"regions": ["JP-13"]}) as region,
    ):
        await street.change(1, handoff=1, partners=(1, 9))
        in_full = {"engagementId": engagement(1), "engagement": {"title": "title 1", "client": {"name": "client 1"}}}
        as_offer = {"engagementId": engagement(1), "engagement": {"title": None, "client": None}}
        for follower, expected in ((lead, in_full), (offered, as_offer), (region, in_full)):
            assert await follower.events(1) == [expected]
    assert queries["engagements"] == 1


async def test_events_of_one_batch_are_run_together(street: Street, runs: list[tuple[Viewer | None, int]]) -> None:
    async with street.following() as follower:
        async with street.connection.transaction():
            ids = [await street.change(1) for _ in range(20)]
        assert await follower.ids(20) == ids
    assert runs == [(None, 20)]


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
