"""Offering a hand-off opens the engagement's thread, once, however often who opens it is killed."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from commands.threads import Threads
from events.consumer import Consumer
from events.epoch import draw
from events.log import EventLog
from hub.runtime import Runtime
from hub.vocabulary import THREADS_CONSUMER, SourceName
from tests.conftest import UNLIMITED, Dsns, asker, running, serving, settings_for, until
from tests.events.conftest import following, sequencing
from tests.lifecycle.town import Caller, Firm, Town, build, crm
from tests.plain_sql import execute, fetch, gid

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)


@pytest.fixture
async def node(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[tuple[Runtime, Town]]:
    """A node without what runs beside requests, and the town on it."""
    await build(source_dsns)
    async with running(settings_for(source_dsns, tmp_path, **UNLIMITED)) as runtime:
        yield runtime, Town(source_dsns, Caller(asker(runtime)))


def consumer_of(runtime: Runtime, log: EventLog) -> Consumer:
    """As a node has it."""
    threads = Threads(runtime.sources[SourceName.DIRECTORY])
    return Consumer(log, runtime.sources[SourceName.COMMUNITY], THREADS_CONSUMER, threads.open, wants=threads.wants)


@asynccontextmanager
async def logging(runtime: Runtime) -> AsyncIterator[EventLog]:
    """The log, moved and followed."""
    source = runtime.sources[SourceName.ENGAGEMENTS]
    async with sequencing(source), following(source) as log:
        yield log


async def posts(dsns: Dsns) -> list[dict[str, object]]:
    """All posts, by engagement."""
    sql = "SELECT engagement_id, visibility, partner_id, author_id, title, body FROM community.post ORDER BY engagement_id, id"
    return await fetch(dsns, SourceName.COMMUNITY, sql)


async def read_up_to(dsns: Dsns) -> int:
    """Where the consumer is."""
    rows = await fetch(dsns, SourceName.COMMUNITY, "SELECT position FROM community.log_consumer")
    return int(rows[0]["position"]) if rows else 0


async def in_log(dsns: Dsns) -> int:
    """How many events are in the log, once nothing waits to come into it."""

    async def nothing_waits() -> bool:
        return not await fetch(dsns, SourceName.ENGAGEMENTS, "SELECT FROM engagements.outbox LIMIT 1")

    await until(nothing_waits)
    (row,) = await fetch(dsns, SourceName.ENGAGEMENTS, "SELECT last_position AS n FROM engagements.event_log_state")
    return int(row["n"])


async def caught_up(dsns: Dsns) -> None:
    """Wait until the consumer has read all."""
    last = await in_log(dsns)

    async def has() -> bool:
        return await read_up_to(dsns) == last

    await until(has)


async def test_the_first_offer_opens_the_thread_for_the_firms_of_the_engagement(source_dsns: Dsns, tmp_path: Path) -> None:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path, **UNLIMITED)
    async with serving(settings), running(settings) as runtime:
        town = Town(source_dsns, Caller(asker(runtime)))
        untouched = await town.opened()
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        await caught_up(source_dsns)
        (post,) = await posts(source_dsns)
        assert (post["engagement_id"], post["visibility"], post["partner_id"], post["author_id"]) == (
            engagement_id, "ENGAGEMENT", Firm.ADVISOR, None,
        )  # fmt: skip
        assert post["title"] == "引き継ぎの相談（相談→導入）"
        assert str(post["body"]).startswith("advisorからintegratorへ、導入フェーズの引き継ぎが提案されました。")
        query = "query Q($id: ID!) { engagement(by: {id: $id}) { posts { nodes { title partner { name } author { name } } } } }"
        shown = [{"title": post["title"], "partner": {"name": "advisor"}, "author": None}]

        async def seen_by(firm: Firm) -> object:
            answer = await town.call.ask(query, viewer=crm(firm), id=gid("Engagement", engagement_id))
            return answer.data["engagement"] and answer.data["engagement"]["posts"]["nodes"]

        assert await seen_by(Firm.ADVISOR) == shown
        assert await seen_by(Firm.INTEGRATOR) == []
        await town.call.done("declineHandoff", INTEGRATOR, handoff_id=offer, reason="OTHER")
        assert await seen_by(Firm.INTEGRATOR) is None
        again = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        await town.call.done("acceptHandoff", INTEGRATOR, handoff_id=again)
        await caught_up(source_dsns)
        assert await seen_by(Firm.INTEGRATOR) == shown
        assert len(await posts(source_dsns)) == 1
        assert untouched not in {row["engagement_id"] for row in await posts(source_dsns)}


async def test_a_consumer_that_is_killed_over_and_over_opens_each_thread_once(
    node: tuple[Runtime, Town], source_dsns: Dsns
) -> None:
    runtime, town = node
    chance = random.Random(5)
    async with logging(runtime) as log:
        offered = []

        async def offer() -> None:
            for _ in range(25):
                engagement_id = await town.opened("CONSULTATION", prescribed=True)
                await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
                offered.append(engagement_id)

        offering = asyncio.create_task(offer())
        kills = 0
        while not offering.done() or await read_up_to(source_dsns) < await in_log(source_dsns):
            async with AsyncExitStack() as stack:
                for _ in range(2):
                    consumer = consumer_of(runtime, log)
                    consumer.start()
                    stack.push_async_callback(consumer.stop)
                await asyncio.sleep(chance.random() * 0.05)
                kills += 1
                await execute(
                    source_dsns,
                    SourceName.COMMUNITY,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
        await offering
    assert [post["engagement_id"] for post in await posts(source_dsns)] == offered
    assert kills > 5


async def test_without_the_directory_it_waits_and_nothing_is_passed_over(
    node: tuple[Runtime, Town], source_dsns: Dsns, tmp_path: Path
) -> None:
    runtime, town = node
    cut_off = {**source_dsns, SourceName.DIRECTORY: "postgresql://nobody@127.0.0.1:1/nothing"}
    async with logging(runtime) as log, running(settings_for(cut_off, tmp_path)) as without:
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        await in_log(source_dsns)
        await until(lambda: _knows(log, 3))
        with pytest.raises(Exception, match="directory"):
            await consumer_of(without, log).consume()
        assert (await posts(source_dsns), await read_up_to(source_dsns)) == ([], 0)
        await consumer_of(runtime, log).consume()
        assert [post["engagement_id"] for post in await posts(source_dsns)] == [engagement_id]


async def _knows(log: EventLog, number: int) -> bool:
    return log.head.number >= number


async def test_where_the_log_begins_anew_no_thread_is_opened_again(node: tuple[Runtime, Town], source_dsns: Dsns) -> None:
    runtime, town = node
    async with logging(runtime) as log:
        consumer = consumer_of(runtime, log)
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        await until(lambda: _knows(log, 3))
        await consumer.consume()
        epoch = await draw(source_dsns[SourceName.ENGAGEMENTS])

        async def is_anew() -> bool:
            return log.head.epoch == epoch

        await until(is_anew)
        await consumer.consume()
        assert len(await posts(source_dsns)) == 1
        (place,) = await fetch(source_dsns, SourceName.COMMUNITY, "SELECT epoch, position FROM community.log_consumer")
        assert place == {"epoch": epoch, "position": 3}


async def test_the_demos_offers_are_taken_as_read(seeded_dsns: Dsns) -> None:
    (place,) = await fetch(seeded_dsns, SourceName.COMMUNITY, "SELECT name, epoch, position FROM community.log_consumer")
    (state,) = await fetch(seeded_dsns, SourceName.ENGAGEMENTS, "SELECT epoch, last_position FROM engagements.event_log_state")
    assert place == {"name": THREADS_CONSUMER, "epoch": state["epoch"], "position": state["last_position"]}


async def test_what_is_not_wanted_wakes_no_transaction_and_is_passed_over_all_the_same(
    node: tuple[Runtime, Town], source_dsns: Dsns, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, town = node
    rounds = 0
    consume = Consumer.consume

    async def counted(self: Consumer) -> None:
        nonlocal rounds
        rounds += 1
        await consume(self)

    monkeypatch.setattr(Consumer, "consume", counted)
    # Longer than anybody waits here: what is done is done for what was wanted, and at once.
    monkeypatch.setattr("events.consumer._POLL_INTERVAL_SECONDS", 60)
    monkeypatch.setattr("events.consumer._PAUSE_SECONDS", 0)
    async with logging(runtime) as log:

        async def all_are_told() -> bool:
            return log.head.number == await in_log(source_dsns)

        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        await until(all_are_told)
        consumer = consumer_of(runtime, log)
        consumer.start()
        try:
            await caught_up(source_dsns)
            for _ in range(5):
                await town.opened()
                await until(all_are_told)
            assert rounds == 1
            await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
            await caught_up(source_dsns)
            assert [post["engagement_id"] for post in await posts(source_dsns)] == [engagement_id]
        finally:
            await consumer.stop()
