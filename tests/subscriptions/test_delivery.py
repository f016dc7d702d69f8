"""What is delivered: exactly the events that a subscriber asked for and may see, from its cursor on, in the log's order."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub import budget
from hub.vocabulary import SourceName
from tests.conftest import STAFF, until
from tests.subscriptions.conftest import Serve
from tests.subscriptions.street import ENGAGEMENTS, IDS, RICH, WHAT, Follower, Street, crm, engagement


async def test_an_event_is_answered_in_full(street: Street) -> None:
    async with street.following(RICH, crm(9)) as receiver, street.following(RICH, crm(1)) as sender:
        event_id = await street.change(1, "HANDOFF_OFFERED", handoff=1, phases=("AWARENESS", "CONSULTATION"), partners=(1, 9))
        (seen,), (own,) = await receiver.events(1), await sender.events(1)
        (row,) = await street.log()
        expected: dict[str, Any] = {
            "id": event_id,
            "type": "HANDOFF_OFFERED",
            "occurredAt": row["occurred_at"].isoformat().replace("+00:00", "Z"),
            "engagementVersion": 2,
            "engagementId": engagement(1),
            "fromPhase": "AWARENESS",
            "toPhase": "CONSULTATION",
            "fromPartner": {"name": "firm 1"},
            "toPartner": {"name": "firm 9"},
            "engagement": {"title": "title 1", "version": 2, "leadPartner": {"name": "firm 1"}, "client": {"name": "client 1"}},
            "handoff": {"status": "OFFERED", "note": None},
            "cursor": own["cursor"],
        }
        assert own == expected
        assert list(own) == list(expected), "in the order of the document"
        offered = {"title": None, "version": 2, "leadPartner": {"name": "firm 1"}, "client": None}
        assert seen == expected | {"engagement": offered}, "the same event; of the engagement what an offer shows"


async def test_without_a_cursor_only_what_is_live(street: Street) -> None:
    await street.changed()
    async with street.following() as follower:
        event_id = await street.change()
        assert await follower.ids(1) == [event_id]
        await follower.nothing()


async def test_from_the_start_and_from_a_cursor(street: Street) -> None:
    ids = [await street.changed(number) for number in (1, 2, 3)]
    async with street.server.initialised() as socket:
        await socket.ask("a", WHAT.replace("cursor", "id cursor"), after="EARLIEST")
        found = [await socket.receive() for _ in ids]
        events = [message["payload"]["data"]["handoffEvents"] for message in found]
        assert [event["id"] for event in events] == ids
        await socket.ask("b", IDS, after=events[0]["cursor"])
        messages = [await socket.receive() for _ in ids[1:]]
        assert [(message["id"], message["payload"]["data"]["handoffEvents"]["id"]) for message in messages] == [
            ("b", event_id) for event_id in ids[1:]
        ]


async def test_a_filter_narrows(street: Street) -> None:
    offered = {"type": "HANDOFF_OFFERED", "handoff": 1, "phases": ("AWARENESS", "CONSULTATION"), "partners": (1, 9)}
    events = [await street.changed(1), await street.changed(2), await street.changed(1, **offered)]
    expected = {
        "types: [HANDOFF_OFFERED, PRESCRIBED]": [2],
        f'engagementId: "{engagement(2)}"': [1],
        'partnerId: "UGFydG5lcjo5"': [2],
        "toPhases: [AWARENESS]": [0, 1],
        'regions: ["JP-13"]': [0, 2],
        'regions: ["JP-13"], types: [FINDING_RECORDED]': [0],
        "types: []": [],
        "types: null": [0, 1, 2],
    }
    for filter, kept in expected.items():
        async with street.server.initialised() as socket:
            await socket.ask("1", f'subscription {{ handoffEvents(after: "EARLIEST", filter: {{{filter}}}) {{ id }} }}')
            for number in kept:
                assert (await socket.receive())["payload"]["data"]["handoffEvents"]["id"] == events[number], filter
            await socket.send({"type": "ping"})
            assert await socket.receive() == {"type": "pong"}, filter


async def test_each_sees_its_own_and_no_other(street: Street) -> None:
    async with (
        street.following(viewer=STAFF) as staff,
        street.following(viewer=crm(1)) as first,
        street.following(viewer=crm(2)) as second,
        street.following(viewer=crm(7)) as stranger,
    ):
        ids = [await street.change(number) for number in (1, 2, 1)]
        assert await staff.ids(3) == ids
        assert await first.ids(2) == [ids[0], ids[2]]
        assert await second.ids(1) == [ids[1]]
        for follower in (staff, first, second, stranger):
            await follower.nothing()


async def test_sight_is_gained_and_lost(street: Street) -> None:
    async with street.following(viewer=crm(7)) as follower, street.following(viewer=crm(1)) as witness:
        hidden = await street.change(1)
        # Firms are judged together: what one of them has been given the other has been judged for.
        assert await witness.ids(1) == [hidden]
        await street.connection.execute(
            "INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at, ended_at)"
            " VALUES (1, 2, 'AWARENESS', 7, now(), now())"
        )
        shown = await street.change(1)
        assert await follower.ids(1) == [shown]
        await street.connection.execute("DELETE FROM engagements.assignment WHERE partner_id = 7")
        hidden = await street.change(1)
        assert await witness.ids(2) == [shown, hidden]
        # A hand-off to the firm shows, whatever it sees of the engagement.
        handed = await street.change(1, "HANDOFF_OFFERED", handoff=1, partners=(1, 7))
        assert await follower.ids(1) == [handed]
        # Without a hand-off the firms alone do not.
        hidden = await street.change(1, type="PHASE_CHANGED", partners=(1, 7))
        assert await witness.ids(2) == [handed, hidden]
        await follower.nothing()


async def test_neither_gap_nor_double_at_the_seam_while_others_write(street: Street) -> None:
    count = 600
    dsn = street.dsns[SourceName.ENGAGEMENTS]

    async def write(number: int) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for _ in range(count // ENGAGEMENTS):
                await street.change(number, connection=connection)
        finally:
            connection.terminate()

    async def follow(after: str | None, delay: int) -> list[str]:
        async def has_come() -> bool:
            return len(await street.log()) >= delay

        await until(has_come)
        async with street.server.initialised() as socket:
            await socket.ask("1", IDS, after=after)
            return [(await socket.receive())["payload"]["data"]["handoffEvents"]["id"] for _ in range(count)]

    writers = [asyncio.create_task(write(number)) for number in range(1, ENGAGEMENTS + 1)]
    found = await asyncio.gather(*(follow("EARLIEST", delay) for delay in (0, 50, 100, 200, 300, 400, 500, 590)))
    await asyncio.gather(*writers)
    expected = [row["event_id"] for row in await street.log()]
    assert len(expected) == count
    for ids in found:
        assert ids == expected


async def test_a_reader_goes_on_from_the_last_that_it_has_wherever_it_is_cut_off(street: Street) -> None:
    expected: list[str] = []
    found: list[str] = []
    after: str | None = None
    for round_ in range(4):
        query = WHAT.replace("cursor", "id cursor")
        async with street.server.initialised() as socket:
            if after is None:
                after = "EARLIEST"
            expected += [await street.change(number) for number in (1, 2, 3)]
            await socket.ask(str(round_), query, after=after)
            for _ in range(len(expected) - len(found) - (1 if round_ < 3 else 0)):
                event = (await socket.receive())["payload"]["data"]["handoffEvents"]
                found.append(event["id"])
                after = event["cursor"]
            socket.connection.transport.abort()
    assert found == [row["event_id"] for row in await street.log()] == expected


@pytest.mark.parametrize(
    ("after", "code"),
    [("nonsense", "BAD_CURSOR"), ("", "BAD_CURSOR"), ("earliest", "BAD_CURSOR")],
)
async def test_what_is_no_cursor_is_refused_at_the_start(street: Street, after: str, code: str) -> None:
    async with street.server.initialised() as socket:
        await socket.ask("1", IDS, after=after)
        refused = await socket.refusal("1")
        assert refused["extensions"] == {"code": code, "field": "after"}
        assert refused["path"] == ["handoffEvents"]
        await socket.ask("1", "{ viewer { name } }")
        assert (await socket.answer("1"))["data"] == {"viewer": {"name": "Staff"}}


async def test_a_replay_waits_where_its_viewer_has_spent_its_budget_and_what_is_live_does_not(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "_WINDOW_SECONDS", 2)
    # An event costs one. To subscribe costs that of one event, and a replay is paid for by as many as one run may cost.
    async with serve(cost_budget_per_minute_crm=3, cost_ceiling_crm=2) as street:
        ids = [await street.changed() for _ in range(6)]
        async with street.server.initialised(crm(1)) as socket, street.following(viewer=STAFF) as staff:
            replay = Follower(socket, "1")
            await socket.ask("1", IDS, after="EARLIEST")
            assert await replay.ids(2) == ids[:2]
            await replay.nothing()
            live = await street.change()
            assert await staff.ids(1) == [live]
            assert await replay.ids(5) == [*ids[2:], live]
