"""One run: writers write, subscribers follow, everything is killed over and over; then it is counted."""

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from bench.event_faults.programme import build, subscribers
from bench.event_faults.servers import Killer, Servers
from bench.event_faults.subscribers import NaiveReader, Reader, Subscriber
from bench.event_faults.verdict import Verdict, committed_events, judge
from hub.postgres import EmbeddedPostgres
from hub.settings import Settings
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind

_DATABASE: Final = "hub"
_DAY_SECONDS: Final = 86_400
_LIMITS: Final = {
    f"HUB_{bound}_{kind}": str(10**9)
    for bound in ("COST_CEILING", "COST_BUDGET_PER_MINUTE")
    for kind in ("STAFF", "CRM", "REPORTING")
}


@dataclass(frozen=True)
class Plan:
    """What a run is to be. naive: subscribers read `id > cursor` off the table that writers insert into, without any server."""

    events: int
    kills: int
    subscribers: int = 50
    seconds_between_kills: tuple[float, float] = (0.5, 3.0)
    naive: bool = False
    patience_seconds: float = 120


@dataclass(frozen=True)
class Outcome:
    """What a run has shown."""

    verdict: Verdict
    kills: Counter[str]
    acknowledged: int
    unknown: int
    refused: int
    connections: int
    writing_seconds: float


async def run(plan: Plan, directory: Path) -> Outcome:
    """Run it in a directory of its own, which an unprivileged server must reach."""
    database = EmbeddedPostgres(directory / "data")
    await asyncio.to_thread(database.start)
    try:
        await asyncio.to_thread(database.ensure_databases, [_DATABASE])
        dsn = database.dsn(_DATABASE)
        await build(dsn)
        return await _run(plan, directory, database, dsn)
    finally:
        await asyncio.to_thread(database.stop)


async def _run(plan: Plan, directory: Path, database: EmbeddedPostgres, dsn: str) -> Outcome:
    environment = {
        "HUB_DSN": dsn,
        "HUB_DATA_DIR": str(directory / "hub"),
        "HUB_LOG_LEVEL": "error",
        "HUB_RETRY_INTERVAL_SECONDS": "0.1",
        **_LIMITS,
    }
    servers = None if plan.naive else Servers(environment)
    viewers = subscribers(plan.subscribers)
    readers = _readers(viewers, dsn, directory, servers)
    killer = Killer(servers, database, dsn, random.Random(plan.events))
    if servers is not None:
        servers.start()
    try:
        if servers is not None:
            await servers.until_all_answer()
        async with asyncio.TaskGroup() as tasks:
            following = [tasks.create_task(reader.run()) for reader in readers]
            started = time.monotonic()
            writing = tasks.create_task(_write(dsn, plan.events))
            await _kill(killer, plan, writing)
            written = await writing
            seconds = time.monotonic() - started
            await _until_received(plan, dsn, viewers, readers)
            for task in following:
                task.cancel()
        verdict = await judge(
            dsn,
            written["acknowledged"],
            [(viewer, reader.received) for viewer, reader in zip(viewers, readers, strict=True)],
            naive=plan.naive,
        )
    finally:
        if servers is not None:
            await asyncio.to_thread(servers.stop)
    connections = sum(reader.connections for reader in readers)
    return Outcome(
        verdict, killer.kills, len(written["acknowledged"]), written["unknown"], written["refused"], connections, seconds
    )


def _readers(viewers: list[Viewer], dsn: str, directory: Path, servers: Servers | None) -> list[Reader]:
    if servers is None:
        # Of the rows that there are, each is to read all.
        viewers[:] = [Viewer(ViewerKind.STAFF, "naive") for _ in viewers]
        return [NaiveReader(viewer.name, dsn) for viewer in viewers]
    authority = TokenAuthority(Settings(_env_file=None, data_dir=directory / "hub"))  # type: ignore[call-arg]
    return [Subscriber(viewer.name, authority.mint(viewer, valid_seconds=_DAY_SECONDS), servers.ports) for viewer in viewers]


async def _write(dsn: str, events: int) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.event_faults.writers", dsn, str(events), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(f"the writers ended with {process.returncode}")
    written: dict[str, Any] = orjson.loads(output)
    written["acknowledged"] = [tuple(pair) for pair in written["acknowledged"]]
    return written


async def _kill(killer: Killer, plan: Plan, writing: asyncio.Task[object]) -> None:
    """Kill so often as is planned; the last ones, where the writers are done, while subscribers catch up."""
    chance = random.Random(plan.kills)
    while killer.kills.total() < plan.kills:
        pause = chance.uniform(*plan.seconds_between_kills)
        await asyncio.wait([writing], timeout=pause)
        if writing.done():
            await asyncio.sleep(pause)
        await killer.kill()


async def _until_received(plan: Plan, dsn: str, viewers: list[Viewer], readers: list[Reader]) -> None:
    """Wait until everyone has received all that it is entitled to, or patience ends; then the verdict says what is missing."""
    deadline = time.monotonic() + (5 if plan.naive else plan.patience_seconds)
    before = -1
    while time.monotonic() < deadline:
        count = sum(len(reader.received) for reader in readers)
        if count != before:
            # To look at all that there is takes a while; it is done where nothing comes any more.
            before = count
            await asyncio.sleep(1)
            continue
        events = await committed_events(dsn, naive=plan.naive)
        received = [(viewer, reader.received) for viewer, reader in zip(viewers, readers, strict=True)]
        verdict = await judge(dsn, [], received, naive=plan.naive)
        if events and not verdict.lost and not verdict.never_logged:
            return
        before = -1
