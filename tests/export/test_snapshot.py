"""What an export reads is of one moment a source: what changes while it goes on is not in it, in no chunk and by no edge."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.operations import Operations, Ready
from export.ahead import ahead
from export.document import exported
from export.rows import CHUNK_ROWS, Rows
from export.snapshot_cache import SnapshotCache
from hub.graphql_http import QUERIES
from hub.graphql_request import GraphQLRequest
from hub.runtime import Runtime
from hub.snapshot import Snapshots
from hub.vocabulary import SourceName
from tests import miniature
from tests.conftest import SCHEMA, STAFF, Dsns, running, settings_for

COUNT = 10 * CHUNK_ROWS

FIRMS = f"""
    INSERT INTO directory.partner (id, name, roles) OVERRIDING SYSTEM VALUE
    SELECT n, 'firm ' || n, '{{ADVISOR}}' FROM generate_series(1, {COUNT}) AS n"""
CERTIFICATIONS = f"""
    INSERT INTO certifications.certification (id, partner_id, program, level, state, awarded_on) OVERRIDING SYSTEM VALUE
    SELECT n, n, 'IT', 'GOLD', 'ACTIVE', '2021-01-01' FROM generate_series(1, {COUNT}) AS n"""

QUERY = "{ partners { nodes { name certifications { level partner { name } } } } }"


@pytest.fixture
async def runtime(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    """A hub over many firms, each with a certification."""
    await miniature.execute(source_dsns[SourceName.DIRECTORY], FIRMS)
    await miniature.execute(source_dsns[SourceName.CERTIFICATIONS], CERTIFICATIONS)
    async with running(settings_for(source_dsns, tmp_path)) as started:
        yield started


def row(number: int) -> dict[str, Any]:
    """A firm as it was at first."""
    name = f"firm {number}"
    return {"name": name, "certifications": [{"level": "GOLD", "partner": {"name": name}}]}


async def test_what_changes_meanwhile_is_not_seen(runtime: Runtime, source_dsns: Dsns) -> None:
    snapshots = Snapshots(runtime.sources, partial(runtime.admission.idle, 0.01))
    context = replace(runtime.context(STAFF), sources=snapshots, cache=SnapshotCache())
    operations = Operations(SCHEMA, runtime.settings)
    ready = operations.ready(GraphQLRequest(QUERY, None, None), context, allowed=QUERIES)
    assert isinstance(ready, Ready)
    plan = operations.plan(ready)
    assert plan is not None
    found: list[Any] = []
    try:
        async with aclosing(Rows(exported(plan), ready.variables, context).chunks(None)) as chunks:
            found += await anext(chunks)
            assert len(found) == CHUNK_ROWS
            await miniature.execute(
                source_dsns[SourceName.DIRECTORY],
                f"""
                UPDATE directory.partner SET name = 'renamed';
                DELETE FROM directory.partner WHERE id = {COUNT - 1};
                INSERT INTO directory.partner (id, name, roles) OVERRIDING SYSTEM VALUE
                VALUES ({COUNT + 1}, 'new', '{{ADVISOR}}')""",
            )
            await miniature.execute(
                source_dsns[SourceName.CERTIFICATIONS], "UPDATE certifications.certification SET level = 'SILVER'"
            )
            async for chunk in chunks:
                assert len(chunk) <= CHUNK_ROWS
                found += chunk
    finally:
        await snapshots.close()
    assert found == [row(number) for number in range(1, COUNT + 1)]


async def test_one_item_is_made_ahead_and_no_more() -> None:
    made: list[int] = []
    closed = False

    async def items() -> Any:
        nonlocal closed
        try:
            for number in range(10):
                made.append(number)
                yield number
        finally:
            closed = True

    async with aclosing(ahead(items())) as taken:
        assert await anext(taken) == 0
        assert made == [0]
        assert [await anext(taken), await anext(taken)] == [1, 2]
        assert made == [0, 1, 2]
    assert closed
    assert [item async for item in ahead(items())] == list(range(10))


async def test_what_is_made_ahead_and_fails_is_told_in_its_turn() -> None:
    async def items() -> Any:
        yield 1
        raise ValueError("two")

    taken = ahead(items())
    assert await anext(taken) == 1
    with pytest.raises(ValueError, match="two"):
        await anext(taken)
