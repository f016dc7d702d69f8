"""What a subscriber costs that waits: `python -m bench.event_idle [SUBSCRIBERS]`.

10,000 sockets of 200 firms subscribe on one server process, in steps; its memory is read at each, and one more event must then
reach every socket whose firm may see it, and no other. Beside it, 1,000 on Strawberry's own subscriptions, which cost more.
"""

import asyncio
import sys
from typing import Final

import asyncpg

from bench.cpu import resident_bytes
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

SUBSCRIBERS: Final = 10_000
BASELINE_SUBSCRIBERS: Final = 1000
STEPS: Final = 5
BAR_BYTES: Final = 35 * 1000
SETTLE_SECONDS: Final = 3

DOCUMENT: Final = "subscription { handoffEvents { id type occurredAt engagementVersion engagementId cursor } }"


def main() -> None:
    """Run it, and print what was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SUBSCRIBERS
    allow_open_files(count + 1000)
    with subscriber_database() as settings:
        log.configure(settings)
        env = environment(settings)
        with serving("bench.serve_strawberry_subscriptions", settings=env) as server:
            baseline = asyncio.run(_measure(settings, server, min(count, BASELINE_SUBSCRIBERS)))
        with serving("bench.serve_hub", WARM, settings=env) as server:
            own = asyncio.run(_measure(settings, server, count))
    print(f"Strawberry's own subscriptions: {baseline / 1000:.1f} KB each")
    print(f"the hub: {own / 1000:.1f} KB each (bar: at most {BAR_BYTES / 1000:g}), {baseline / own:.1f} times less")


async def _measure(settings: Settings, server: ServerProcess, count: int) -> float:
    """The memory of one subscriber, in bytes; exits where an event does not reach all that may see it, or reaches others."""
    authority = TokenAuthority(settings)
    crms = [Viewer(ViewerKind.CRM, f"CRM {firm}", partner_id=firm) for firm in range(1, FIRMS + 1)]
    tokens = [authority.mint(crm, valid_seconds=3600) for crm in crms]
    # What the first sockets bring with them is the server's, not theirs.
    subscribers = await subscribe(server.port, tokens, DOCUMENT)
    await asyncio.sleep(SETTLE_SECONDS)
    each, first, before = 0.0, len(subscribers), resident_bytes(server.pid)
    while len(subscribers) < count:
        size = min(count // STEPS, count - len(subscribers))
        wanted = [tokens[(len(subscribers) + number) % FIRMS] for number in range(size)]
        subscribers += await subscribe(server.port, wanted, DOCUMENT)
        await asyncio.sleep(SETTLE_SECONDS)
        in_all = resident_bytes(server.pid)
        each = (in_all - before) / (len(subscribers) - first)
        print(f"{len(subscribers):6} subscribers: {in_all / 1e6:6.1f} MB, {each / 1000:.1f} KB each", flush=True)
    await _check(settings, subscribers)
    close(subscribers)
    return each


async def _check(settings: Settings, subscribers: list[Subscriber]) -> None:
    source = Source(SourceName.ENGAGEMENTS, dsn_of(settings), settings)
    # The hub orders the log by itself, the baseline does not: whichever is elected.
    sequencer = Sequencer(source)
    sequencer.start()
    connection = await asyncpg.connect(dsn_of(settings))
    await write_event(connection, 1)
    await connection.close()
    entitled = [subscriber for number, subscriber in enumerate(subscribers) if number % FIRMS in (0, 1, 2)]
    async with asyncio.timeout(30):
        while sum(subscriber.count for subscriber in entitled) < len(entitled):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await sequencer.stop()
    if sum(subscriber.count for subscriber in subscribers) != len(entitled):
        sys.exit("An event reached others than those who may see it.")
    print(f"an event reached the {len(entitled)} that may see it, of {len(subscribers)}")


if __name__ == "__main__":
    main()
