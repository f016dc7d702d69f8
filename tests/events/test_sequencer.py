"""The sequencer: positions without gaps, each engagement in its order, whoever writes and whatever is open beside."""

import asyncio
from collections import defaultdict
from pathlib import Path

import asyncpg
import pytest

from events.sequencer import ADVISORY_LOCK, SESSION_OF_MOVER, Sequencer
from hub.settings import Settings
from hub.source import Source
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, make_databases, settings_for, until
from tests.events.conftest import Told, following, opened, sequencing
from tests.events.outbox import change, connected, logged, make_engagements, waiting, write


@pytest.fixture
def own_dsns(own_servers: Servers) -> Dsns:
    """Empty databases on servers of the test's own."""
    return make_databases(own_servers, "own")


async def until_elected(*sequencers: Sequencer) -> None:
    """Wait until one of them is."""

    async def one_is() -> bool:
        return any(sequencer.is_elected for sequencer in sequencers)

    await until(one_is)


async def test_events_of_many_writers_get_positions_without_gaps_in_the_order_of_their_engagements(
    source: Source, source_dsns: Dsns
) -> None:
    await make_engagements(source.dsn, 8)
    async with connected(source.dsn, 16) as writers, sequencing(source), following(source) as log:
        told = Told(log)

        async def work(number: int) -> None:
            for turn in range(50):
                await write(writers[number], (number * 7 + turn) % 8 + 1)

        await asyncio.gather(*(work(number) for number in range(16)))
        await told.until(800)
    events = await logged(source_dsns)
    assert [event["position"] for event in events] == list(range(1, 801)) == told.positions
    assert len({event["event_id"] for event in events}) == 800
    versions = defaultdict(list)
    for event in events:
        versions[event["engagement_id"]].append(event["engagement_version"])
    assert dict(versions) == {engagement: list(range(2, 102)) for engagement in range(1, 9)}
    assert await waiting(source_dsns) == 0


async def test_a_transaction_that_stays_open_delays_nobody_and_its_event_is_not_lost(source: Source, source_dsns: Dsns) -> None:
    await make_engagements(source.dsn, 3)
    async with connected(source.dsn, 3) as (slow, quick, foreign), sequencing(source), following(source) as log:
        told = Told(log)
        await foreign.execute("BEGIN; UPDATE engagements.client SET employees = 1")
        await slow.execute("BEGIN")
        await change(slow, 1)
        for _ in range(3):
            await write(quick, 2)
        await told.until(3)
        assert [record.engagement_id for record in told.records] == [2, 2, 2]
        await slow.execute("COMMIT")
        await told.until(4)
        assert [(record.position, record.engagement_id) for record in told.records[3:]] == [(4, 1)]
        await foreign.execute("ROLLBACK")
    assert [event["position"] for event in await logged(source_dsns)] == [1, 2, 3, 4]


async def test_what_is_rolled_back_leaves_no_gap(source: Source, source_dsns: Dsns) -> None:
    await make_engagements(source.dsn, 1)
    async with connected(source.dsn) as (writer,), sequencing(source), following(source) as log:
        told = Told(log)
        await write(writer, 1)
        await writer.execute("BEGIN")
        await change(writer, 1)
        await writer.execute("ROLLBACK")
        await write(writer, 1)
        await told.until(2)
    assert [(record.position, record.engagement_version) for record in told.records] == [(1, 2), (2, 3)]


async def test_of_two_nodes_one_moves_and_the_other_takes_over(source: Source, source_dsns: Dsns, settings: Settings) -> None:
    await make_engagements(source.dsn, 1)
    async with opened(source.dsn, settings) as other_source, connected(source.dsn) as (writer,), following(source) as log:
        told = Told(log)
        async with sequencing(other_source) as other:
            async with sequencing(source) as first:
                await until_elected(first, other)
                loser = other if first.is_elected else first
                await write(writer, 1)
                await told.until(1)
                assert (first.is_elected ^ other.is_elected, loser.appended) == (True, 0)
            # The first is gone.
            await until_elected(other)
            await write(writer, 1)
            await told.until(2)
            assert other.appended == (1 if loser is other else 2)
    assert told.positions == [1, 2]


async def test_sessions_that_are_ended_over_and_over_lose_and_double_nothing(source: Source, source_dsns: Dsns) -> None:
    await make_engagements(source.dsn, 4)
    async with (
        connected(source.dsn, 5) as (killer, *writers),
        sequencing(source) as first,
        sequencing(source) as second,
        following(source) as log,
    ):
        told = Told(log)
        done = asyncio.Event()

        async def kill() -> None:
            while not done.is_set():
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^partner-hub (seq|event)'"
                )
                await asyncio.sleep(0.05)

        async def work(number: int) -> None:
            for _ in range(150):
                await write(writers[number], number + 1)
                await asyncio.sleep(0.005)

        killing = asyncio.create_task(kill())
        await asyncio.gather(*map(work, range(4)))
        done.set()
        await killing
        await told.until(600)
        assert first.appended + second.appended <= 600
    assert told.positions == list(range(1, 601)) == [event["position"] for event in await logged(source_dsns)]
    assert told.broken == []


async def test_a_frozen_node_does_not_keep_its_turn(source: Source, source_dsns: Dsns, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_engagements(source.dsn, 1)
    monkeypatch.setitem(SESSION_OF_MOVER, "idle_session_timeout", "300ms")
    frozen = await asyncpg.connect(source.dsn, server_settings=SESSION_OF_MOVER)
    try:
        assert await frozen.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_LOCK)
        async with connected(source.dsn) as (writer,), sequencing(source) as sequencer, following(source) as log:
            told = Told(log)
            await write(writer, 1)
            await told.until(1)
            assert sequencer.is_elected
    finally:
        frozen.terminate()


async def test_a_killed_database_is_followed_again(own_servers: Servers, own_dsns: Dsns, tmp_path: Path) -> None:
    settings = settings_for(own_dsns, tmp_path)
    async with opened(own_dsns[SourceName.ENGAGEMENTS], settings) as source, sequencing(source), following(source) as log:
        await make_engagements(source.dsn, 1)
        told = Told(log)
        for turn in range(1, 4):
            async with connected(source.dsn) as (writer,):
                await write(writer, 1)
                if turn == 2:
                    # Perhaps moved before the kill, perhaps after.
                    await asyncio.to_thread(own_servers.first.kill)
            if turn == 2:
                await asyncio.to_thread(own_servers.first.start)
            await told.until(turn)
    assert [(record.position, record.engagement_version) for record in told.records] == [(1, 2), (2, 3), (3, 4)]
    assert told.broken == []


async def test_where_partitions_cannot_be_kept_events_are_moved_all_the_same(
    source: Source, source_dsns: Dsns, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_engagements(source.dsn, 1)
    async with connected(source.dsn) as (writer,):
        await writer.execute("DROP TABLE engagements.event_log_default")
        async with sequencing(source), following(source) as log:
            told = Told(log)
            await write(writer, 1)
            await told.until(1)
    assert told.positions == [1]
    assert "sequencer.partitions_not_kept" in capsys.readouterr().out
