"""What a delivery costs: `python -m bench.event_fanout`.

500 sockets of one firm, and 500 sockets of 200 firms with three entitled to each event, on the hub and on Strawberry's own
subscriptions over the same types and log (bench/serve_strawberry_subscriptions.py), in turns. Events are written one at a time,
the next once all have the last; 1,000 a second, each in a transaction of its own; and in bursts, a transaction each. `frozen`
asks for the event's own fields, which need no reading: the least that can be asked for; `edges` for the engagement and its
firms too. The sequencer runs here: it is the same for both. First all sockets of both must be given the same events with the
same answers; then the CPU of the server's process is divided by what it delivered.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, product
from typing import Any, Final

import asyncpg
import orjson

from bench.cpu import process_seconds
from bench.event_sockets import Subscriber, allow_open_files, close, subscribe
from bench.serve_hub import WARM
from bench.server_process import ServerProcess, serving
from bench.subscriber_database import FIRMS, dsn_of, environment, subscriber_database, write_event
from events.sequencer import Sequencer
from hub import log
from hub.settings import Settings
from hub.source import Source
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName

SOCKETS: Final = 500
TURNS: Final = 3
TIMEOUT_SECONDS: Final = 60

DOCUMENTS: Final = {
    "frozen": "subscription { handoffEvents { id type occurredAt engagementVersion engagementId fromPhase toPhase cursor } }",
    "edges": "subscription { handoffEvents { id type occurredAt engagementVersion toPartner { name } "
    "engagement { id title phase status leadPartner { name } client { name region } } cursor } }",
}

ONE_FIRM: Final = "one firm"
MANY_FIRMS: Final = f"{FIRMS} firms"

BARS: Final = {ONE_FIRM: 15, MANY_FIRMS: 8}

EVENTS: Final = {("hub", ONE_FIRM): 40, ("strawberry", ONE_FIRM): 6, ("hub", MANY_FIRMS): 200, ("strawberry", MANY_FIRMS): 80}
"""Events of a turn: as many as take either of them about as long."""

PACED: Final = 0
"""In the place of a burst: a transaction each, PACED_A_SECOND of them, whether or not those before have arrived."""

PACED_A_SECOND: Final = 1000
WRITERS: Final = 8

WAYS: Final = {1: "one at a time", PACED: f"{PACED_A_SECOND:,} a second", 20: "20 at a time"}


@dataclass(slots=True)
class Subscribed:
    """The sockets of one server, for a while."""

    server: ServerProcess
    firms: str
    subscribers: list[Subscriber]

    def entitled(self, engagement_id: int) -> list[Subscriber]:
        """Those who are to be given an event of an engagement."""
        if self.firms == ONE_FIRM:
            return self.subscribers
        seers = {engagement_id, engagement_id % FIRMS + 1, (engagement_id + 1) % FIRMS + 1}
        return [subscriber for number, subscriber in enumerate(self.subscribers) if number % FIRMS + 1 in seers]

    async def delivered(self, write: Callable[[Sequence[int]], Awaitable[None]], engagements: Sequence[int]) -> int:
        """Write events, and wait until those who may see them have them: how many deliveries that is."""
        awaited = sum(len(self.entitled(engagement_id)) for engagement_id in engagements)
        missing = awaited
        arrived = asyncio.get_running_loop().create_future()

        def count() -> None:
            nonlocal missing
            missing -= 1
            if not missing:
                arrived.set_result(None)

        for subscriber in self.subscribers:
            subscriber.on_next = count
        await write(engagements)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await arrived
        return awaited


def main() -> None:
    """Run it, and print what was found."""
    allow_open_files(8192)
    with subscriber_database() as settings:
        log.configure(settings)
        env = environment(settings)
        with (
            serving("bench.serve_hub", WARM, settings=env) as hub,
            serving("bench.serve_strawberry_subscriptions", settings=env) as strawberry,
        ):
            asyncio.run(_bench(settings, {"strawberry": strawberry, "hub": hub}))


async def _bench(settings: Settings, servers: Mapping[str, ServerProcess]) -> None:
    source = Source(SourceName.ENGAGEMENTS, dsn_of(settings), settings)
    await source.open()
    sequencer = Sequencer(source)
    sequencer.start()
    connection = await asyncpg.connect(dsn_of(settings))
    pool = await asyncpg.create_pool(dsn_of(settings), min_size=WRITERS, max_size=WRITERS)
    print("CPU of the server's process in µs a delivery, and how many times less the hub's is")
    print(f"{'subscribers':11} {'document':8} {'events':14} {'strawberry':>10} {'hub':>7} {'ratio':>7}  bar", flush=True)
    try:
        for firms, name in product(BARS, DOCUMENTS):
            tokens = _tokens(settings, firms)
            await _check(connection, servers, firms, tokens, DOCUMENTS[name])
            found: dict[tuple[str, int], list[float]] = {}
            for _ in range(TURNS):
                for who, server in servers.items():
                    # Only those who are measured are connected: all hear the same log.
                    for burst, microseconds in (await _turn(pool, who, server, firms, tokens, DOCUMENTS[name])).items():
                        found.setdefault((who, burst), []).append(microseconds)
            for burst, how in WAYS.items():
                baseline, own = (statistics.median(found[who, burst]) for who in ("strawberry", "hub"))
                print(
                    f"{firms:11} {name:8} {how:14} {baseline:10.1f} {own:7.1f} {baseline / own:6.1f}x  {BARS[firms]}x",
                    flush=True,
                )
    finally:
        await connection.close()
        await pool.close()
        await sequencer.stop()
        await source.close()


def _tokens(settings: Settings, firms: str) -> list[str]:
    authority = TokenAuthority(settings)
    count = 1 if firms == ONE_FIRM else FIRMS
    crms = [Viewer(ViewerKind.CRM, f"CRM {firm}", partner_id=firm) for firm in range(1, count + 1)]
    tokens = [authority.mint(crm, valid_seconds=3600) for crm in crms]
    return [tokens[number % count] for number in range(SOCKETS)]


async def _check(
    connection: asyncpg.Connection, servers: Mapping[str, ServerProcess], firms: str, tokens: Sequence[str], document: str
) -> None:
    """The same events with the same answers to the same sockets, before anything is measured."""
    told = []
    subscribed = [Subscribed(server, firms, await subscribe(server.port, tokens, document)) for server in servers.values()]
    for subscriber in chain.from_iterable(each.subscribers for each in subscribed):
        subscriber.keeps = True
    for engagement_id in (1, 2, 3, 1) if firms == MANY_FIRMS else (1, 1, 1, 1):
        waiting = [each.entitled(engagement_id) for each in subscribed]
        wanted = [[subscriber.count + 1 for subscriber in each] for each in waiting]
        await write_event(connection, engagement_id)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while [[subscriber.count for subscriber in each] for each in waiting] != wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    for each in subscribed:
        told.append([list(map(_answer, subscriber.messages)) for subscriber in each.subscribers])
        close(each.subscribers)
    if told[0] != told[1] or not any(told[0]):
        sys.exit(f"They answer differently: {told[0][0][:1]} and {told[1][0][:1]}.")


def _answer(message: bytes) -> Any:
    payload = orjson.loads(message)["payload"]
    return payload["data"], payload.get("errors")


async def _turn(
    pool: asyncpg.Pool, who: str, server: ServerProcess, firms: str, tokens: Sequence[str], document: str
) -> dict[int, float]:
    """CPU in µs a delivery, of events that come in each way."""
    subscribed = Subscribed(server, firms, await subscribe(server.port, tokens, document))
    found: dict[int, float] = {}
    for burst in WAYS:
        await subscribed.delivered(partial(_at_once, pool), [1])
        events = max(burst, EVENTS[who, firms] // (burst or 1) * (burst or 1))
        engagements = [1 if firms == ONE_FIRM else number % FIRMS + 1 for number in range(events)]
        before, deliveries = process_seconds(server.pid), 0
        if burst == PACED:
            deliveries += await subscribed.delivered(partial(_paced, pool), engagements)
        else:
            for start in range(0, events, burst):
                deliveries += await subscribed.delivered(partial(_at_once, pool), engagements[start : start + burst])
        found[burst] = (process_seconds(server.pid) - before) / deliveries * 1e6
    close(subscribed.subscribers)
    return found


async def _at_once(pool: asyncpg.Pool, engagements: Sequence[int]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for engagement_id in engagements:
            await write_event(connection, engagement_id)


async def _paced(pool: asyncpg.Pool, engagements: Sequence[int]) -> None:
    started = time.perf_counter()

    async def write(number: int, engagement_id: int) -> None:
        await asyncio.sleep(started + number / PACED_A_SECOND - time.perf_counter())
        await _at_once(pool, [engagement_id])

    await asyncio.gather(*(write(number, engagement_id) for number, engagement_id in enumerate(engagements)))


if __name__ == "__main__":
    main()
