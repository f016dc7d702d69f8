"""The log as a node follows it: what is told to subscribers, what is given to readers, and what is refused, loudly."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from events.epoch import draw
from events.log import EventLog
from events.record import Position
from hub.errors import CursorAhead, CursorExpired, SourceUnavailable
from hub.postgres.cluster import cluster_path
from hub.settings import Settings
from hub.source import Source
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, make_databases, settings_for, until
from tests.events.conftest import Told, following, opened, sequencing
from tests.events.outbox import connected, make_engagements, write
from tests.miniature import execute
from tests.plain_sql import column


@contextlib.asynccontextmanager
async def a_log_of(source: Source, count: int) -> AsyncIterator[tuple[EventLog, asyncpg.Connection]]:
    """A followed log with so many events, and a connection."""
    await make_engagements(source.dsn, 1)
    async with connected(source.dsn) as (writer,), following(source) as log:
        async with sequencing(source):
            told = Told(log)
            for _ in range(count):
                await write(writer, 1)
            if count:
                await told.until(count)
            told.unsubscribe()
        yield log, writer


async def test_reading_goes_on_from_any_place(source: Source) -> None:
    async with a_log_of(source, 5) as (log, _):
        assert log.head.number == 5
        assert [record.position for record in await log.read(0, 3)] == [1, 2, 3]
        assert [record.position for record in await log.read(3, 100)] == [4, 5]
        assert await log.read(5, 100) == []
        assert await log.earliest() == Position(log.head.epoch, 0)
        (record,) = await log.read(4, 1)
        assert (record.type, record.engagement_id, record.engagement_version) == ("FINDING_RECORDED", 1, 6)
        assert (record.handoff_id, record.from_phase, record.to_phase) == (None, None, "AWARENESS")
        assert (record.from_partner_id, record.to_partner_id, record.region) == (None, 1, "JP-13")


async def test_a_subscriber_hears_of_what_follows_on_the_head_and_of_no_more_once_it_is_gone(source: Source) -> None:
    async with a_log_of(source, 2) as (log, writer), sequencing(source):
        early, late = Told(log), Told(log)
        await write(writer, 1)
        await early.until(3)
        late.unsubscribe()
        await write(writer, 1)
        await early.until(4)
    assert (early.positions, late.positions) == ([3, 4], [3])


async def test_a_subscriber_that_fails_disturbs_no_other(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_log_of(source, 0) as (log, writer), sequencing(source):

        def fail(_records: object) -> None:
            raise RuntimeError("mine")

        log.subscribe(fail, fail)
        told = Told(log)
        for position in (1, 2):
            await write(writer, 1)
            await told.until(position)
    assert capsys.readouterr().out.count("[error    ] events.subscriber_failed") == 1


async def test_places_that_cannot_be_gone_on_from(source: Source) -> None:
    async with a_log_of(source, 2) as (log, writer):
        epoch = log.head.epoch
        for number in range(3):
            await log.check(Position(epoch, number))
        with pytest.raises(CursorAhead):
            await log.check(Position(epoch, 3))
        with pytest.raises(CursorExpired):
            await log.check(Position(epoch + 1, 1))
        with pytest.raises(CursorExpired):
            await log.check(Position(epoch, -1))
        # This node has not heard of it yet.
        await writer.execute("UPDATE engagements.event_log_state SET last_position = 3")
        await log.check(Position(epoch, 3))


async def test_events_are_kept_for_their_days_and_then_gone_with_their_cursors(source: Source, source_dsns: Dsns) -> None:
    async with a_log_of(source, 6) as (log, connection):
        old, kept = (datetime.now(UTC).date() - timedelta(days=days) for days in (31, 30))
        for day in (old, kept):
            await connection.execute(
                f"CREATE TABLE engagements.event_log_{day:%Y%m%d} PARTITION OF engagements.event_log "
                f"FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
            )
        # Two of each: where there is no partition, of the one, of the other; six is of today.
        for position, day in ((1, old - timedelta(9)), (2, old), (3, old), (4, kept), (5, kept)):
            await connection.execute(
                "UPDATE engagements.event_log SET appended_at = $2 WHERE position = $1",
                position,
                datetime.combine(day, datetime.max.time(), UTC) - timedelta(minutes=position),
            )
        assert [record.position for record in await log.read(0, 10)] == [1, 2, 3, 4, 5, 6]
        await connection.execute("SELECT engagements.keep_event_log(30, 3)")
        rows = await connection.fetch("SELECT position FROM engagements.event_log ORDER BY position")
        assert [row["position"] for row in rows] == [4, 5, 6]
        earliest = await log.earliest()
        assert earliest.number == 3
        assert [record.position for record in await log.read(3, 10)] == [4, 5, 6]
        for place in (0, 2):
            with pytest.raises(CursorExpired):
                await log.read(place, 10)
        await until(lambda: _refuses(log, Position(earliest.epoch, 2)))
        await connection.execute("SELECT engagements.keep_event_log(-1, 3)")
        assert (await log.earliest()).number == 6
        await log.check(log.head)


async def _refuses(log: EventLog, position: Position) -> bool:
    try:
        await log.check(position)
    except CursorExpired:
        return True
    return False


async def test_partitions_are_made_ahead_and_what_finds_none_is_kept_all_the_same(source: Source) -> None:
    async with a_log_of(source, 1) as (_, connection):
        today = datetime.now(UTC).date()
        names = [f"event_log_{today + timedelta(days=ahead):%Y%m%d}" for ahead in range(4)]
        found = await connection.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'engagements.event_log'::regclass"
        )
        assert sorted(row["name"] for row in found) == [f"engagements.{name}" for name in [*names, "event_log_default"]]
        tomorrow = today + timedelta(days=4)
        await connection.execute(
            "UPDATE engagements.event_log SET appended_at = $1", datetime.combine(tomorrow, datetime.min.time(), UTC)
        )
        # A day whose events are in the default partition gets none, and the next one does.
        await connection.execute("SELECT engagements.keep_event_log(30, 5)")
        assert await connection.fetchval("SELECT tableoid::regclass::text FROM engagements.event_log") == (
            "engagements.event_log_default"
        )
        (fifth,) = await connection.fetchrow(
            "SELECT to_regclass('engagements.event_log_' || to_char($1::date, 'YYYYMMDD')) IS NOT NULL",
            today + timedelta(days=5),
        ) or (None,)
        assert fifth is True


async def test_a_new_epoch_ends_subscriptions_and_cursors(source: Source) -> None:
    async with a_log_of(source, 2) as (log, writer), sequencing(source):
        told, before = Told(log), log.head
        epoch = await draw(source.dsn)
        await until(told.is_broken)
        assert [error.extensions["code"] for error in told.broken] == ["CURSOR_EXPIRED"]
        assert log.head == Position(epoch, 2)
        with pytest.raises(CursorExpired):
            await log.check(before)
        again = Told(log)
        await write(writer, 1)
        await again.until(3)
    assert (told.positions, again.positions) == ([], [3])


async def test_an_operator_declares_another_history(source_dsns: Dsns, tmp_path: Path) -> None:
    read = "SELECT epoch FROM engagements.event_log_state"
    (before,) = await column(source_dsns, SourceName.ENGAGEMENTS, read)
    environment = {f"HUB_{source.name}_DSN": dsn for source, dsn in source_dsns.items()} | {"HUB_DATA_DIR": str(tmp_path)}
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "new-epoch"), env=os.environ | environment, stderr=asyncio.subprocess.PIPE
    )
    _, told = await command.communicate()
    assert (command.returncode, told.decode()) == (
        0, "The event log has a new epoch: whoever follows it is told to begin anew.\n",
    )  # fmt: skip
    (after,) = await column(source_dsns, SourceName.ENGAGEMENTS, read)
    assert after != before


async def test_a_history_that_has_become_shorter_is_another(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_log_of(source, 3) as (log, connection):
        told, before = Told(log), log.head
        await connection.execute(
            "DELETE FROM engagements.event_log WHERE position = 3; UPDATE engagements.event_log_state SET last_position = 2"
        )
        await until(told.is_broken)
        async with sequencing(source):
            again = Told(log)
            await write(connection, 1)
            await again.until(3)
        assert log.head.epoch != before.epoch
        with pytest.raises(CursorExpired):
            await log.check(before)
    assert capsys.readouterr().out.count("events.history_lost") == 1


async def test_a_gap_is_never_passed_over(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_log_of(source, 1) as (log, connection):
        told = Told(log)
        lost = "INSERT INTO engagements.event_log SELECT position + {}, gen_random_uuid(), type, occurred_at, engagement_id,"
        lost += " engagement_version + 1, NULL, NULL, NULL, NULL, NULL, NULL, appended_at FROM engagements.event_log LIMIT 1;"
        await connection.execute(
            lost.format(2) + "UPDATE engagements.event_log_state SET last_position = 3; NOTIFY engagements_events"
        )
        await until(told.is_broken)
        assert log.head.number == 1
        with pytest.raises(CursorExpired):
            await log.read(1, 10)
    assert told.positions == []
    assert "events.gap" in capsys.readouterr().out


async def test_while_the_database_has_never_answered_the_log_is_unavailable(settings: Settings, source_dsns: Dsns) -> None:
    source = Source(SourceName.ENGAGEMENTS, "postgresql://nobody@127.0.0.1:1/nothing", settings)
    async with following(source) as log:
        for look in (lambda: log.head, lambda: log.cursors):
            with pytest.raises(SourceUnavailable):
                look()
        with pytest.raises(SourceUnavailable):
            await log.check(Position(1, 1))


@pytest.mark.parametrize("restored", ["on another system", "to another timeline"])
async def test_who_is_elected_on_another_database_draws_a_new_epoch(source: Source, source_dsns: Dsns, restored: str) -> None:
    async with a_log_of(source, 1) as (log, writer):
        epoch = log.head.epoch
        async with sequencing(source):
            told = Told(log)
            await write(writer, 1)
            await told.until(2)
        assert log.head.epoch == epoch
        column = "system_identifier" if restored == "on another system" else "timeline"
        await writer.execute(f"UPDATE engagements.event_log_state SET {column} = {column} - 1")
        await write(writer, 1)
        async with sequencing(source):
            await until(told.is_broken)
            await until(lambda: _has_come(log, 3))
        assert log.head.epoch != epoch
    assert told.positions == [2]


async def _has_come(log: EventLog, number: int) -> bool:
    return log.head.number == number


@pytest.fixture
def own_dsns(own_servers: Servers) -> Dsns:
    """Empty databases on servers of the test's own."""
    return make_databases(own_servers, "own")


async def test_a_promoted_standby_is_another_history(own_servers: Servers, own_dsns: Dsns, tmp_path: Path) -> None:
    dsn = own_dsns[SourceName.ENGAGEMENTS]
    async with opened(dsn, settings_for(own_dsns, tmp_path)) as source, a_log_of(source, 1) as (log, _):
        before = log.head
        told = Told(log)
        await asyncio.to_thread(own_servers.first.stop)
        (cluster_path(own_servers.first.data_dir) / "standby.signal").touch()
        await asyncio.to_thread(own_servers.first.start)
        await execute(dsn, "SELECT pg_promote()")
        async with sequencing(source):
            await until(told.is_broken)
        assert log.head.epoch != before.epoch
        with pytest.raises(CursorExpired):
            await log.check(before)
