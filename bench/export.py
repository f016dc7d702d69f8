"""What an export costs: `python -m bench.export`, over all 200,000 engagements with client and lead, as staff; three minutes.

* NDJSON and CSV against `COPY … TO STDOUT` of the same joined rows out of one database, in turns: time at the client, and CPU
  of all that takes part (the hub, PostgreSQL, this client)
* NDJSON against paging through the connection, 100 at a time, over one connection that is kept alive
* the hub's memory above what it takes idle
* the time of a figure and of a query that somebody waits for, while an export runs and while none does

The rows of both formats are compared with those of the database first; the exit status is 1 where one differs. The data is made
at the first use, in HUB_DATA_DIR: see bench/one_database.py. Times are printed and not judged; what counts are ratios.
"""

import asyncio
import csv
import io
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
import uvloop

from bench.cpu import PostgresCpu, process_seconds, resident_bytes
from bench.download import again_and_again, download
from bench.load import Load, graphql_request
from bench.one_database import dsn_of, one_database, server_environment
from bench.operations import operation, variables_of
from bench.serve_hub import WARM
from bench.server_process import ServerProcess, serving
from hub.minting import staff_token
from hub.settings import Settings

ROW: Final = "id title phase status openedAt updatedAt client { name region } leadPartner { name region }"
EXPORT: Final = f"{{ engagements {{ nodes {{ {ROW} }} }} }}"
PAGE: Final = f"""query($after: String) {{ engagements(first: 100, after: $after) {{
    nodes {{ {ROW} }} pageInfo {{ endCursor }} }} }}"""

TURNS: Final = 5
PAGES: Final = 300
QUERIES: Final = 150
FIGURES: Final = {
    "engagements by phase": "{ engagementStats(groupBy: [PHASE]) { phase engagements } }",
    "clients and days open by region": "{ engagementStats(groupBy: [REGION]) { region clients medianDaysOpen } }",
    "hand-offs by phase": "{ handoffStats(groupBy: [TO_PHASE]) { toPhase handoffs acceptanceRate medianDaysToAccept } }",
}
FIGURE_TURNS: Final = 10

_SQL: Final = Path(__file__).resolve().parent / "sql"
_ROWS: Final = (_SQL / "export_rows.sql").read_text(encoding="utf-8")
_ANSWERS: Final = (_SQL / "export_answers.sql").read_text(encoding="utf-8")


