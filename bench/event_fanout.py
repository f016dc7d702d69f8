"""What a delivery costs: `python -m bench.event_fanout`.

500 sockets of one firm, and 500 sockets of 200 firms with three entitled to each event, on the hub and on Strawberry's own
subscriptions over the same types and log (bench/serve_strawberry_subscriptions.py), in turns. Events are written one at a time,
the next once all have the last; and in bursts, a transaction each. `frozen` asks for the event's own fields, which need no
reading: the least that can be asked for; `edges` for the engagement and its firms too. The sequencer runs here: it is the same
for both. First all sockets of both must be given the same events with the same answers; then the CPU of the server's process is
divided by what it delivered.
"""

import asyncio
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

BURSTS: Final = (1, 4, 20)
"""Events in one transaction. 1,000 a second are some four between two moves of the sequencer."""


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

    async def delivered(self, connection: asyncpg.Connection, engagements: Sequence[int]) -> int:
        """Write events in one transaction, and wait until those who may see them have them: how many deliveries that is."""
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
        async with connection.transaction():
            for engagement_id in engagements:
                await write_event(connection, engagement_id)
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
    print("CPU of the server's process in µs a delivery, and how many times less the hub's is")
    print(f"{'subscribers':11} {'document':8} {'events':13} {'strawberry':>10} {'hub':>7} {'ratio':>7}  bar", flush=True)
    try:
        for firms, name in product(BARS, DOCUMENTS):
            tokens = _tokens(settings, firms)
            await _check(connection, servers, firms, tokens, DOCUMENTS[name])
            found: dict[tuple[str, int], list[float]] = {}
            for _ in range(TURNS):
                for who, server in servers.items():
                    # Only those who are measured are connected: all hear the same log.
                    for burst, microseconds in (await _turn(connection, who, server, firms, tokens, DOCUMENTS[name])).items():
                        found.setdefault((who, burst), []).append(microseconds)
            for burst in BURSTS:
                baseline, own = (statistics.median(found[who, burst]) for who in ("strawberry", "hub"))
                how = "one at a time" if burst == 1 else f"{burst} at a time"
                print(
                    f"{firms:11} {name:8} {how:13} {baseline:10.1f} {own:7.1f} {baseline / own:6.1f}x  {BARS[firms]}x",
                    flush=True,
                )
    finally:
        await connection.close()
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
    connection: asyncpg.Connection, who: str, server: ServerProcess, firms: str, tokens: Sequence[str], document: str
) -> dict[int, float]:
    """CPU in µs a delivery, of events that come so many at a time."""
    subscribed = Subscribed(server, firms, await subscribe(server.port, tokens, document))
    found: dict[int, float] = {}
    for burst in BURSTS:
        await subscribed.delivered(connection, [1])
        events = max(burst, EVENTS[who, firms] // burst * burst)
        before, deliveries = process_seconds(server.pid), 0
        for start in range(0, events, burst):
            engagements = [1 if firms == ONE_FIRM else (start + number) % FIRMS + 1 for number in range(burst)]
            deliveries += await subscribed.delivered(connection, engagements)
        found[burst] = (process_seconds(server.pid) - before) / deliveries * 1e6
    close(subscribed.subscribers)
    return found


if __name__ == "__main__":
    main()
