"""CPU of this process against graphql-core with DataLoader: `python -m bench.engine graphql_core`.

An operation goes in as text and comes out as bytes, without HTTP. Three run it, in turns, under Python's default garbage
collection and with nothing cached between requests but documents:

* Strawberry alone, as one writes it (bench/strawberry_graph.py): Schema.execute with ParserCache and ValidationCache, and
  DataLoaders over an asyncpg.Pool with its defaults;
* the hub's own schema under graphql-core's executor, documents parsed and validated beforehand;
* the hub: all of Operations.run, with limits, cost and budget.

The answers are compared to the byte first.
"""

import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from typing import Any, Final

import asyncpg
import orjson
from graphql import GraphQLError, execute, parse

from bench.hub_operations import STAFF, hub_operations
from bench.one_database import dsn_of
from bench.operations import BENCHED, variables_of
from bench.strawberry_graph import STRAWBERRY_SCHEMA
from bench.strawberry_loaders import Loaders
from hub.runtime import Runtime
from hub.settings import Settings
from schema import build_schema

TURNS: Final = 5
SECONDS_A_TURN: Final = 0.4

Run = Callable[[], Awaitable[bytes]]


async def measure(settings: Settings) -> None:
    """Compare the answers, then print the CPU of each operation; exits where answers differ."""
    variables = await variables_of(dsn_of(settings))
    async with hub_operations(settings) as hub, asyncpg.create_pool(dsn_of(settings)) as pool:
        print("\ngraphql-core with DataLoader: CPU a request of this process in ms, reference data read each time")
        print(f"{'operation':42} {'bytes':>7} {'Strawberry':>10} {'own schema':>10} {'hub':>7}  {'ratios':^11}", flush=True)
        for name, document in BENCHED.items():
            given = variables.get(name[0], {})

            references = [_by_strawberry(pool, settings, document, given), _by_own_schema(hub.runtime, document, given)]
            answers = [await hub.data(document, given), *[await run() for run in references]]
            if len(set(answers)) > 1:
                sys.exit(f"{name}: the answers differ:\n" + "\n".join(answer[:1000].decode() for answer in answers))
            strawberry, own_schema, hub_ms = await _cpu_ms([*references, partial(hub.answer, document, given)])
            print(
                f"{name:42} {len(answers[0]):7} {strawberry:10.2f} {own_schema:10.2f} {hub_ms:7.3f}"
                f"  {strawberry / hub_ms:5.1f} {own_schema / hub_ms:5.1f}",
                flush=True,
            )


def _by_strawberry(pool: asyncpg.Pool, settings: Settings, document: str, given: dict[str, Any]) -> Run:
    async def run() -> bytes:
        loaders = Loaders(pool, datetime.now(UTC).astimezone(settings.zone).date())
        result = await STRAWBERRY_SCHEMA.execute(document, variable_values=given, context_value=loaders)
        return _whole(result.data, result.errors)

    return run


def _by_own_schema(runtime: Runtime, document: str, given: dict[str, Any]) -> Run:
    schema = build_schema()._schema
    parsed = parse(document)

    async def run() -> bytes:
        result = execute(schema, parsed, None, runtime.context(STAFF), variable_values=given)
        if isawaitable(result):
            result = await result
        return _whole(result.data, result.errors)

    return run


def _whole(data: Any, errors: Sequence[GraphQLError] | None) -> bytes:
    if errors:
        sys.exit(f"an operation failed: {errors[0]}")
    return orjson.dumps(data)


async def _cpu_ms(runs: Sequence[Run]) -> list[float]:
    """CPU of each in ms a run, in the turn in the middle."""
    turns: list[list[float]] = [[] for _ in runs]
    for _ in range(TURNS):
        for run, taken in zip(runs, turns, strict=True):
            rounds, started, until = 0, time.process_time(), time.perf_counter() + SECONDS_A_TURN
            while time.perf_counter() < until:
                await run()
                rounds += 1
            taken.append((time.process_time() - started) / rounds * 1000)
    return [statistics.median(taken) for taken in turns]
