"""A source's transactions: all or nothing, sent once, and nothing of them left behind on the connection."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.errors import SourceTimeout, SourceUnavailable
from hub.runtime import Runtime
from hub.source import Source
from hub.transaction import Transaction
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, make_databases, running, settings_for
from tests.plain_sql import column, execute

INSERT = "INSERT INTO engagements.symptom (code, label_ja, label_en, position) VALUES ($1, $1, $1, $2)"


@pytest.fixture
async def runtime(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = settings_for(source_dsns, tmp_path, pool_size=1, statement_timeout_seconds=0.5, acquire_timeout_seconds=1)
    async with running(settings) as started:
        yield started


@pytest.fixture
def source(runtime: Runtime) -> Source:
    return runtime.sources[SourceName.ENGAGEMENTS]


async def codes(dsns: Dsns) -> list[str]:
    return await column(dsns, SourceName.ENGAGEMENTS, "SELECT code FROM engagements.symptom ORDER BY position")


async def insert(transaction: Transaction, code: str, position: int) -> None:
    await transaction.fetch(INSERT, [code, position])


async def backend(source: Source) -> dict[str, Any]:
    """The pool's one connection: its process and its settings."""
    (row,) = await source.fetch(
        "settings",
        """SELECT pg_backend_pid() AS pid, current_setting('idle_in_transaction_session_timeout') AS idle,
            current_setting('transaction_isolation') AS isolation, pg_current_xact_id_if_assigned() IS NULL AS outside""",
        [],
    )
    return dict(row)


async def test_all_of_it_or_nothing(source: Source, source_dsns: Dsns) -> None:
    async def two(transaction: Transaction) -> str:
        await insert(transaction, "A", 1)
        await insert(transaction, "B", 2)
        assert await codes(source_dsns) == []
        return "both"

    assert await source.transact("two", two) == "both"
    assert await codes(source_dsns) == ["A", "B"]

    class Refusal(Exception):
        """The caller's own."""

    async def refused(transaction: Transaction) -> None:
        await insert(transaction, "C", 3)
        raise Refusal

    async def wrong(transaction: Transaction) -> None:
        await insert(transaction, "D", 4)
        await insert(transaction, "E", 4)

    with pytest.raises(Refusal):
        await source.transact("refused", refused)
    with pytest.raises(asyncpg.UniqueViolationError):
        await source.transact("wrong", wrong)
    assert await codes(source_dsns) == ["A", "B"]


async def test_nothing_is_left_on_the_connection(source: Source) -> None:
    before = await backend(source)
    assert (before["idle"], before["outside"]) == ("0", True)

    async def work(transaction: Transaction) -> None:
        (row,) = await transaction.fetch("SELECT current_setting('idle_in_transaction_session_timeout') AS idle", [])
        assert row["idle"] == "500ms"

    async def failing(transaction: Transaction) -> None:
        await transaction.fetch("SELECT 1 / 0", [])

    await source.transact("work", work)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await source.transact("failing", failing)
    assert await backend(source) == before


