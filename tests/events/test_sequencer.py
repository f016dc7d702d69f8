"""The sequencer: positions without gaps, each engagement in its order, whoever writes and whatever is open beside."""

import asyncio
from collections import defaultdict

from hub.source import Source
from tests.conftest import Dsns
from tests.events.conftest import Told, following, sequencing
from tests.events.outbox import connected, logged, make_engagements, waiting, write


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