class Export:
    """The hub in a process of its own, and what it is measured with."""

    def __init__(
        self, settings: Settings, server: ServerProcess, connection: asyncpg.Connection, postgres: PostgresCpu
    ) -> None:
        self.dsn = dsn_of(settings)
        self.server = server
        self.connection = connection
        self.postgres = postgres
        self.token = staff_token(settings, "bench", days=1)

    async def copy(self) -> None:
        """Take the rows by COPY."""

        async def discard(_data: bytes) -> None:
            """As a client that counts them would."""

        await self.connection.copy_from_query(_ROWS, output=discard, format="csv")

    async def take(self, format: str) -> None:
        """Take the rows by export."""
        await download(self.server, self.token, EXPORT, format=format)

    def cpu_seconds(self) -> float:
        """What the hub, PostgreSQL and this process have used so far."""
        return process_seconds(self.server.pid) + self.postgres.seconds() + time.process_time()

    async def timed(self, work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
        """Seconds that it took, and seconds of CPU."""
        cpu, started = self.cpu_seconds(), time.perf_counter()
        await work()
        wall = time.perf_counter() - started
        # PostgreSQL's process of an export ends with it, and is counted once its parent knows.
        await asyncio.sleep(0.1)
        return wall, self.cpu_seconds() - cpu


async def measure(settings: Settings) -> None:
    """Compare the rows, then print what each way takes; exits where rows differ."""
    async with _running(settings) as export:
        idle = resident_bytes(export.server.pid)
        await _compare(export)
        async with _watching_memory(export.server.pid) as peak:
            seconds = await _against_copy(export)
        await _against_pages(export, seconds)
        print(f"\nMemory of the hub: {idle / 1e6:.0f} MB idle, {(peak[0] - idle) / 1e6:.0f} MB more at most while it exported")
        await _beside_queries(export, await variables_of(export.dsn))


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[Export]:
    with serving("bench.serve_hub", WARM, settings=server_environment(settings)) as server:
        connection = await asyncpg.connect(dsn_of(settings), server_settings={"jit": "off", "random_page_cost": "1.1"})
        try:
            export = Export(settings, server, connection, await PostgresCpu.of(dsn_of(settings)))
            load = await Load.open(server)
            await load.ask(graphql_request("/graphql", export.token, PAGE))
            load.close()
            yield export
        finally:
            await connection.close()


async def _compare(export: Export) -> None:
    """Row by row, with what the database says."""
    expected = [tuple(row) for row in await export.connection.fetch(_ANSWERS)]
    lines = (await download(export.server, export.token, EXPORT, keep=True, format="ndjson")).body.splitlines()
    _same("ndjson", expected, [_flat(orjson.loads(line)) for line in lines])
    text = (await download(export.server, export.token, EXPORT, keep=True, format="csv")).body.decode()
    records = islice(csv.reader(io.StringIO(text, newline="")), 1, None)
    _same("csv", [tuple(value or "" for value in row) for row in expected], list(map(tuple, records)))
    print(f"{len(expected):,} rows, the same by COPY, NDJSON and CSV")


def _flat(row: dict[str, Any]) -> tuple[Any, ...]:
    values: list[Any] = []
    for name in ("id", "title", "phase", "status", "openedAt", "updatedAt"):
        values.append(row[name])
    for name in ("client", "leadPartner"):
        values += [None, None] if row[name] is None else [row[name]["name"], row[name]["region"]]
    return tuple(values)


def _same(format: str, expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> None:
    if expected == found:
        return
    print(f"{format}: {len(found)} rows for {len(expected)}", file=sys.stderr)
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            sys.exit(f"{format}: row {number} differs:\n{one}\n{other}")
    sys.exit(1)


async def _against_copy(export: Export) -> float:
    """Print the ratios of both formats; the seconds that NDJSON takes."""
    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "COPY": export.copy,
        "NDJSON": lambda: export.take("ndjson"),
        "CSV": lambda: export.take("csv"),
    }
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, work in ways.items():
            turns[name].append(await export.timed(work))
    middle = {name: [statistics.median(column) for column in zip(*found, strict=True)] for name, found in turns.items()}
    print(f"\n{'':8} {'seconds':>8} {'of COPY':>8} {'CPU':>8} {'of COPY':>8}")
    for name, (wall, cpu) in middle.items():
        ratios = wall / middle["COPY"][0], cpu / middle["COPY"][1]
        print(f"{name:8} {wall:8.2f} {ratios[0]:8.2f} {cpu:8.2f} {ratios[1]:8.2f}", flush=True)
    seconds: float = middle["NDJSON"][0]
    return seconds


async def _against_pages(export: Export, seconds: float) -> None:
    load = await Load.open(export.server)
    rows, after = 0, None
    started = time.perf_counter()
    for _ in range(PAGES):
        variables: dict[str, str] = {} if after is None else {"after": after}
        answer = orjson.loads(await load.ask(graphql_request("/graphql", export.token, PAGE, variables)))
        page = answer["data"]["engagements"]
        rows, after = rows + len(page["nodes"]), page["pageInfo"]["endCursor"]
    paged = (time.perf_counter() - started) / rows
    load.close()
    total: int = await export.connection.fetchval("SELECT count(*) FROM engagements.engagement")
    print(
        f"\nPaging 100 at a time takes {paged * 1e6:.0f} µs a row ({rows:,} of them), NDJSON {seconds / total * 1e6:.0f} µs:"
        f" {paged / (seconds / total):.1f} times as fast",
        flush=True,
    )


async def _beside_queries(export: Export, variables: dict[str, dict[str, str]]) -> None:
    """Print how long queries take beside an export, with each other's turns between."""
    print(f"\n{'in ms':42} {'alone':>8} {'beside an export':>17} {'ratio':>6} {'95 of 100':>10} {'ratio':>6}")
    asked: list[tuple[str, str, dict[str, str] | None, int]] = [
        (name, document, None, FIGURE_TURNS) for name, document in FIGURES.items()
    ]
    for letter, name in (("d", "one engagement and its lead"), ("b", "board of 100 engagements")):
        asked.append((name, operation(letter), variables.get(letter), QUERIES))
    for name, document, values, count in asked:
        request = graphql_request("/graphql", export.token, document, values)
        alone: list[float] = []
        beside: list[float] = []
        for _ in range(3):
            alone += await _times(export, request, count)
            # In a process of its own, or this one would take a query's answer late.
            with again_and_again(export.server, export.token, EXPORT):
                await asyncio.sleep(1)
                beside += await _times(export, request, count)
        usual, now = statistics.median(alone), statistics.median(beside)
        slow, slow_now = (statistics.quantiles(times, n=20)[-1] for times in (alone, beside))
        print(
            f"{name:42} {usual * 1000:8.2f} {now * 1000:17.2f} {now / usual:6.2f} {slow_now * 1000:10.2f}"
            f" {slow_now / slow:6.2f}",
            flush=True,
        )


async def _times(export: Export, request: bytes, count: int) -> list[float]:
    """How long each of so many takes, with a pause between, as people leave."""
    load = await Load.open(export.server)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        await load.ask(request)
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.005)
    load.close()
    return times


@asynccontextmanager
async def _watching_memory(pid: int) -> AsyncIterator[list[int]]:
    peak = [0]

    async def watch() -> None:
        while True:
            peak[0] = max(peak[0], resident_bytes(pid))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def main() -> None:
    """Measure."""
    with one_database() as settings:
        uvloop.run(measure(settings))


if __name__ == "__main__":
    main()