async def test_a_request_that_is_given_up_is_rolled_back_and_its_connection_closed(source: Source, source_dsns: Dsns) -> None:
    before = await backend(source)
    begun = asyncio.Event()

    async def work(transaction: Transaction) -> None:
        await insert(transaction, "A", 1)
        begun.set()
        await asyncio.sleep(3600)

    task = asyncio.create_task(source.transact("work", work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await backend(source)
    assert after["pid"] != before["pid"]
    assert await codes(source_dsns) == []
    assert not source.breaker.is_open


async def test_a_transaction_goes_through_after_the_connections_were_lost(source: Source, source_dsns: Dsns) -> None:
    pid = (await backend(source))["pid"]
    await execute(source_dsns, SourceName.ENGAGEMENTS, "SELECT pg_terminate_backend($1, 5000)", pid)
    runs = []

    async def work(transaction: Transaction) -> None:
        runs.append(1)
        await insert(transaction, "A", 1)

    await source.transact("work", work)
    assert runs == [1]
    assert await codes(source_dsns) == ["A"]


async def test_what_was_begun_is_not_sent_again(source: Source, source_dsns: Dsns) -> None:
    runs = []

    async def work(transaction: Transaction) -> None:
        runs.append(1)
        (row,) = await transaction.fetch("SELECT pg_backend_pid() AS pid", [])
        await execute(source_dsns, SourceName.ENGAGEMENTS, "SELECT pg_terminate_backend($1, 5000)", row["pid"])
        await insert(transaction, "A", 1)

    with pytest.raises(SourceUnavailable) as raised:
        await source.transact("work", work)
    assert raised.value.extensions == {"code": "SOURCE_UNAVAILABLE", "source": "engagements"}
    assert runs == [1]
    assert await codes(source_dsns) == []


async def test_a_lock_that_is_not_to_be_had_is_a_timeout(source: Source, source_dsns: Dsns) -> None:
    connection = await asyncpg.connect(source_dsns[SourceName.ENGAGEMENTS])
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE engagements.symptom")

            async def work(transaction: Transaction) -> None:
                await insert(transaction, "A", 1)

            with pytest.raises(SourceTimeout) as raised:
                await source.transact("work", work)
            assert raised.value.extensions == {"code": "SOURCE_TIMEOUT", "source": "engagements", "query": "work"}
    finally:
        await connection.close()
    assert await codes(source_dsns) == []
    assert (await backend(source))["outside"]
    assert not source.breaker.is_open


async def test_a_node_that_stands_still_gives_its_locks_back(source: Source, source_dsns: Dsns) -> None:
    async def stands_still(transaction: Transaction) -> None:
        await insert(transaction, "A", 1)

        async def is_gone() -> bool:
            sql = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            return await column(source_dsns, SourceName.ENGAGEMENTS, sql) == [0]

        from tests.conftest import until

        await until(is_gone)
        await insert(transaction, "B", 2)

    with pytest.raises(SourceUnavailable):
        await source.transact("stands_still", stands_still)
    assert await codes(source_dsns) == []


async def test_a_source_that_is_down_refuses_at_once(own_servers: Servers, tmp_path: Path) -> None:
    dsns = await asyncio.to_thread(make_databases, own_servers, "down")
    async with running(settings_for(dsns, tmp_path)) as runtime:
        source = runtime.sources[SourceName.ENGAGEMENTS]
        await asyncio.to_thread(own_servers.first.stop)
        runs = []

        async def work(_transaction: Transaction) -> None:
            runs.append(1)

        for _ in range(3):
            with pytest.raises(SourceUnavailable):
                await source.transact("work", work)
        assert source.breaker.is_open
        assert runs == []


async def test_what_a_deadlock_gave_up_is_done_all_the_same(source_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(source_dsns, tmp_path, pool_size=2)) as runtime:
        source = runtime.sources[SourceName.ENGAGEMENTS]

        async def both(transaction: Transaction) -> None:
            await insert(transaction, "A", 1)
            await insert(transaction, "B", 2)

        await source.transact("both", both)
        # Both have their first row before either asks for its second: one of them must be given up.
        meeting = asyncio.Barrier(2)
        tries = 0

        async def change(transaction: Transaction, first: str, second: str, add: str) -> None:
            nonlocal tries
            tries += 1
            update = "UPDATE engagements.symptom SET label_en = label_en || $2 WHERE code = $1"
            await transaction.fetch(update, [first, add])
            if tries <= 2:
                await meeting.wait()
            await transaction.fetch(update, [second, add])

        await asyncio.gather(
            source.transact("one", lambda transaction: change(transaction, "A", "B", "1")),
            source.transact("other", lambda transaction: change(transaction, "B", "A", "2")),
        )
        labels = await column(source_dsns, SourceName.ENGAGEMENTS, "SELECT label_en FROM engagements.symptom ORDER BY position")
        assert [sorted(label) for label in labels] == [["1", "2", "A"], ["1", "2", "B"]]
        assert tries == 3


async def test_a_database_that_takes_no_changes_is_read_on(source: Source, source_dsns: Dsns) -> None:
    async def one(transaction: Transaction) -> None:
        await insert(transaction, "A", 1)

    (name,) = await column(source_dsns, SourceName.ENGAGEMENTS, "SELECT current_database()")
    read_only = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    await execute(source_dsns, SourceName.ENGAGEMENTS, read_only)
    source._pool.drop_idle()
    with pytest.raises(SourceUnavailable, match="takes no changes now"):
        await source.transact("one", one)
    assert await codes(source_dsns) == []
    assert (await backend(source))["outside"]
    await execute(source_dsns, SourceName.ENGAGEMENTS, f"BEGIN READ WRITE; {read_only.replace('= on', '= off')}; COMMIT")
    source._pool.drop_idle()
    await source.transact("one", one)
    assert await codes(source_dsns) == ["A"]
