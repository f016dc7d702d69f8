"""Offers that lapse return to their senders by themselves: soon after, once, whichever nodes are up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from commands.sweeper import Sweeper
from hub.runtime import Runtime
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Dsns, asker, running, serving, settings_for, until
from tests.lifecycle.town import Caller, Firm, Town, build, crm, events, everything, refusal, rows

ADVISOR, INTEGRATOR = crm(Firm.ADVISOR), crm(Firm.INTEGRATOR)


@pytest.fixture
async def runtimes(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """Two nodes."""
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path, **UNLIMITED)
    async with running(settings) as first, running(settings) as second:
        yield first, second


def sweeper_of(runtime: Runtime) -> Sweeper:
    return Sweeper(runtime.sources[SourceName.ENGAGEMENTS], interval_seconds=0.05)


async def test_a_lapsed_offer_returns_to_its_sender(runtimes: tuple[Runtime, Runtime], source_dsns: Dsns) -> None:
    town = Town(source_dsns, Caller(asker(runtimes[0])))
    lapsed, fresh = [await town.opened("CONSULTATION", prescribed=True) for _ in range(2)]
    offer = await town.offered(lapsed, Firm.INTEGRATOR, "DEPLOYMENT")
    kept = await town.offered(fresh, Firm.INTEGRATOR, "DEPLOYMENT")
    await town.lapse(offer)
    before = await town.engagement(fresh)
    assert await sweeper_of(runtimes[0]).return_lapsed_offers() == 1
    assert await sweeper_of(runtimes[1]).return_lapsed_offers() == 0
    (row,) = await rows(source_dsns, "SELECT * FROM engagements.handoff WHERE id = $1", offer)
    engagement = await town.engagement(lapsed)
    assert (row["status"], row["responded_at"]) == ("EXPIRED", engagement["updated_at"])
    assert (engagement["version"], engagement["lead_partner_id"], engagement["phase"]) == (4, 1, "CONSULTATION")
    assert (await events(source_dsns, lapsed))[-1] == (
        "HANDOFF_EXPIRED", 4, offer, "CONSULTATION", "DEPLOYMENT", 1, 3, "JP-13",
    )  # fmt: skip
    assert await town.engagement(fresh) == before
    assert await town.call.refused("acceptHandoff", INTEGRATOR, handoff_id=offer) == refusal("OFFER_CLOSED", "handoffId")
    await town.call.done("acceptHandoff", INTEGRATOR, handoff_id=kept)


async def test_many_are_returned_once_by_two_nodes(runtimes: tuple[Runtime, Runtime], source_dsns: Dsns) -> None:
    town = Town(source_dsns, Caller(asker(runtimes[0])))
    for _ in range(20):
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        await town.lapse(await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT"))
    sweepers = [sweeper_of(runtime) for runtime in runtimes for _ in range(2)]
    returned = await asyncio.gather(*(sweeper.return_lapsed_offers() for sweeper in sweepers))
    assert sum(returned) == 20
    after = await everything(source_dsns)
    assert {row["status"] for row in after["handoff"]} == {"EXPIRED"}
    assert {row["version"] for row in after["engagement"]} == {4}
    assert sum(event["type"] == "HANDOFF_EXPIRED" for event in after["outbox"]) == 20


async def test_one_that_another_transaction_holds_is_passed_over(runtimes: tuple[Runtime, Runtime], source_dsns: Dsns) -> None:
    town = Town(source_dsns, Caller(asker(runtimes[0])))
    held, other = [await town.opened("CONSULTATION", prescribed=True) for _ in range(2)]
    for engagement_id in (held, other):
        await town.lapse(await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT"))
    connection = await asyncpg.connect(source_dsns[SourceName.ENGAGEMENTS])
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM engagements.engagement WHERE id = $1 FOR UPDATE", held)
            assert await sweeper_of(runtimes[0]).return_lapsed_offers() == 1
    finally:
        await connection.close()
    assert (await town.engagement(other))["version"] == 4
    assert await sweeper_of(runtimes[0]).return_lapsed_offers() == 1


async def test_a_lapsed_offer_stands_in_nobody_s_way(runtimes: tuple[Runtime, Runtime], source_dsns: Dsns) -> None:
    town = Town(source_dsns, Caller(asker(runtimes[0])))
    engagement_id = await town.opened("CONSULTATION", prescribed=True)
    first = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
    await town.lapse(first)
    second = await town.offered(engagement_id, Firm.OTHER_INTEGRATOR, "DEPLOYMENT", expected_version=3)
    assert [event[:3] for event in (await events(source_dsns, engagement_id))[-3:]] == [
        ("HANDOFF_OFFERED", 3, first),
        ("HANDOFF_EXPIRED", 4, first),
        ("HANDOFF_OFFERED", 5, second),
    ]
    await town.lapse(second)
    await town.call.done("closeEngagement", ADVISOR, engagement_id=engagement_id, outcome="ABANDONED")
    assert [event[0] for event in (await events(source_dsns, engagement_id))[-2:]] == ["HANDOFF_EXPIRED", "ENGAGEMENT_CLOSED"]
    awareness = await town.opened("AWARENESS")
    await town.lapse(await town.offered(awareness, Firm.OTHER_ADVISOR, "AWARENESS"))
    await town.call.done("advancePhase", ADVISOR, engagement_id=awareness)
    assert [event[0] for event in (await events(source_dsns, awareness))[-2:]] == ["HANDOFF_EXPIRED", "PHASE_CHANGED"]


async def test_every_server_sweeps(source_dsns: Dsns, tmp_path: Path) -> None:
    await build(source_dsns)
    settings = settings_for(source_dsns, tmp_path, sweep_interval_seconds=0.05)
    async with running(settings) as runtime:
        town = Town(source_dsns, Caller(asker(runtime)))
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        soon = datetime.now(UTC) + timedelta(seconds=0.3)
        offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT", respond_by=soon)

        async def returned() -> bool:
            (row,) = await rows(source_dsns, "SELECT status FROM engagements.handoff WHERE id = $1", offer)
            return bool(row["status"] == "EXPIRED")

        async with serving(settings), serving(settings):
            await until(returned, timeout_seconds=5)
        (row,) = await rows(
            source_dsns, "SELECT responded_at - respond_by AS late FROM engagements.handoff WHERE id = $1", offer
        )
        assert timedelta(0) <= row["late"] < timedelta(seconds=3)
        assert (await town.engagement(engagement_id))["version"] == 4


async def test_a_sweeper_outlives_its_source(own_servers: object, tmp_path: Path) -> None:
    from tests.conftest import Servers, make_databases

    assert isinstance(own_servers, Servers)
    dsns = await asyncio.to_thread(make_databases, own_servers, "swept")
    await build(dsns)
    async with running(settings_for(dsns, tmp_path)) as runtime:
        town = Town(dsns, Caller(asker(runtime)))
        engagement_id = await town.opened("CONSULTATION", prescribed=True)
        offer = await town.offered(engagement_id, Firm.INTEGRATOR, "DEPLOYMENT")
        sweeper = sweeper_of(runtime)
        sweeper.start()
        source = runtime.sources[SourceName.ENGAGEMENTS]
        try:
            await asyncio.to_thread(own_servers.first.stop)

            async def is_down() -> bool:
                return source.breaker.is_open

            await until(is_down)
            await asyncio.to_thread(own_servers.first.start)
            await town.lapse(offer)

            async def returned() -> bool:
                return bool((await town.engagement(engagement_id))["version"] == 4)

            await until(returned)
        finally:
            await sweeper.stop()
