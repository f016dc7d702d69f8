"""From commit to socket: `python -m bench.event_latency [EVENTS_A_SECOND] [SECONDS]`.

Writers in a process of their own commit events at a steady rate; a subscriber of a server in another receives them over
WebSocket. The baseline is the least that PostgreSQL takes: each writer notifies in its transaction, and a connection that
listens selects what is new by `id > cursor` (and loses some: those are counted and have no latency). Both once more while a
foreign transaction, which writes, stays open for 2 s: of what is committed meanwhile. Printed only where the log delivered
every event.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from bench.event_database import event_server
from bench.event_server import event_of, following, hub_server

FOREIGN_SECONDS: Final = 2.0
_WARM_UP_SECONDS: Final = 2.0
_SETTLE_SECONDS: Final = 1.0

Committed = dict[str, float]
Received = dict[str, float]


def main() -> None:
    """Run it, and print what was found."""
    rate, seconds = (float(argument) for argument in [*sys.argv[1:], *("1000", "8")[len(sys.argv) - 1 :]])
    with event_server() as (_, dsn), tempfile.TemporaryDirectory() as directory:
        asyncio.run(_bench(dsn, Path(directory), rate, seconds))


async def _bench(dsn: str, directory: Path, rate: float, seconds: float) -> None:
    found: dict[tuple[str, bool], list[float]] = {}
    async with hub_server(dsn, directory) as (port, token):
        for name, table, listening in (
            ("raw NOTIFY", "naive.log", lambda received: _raw(dsn, received)),
            ("event log", "engagements.outbox", lambda received: _socket(port, token, received)),
        ):
            await _turn(dsn, table, rate, _WARM_UP_SECONDS, listening, foreign=False)
            for foreign in (False, True):
                committed, received, window = await _turn(dsn, table, rate, seconds, listening, foreign=foreign)
                lost = committed.keys() - received.keys()
                if lost and name == "event log":
                    sys.exit(f"of {len(committed)} events {len(lost)} were not delivered")
                began, ended = window
                counted = {id: at for id, at in committed.items() if id in received and began <= at <= ended}
                latencies = sorted((received[id] - at) * 1000 for id, at in counted.items())
                found[name, foreign] = latencies
                label = f"{name}, foreign transaction open" if foreign else name
                print(
                    f"{label:<37} {len(latencies):7,} events, {len(lost):4} lost: p50 {_at(latencies, 0.5):6.2f}  "
                    f"p99 {_at(latencies, 0.99):6.2f}  max {latencies[-1]:6.2f} ms",
                    flush=True,
                )
    raw, log, held = found["raw NOTIFY", False], found["event log", False], found["event log", True]
    above = {share: _at(log, share) - _at(raw, share) for share in (0.5, 0.99)}
    print(f"above raw NOTIFY: p50 {above[0.5]:.2f} ms (bar: 15), p99 {above[0.99]:.2f} ms (bar: 50)")
    print(f"more while a foreign transaction is open: p99 {_at(held, 0.99) - _at(log, 0.99):.2f} ms (bar: 10)")


async def _turn(
    dsn: str,
    table: str,
    rate: float,
    seconds: float,
    listening: Callable[[Received], contextlib.AbstractAsyncContextManager[None]],
    *,
    foreign: bool,
) -> tuple[Committed, Received, tuple[float, float]]:
    """When events were committed and received, and between which moments they count."""
    received: Received = {}
    async with listening(received):
        holding = asyncio.create_task(_hold(dsn, seconds / 3)) if foreign else None
        committed = await _write(dsn, table, rate, seconds)
        window = (0.0, float("inf")) if holding is None else await holding
        await asyncio.sleep(_SETTLE_SECONDS)
    return committed, received, window


async def _write(dsn: str, table: str, rate: float, seconds: float) -> Committed:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.event_writers", dsn, table, str(rate), str(seconds)), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    committed: Committed = orjson.loads(output)
    return committed


async def _hold(dsn: str, after_seconds: float) -> tuple[float, float]:
    """Keep a transaction open that has written; from when to when."""
    # The writers' process takes a while to begin.
    await asyncio.sleep(after_seconds + 1)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("BEGIN; UPDATE engagements.client SET employees = 1")
        began = time.monotonic()
        await asyncio.sleep(FOREIGN_SECONDS)
        ended = time.monotonic()
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()
    return began, ended


@contextlib.asynccontextmanager
async def _socket(port: int, token: str, received: Received) -> AsyncIterator[None]:
    async with following(port, token) as connection:

        async def receive() -> None:
            async for message in connection:
                received[event_of(message)["id"]] = time.monotonic()

        receiving = asyncio.create_task(receive())
        try:
            yield
        finally:
            receiving.cancel()


@contextlib.asynccontextmanager
async def _raw(dsn: str, received: Received) -> AsyncIterator[None]:
    connection = await asyncpg.connect(dsn)
    hint = asyncio.Event()

    def told(*_: Any) -> None:
        hint.set()

    async def receive() -> None:
        cursor = await connection.fetchval("SELECT coalesce(max(id), 0) FROM naive.log")
        while True:
            await hint.wait()
            hint.clear()
            for row in await connection.fetch("SELECT * FROM naive.log WHERE id > $1 ORDER BY id", cursor):
                cursor = row["id"]
                received[str(row["event_id"])] = time.monotonic()

    await connection.add_listener("naive", told)
    receiving = asyncio.create_task(receive())
    try:
        yield
    finally:
        receiving.cancel()
        await asyncio.wait([receiving])
        await connection.close()


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
