"""How much of our process's CPU an operation takes: `python -m bench.engine`, with the settings (HUB_…) of a seeded deployment.

Each operation runs on the engine and, as the baseline, on the same schema by graphql-core with DataLoader, parsed and validated
beforehand, under Python's default garbage collection; with reference data read each time ("cold") and from the cache. The
answers are compared to the byte first. Times are CPU of this process alone; what counts is the ratio.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable

import orjson
import uvloop
from graphql import GraphQLError, execute, get_operation_ast, parse
from graphql.execution.values import get_variable_values

import loaders.pages
from bench.operations import BENCHED
from engine.compiler import compile_operation
from engine.execution import Execution
from hub import global_id
from hub.runtime import CACHED_SOURCES, Runtime
from hub.settings import load_settings
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from schema import build_schema

SECONDS_A_MEASURE = 1.5
STAFF = Viewer(ViewerKind.STAFF, "bench")

Run = Callable[[], Awaitable[bytes]]


async def _bench() -> None:
    # The list of 1,000 is more than a page may have.
    loaders.pages.LARGEST_PAGE = 1000
    runtime = Runtime(load_settings())
    await runtime.start()
    try:
        variables = await _variables(runtime)
        print(f"{'operation':42} {'cache':5} {'bytes':>8} {'graphql-core ms':>16} {'engine ms':>10} {'ratio':>6}")
        for cached in (False, True):
            for source in CACHED_SOURCES:
                runtime.cache.set_listening(source, cached)
            await asyncio.sleep(0.2)
            for name, text in BENCHED.items():
                reference, ours = _runs(runtime, text, variables.get(name[0], {}))
                expected, answer = await reference(), await ours()
                if answer != expected:
                    sys.exit(f"{name}: the answers differ:\n{expected[:500]!r}\n{answer[:500]!r}")
                baseline, engine = await _cpu_ms(reference), await _cpu_ms(ours)
                warm = "warm" if cached else "cold"
                print(f"{name:42} {warm:5} {len(answer):8} {baseline:16.2f} {engine:10.3f} {baseline / engine:6.1f}")
    finally:
        await runtime.stop()


def _runs(runtime: Runtime, text: str, given: dict[str, str]) -> tuple[Run, Run]:
    schema = build_schema()
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    variables = get_variable_values(schema._schema, operation.variable_definitions or (), given)
    assert not isinstance(variables, list)
    plan = compile_operation(schema._schema, operation, {}, variables)

    async def reference() -> bytes:
        result = execute(schema._schema, document, None, runtime.context(STAFF), variable_values=given)
        if isawaitable(result):
            result = await result
        return _whole(result.data, result.errors)

    async def ours() -> bytes:
        execution = Execution(runtime.context(STAFF), variables)
        data = await execution.run(plan)
        return _whole(data, execution.errors)

    return reference, ours


def _whole(data: object, errors: list[GraphQLError] | None) -> bytes:
    if errors:
        sys.exit(f"an operation failed: {errors[0]}")
    return orjson.dumps(data)


async def _cpu_ms(run: Run) -> float:
    await run()
    rounds, started, until = 0, time.process_time(), time.perf_counter() + SECONDS_A_MEASURE
    while time.perf_counter() < until:
        await run()
        rounds += 1
    return (time.process_time() - started) / rounds * 1000


async def _variables(runtime: Runtime) -> dict[str, dict[str, str]]:
    """The firm that leads the most, and one of its engagements."""
    source = runtime.sources[SourceName.ENGAGEMENTS]
    query = "SELECT max(id) AS id, lead_partner_id FROM engagements.engagement GROUP BY 2 ORDER BY count(*) DESC, 2 LIMIT 1"
    (found,) = await source.fetch("bench", query, [])
    return {
        "c": {"id": global_id.encode("Partner", found["lead_partner_id"])},
        "d": {"id": global_id.encode("Engagement", found["id"])},
    }


if __name__ == "__main__":
    uvloop.run(_bench())
