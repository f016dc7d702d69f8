"""What firms read together, at the same moment and in one query, is what each of them reads alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.operations import Operations, Ready
from engine.subscriptions import Program
from events.record import Record, as_row
from hub.context import RequestContext, Together
from hub.graphql_request import GraphQLRequest, OperationKind
from hub.viewer import Viewer
from loaders.engagements import engagements_by_id
from tests.conftest import SCHEMA, UNLIMITED, Dsns, as_sent, running, settings_for
from tests.visibility import events
from tests.visibility.viewers import CRMS, NO_FIRM, PERSONS, STAFF, UNKNOWN_FIRM, VIEWERS, label
from tests.visibility.world import Firm, World

TEXT = """subscription { handoffEvents { id
  engagement { id title phase version closedAt externalRef leadPartner { name } client { name advisor { name } }
    findings { note } prescription { note } handoffs { note } enrollments { nodes { attendee } } }
  handoff { id note toPartner { name certifications { status } members { nodes { email } } } } } }"""

KINDS = frozenset({OperationKind.SUBSCRIPTION})


def rows_of(world: World) -> list[dict[str, object]]:
    """The world's events as the graph reads them."""
    names = [name for name in Record._fields if name != "seers"]
    return [as_row(Record(**{name: row[name] for name in names}), "cursor") for row in world[events.TABLE]]


def program_of(operations: Operations, context: RequestContext) -> Program:
    """The subscription, ready for the viewer of a context."""
    ready = operations.ready(GraphQLRequest(TEXT, None, None), context, allowed=KINDS)
    assert isinstance(ready, Ready), ready.answer
    return Program(operations, ready)


@pytest.mark.parametrize("viewers", [list(CRMS.values()), list(PERSONS.values()), VIEWERS], ids=["CRMs", "persons", "everyone"])
async def test_each_is_told_what_it_is_told_alone(
    world: World, world_dsns: Dsns, tmp_path: Path, viewers: Sequence[Viewer]
) -> None:
    rows = rows_of(world)
    async with running(settings_for(world_dsns, tmp_path, **UNLIMITED)) as runtime:
        operations = Operations(SCHEMA, runtime.settings)
        alone = {}
        for viewer in viewers:
            context = runtime.context(viewer)
            answers, errors = await program_of(operations, context).answers(rows, context)
            alone[label(viewer)] = as_sent(answers), errors
        together: Together = {}
        contexts = [runtime.context(viewer, together=together) for viewer in viewers]
        found = await asyncio.gather(*(program_of(operations, context).answers(rows, context) for context in contexts))
    assert not together, "what was read is forgotten"
    for viewer, (answers, errors) in zip(viewers, found, strict=True):
        expected, expected_errors = alone[label(viewer)]
        assert as_sent(answers) == expected, label(viewer)
        assert list(map(str, errors)) == list(map(str, expected_errors))
    assert len({str(answers) for answers, _ in alone.values()}) > 5, "they see different things"


@pytest.mark.parametrize("edge", ["engagement { title client { name } }", "handoff { note }"])
async def test_one_query_reads_for_all_firms_whatever_their_number(
    world: World, world_dsns: Dsns, tmp_path: Path, edge: str
) -> None:
    rows = rows_of(world)
    text = f"subscription {{ handoffEvents {{ {edge} }} }}"
    async with running(settings_for(world_dsns, tmp_path, **UNLIMITED)) as runtime:
        operations = Operations(SCHEMA, runtime.settings)

        async def reads(viewers: Sequence[Viewer]) -> int:
            together: Together = {}
            contexts = [runtime.context(viewer, together=together) for viewer in viewers]
            ready = operations.ready(GraphQLRequest(text, None, None), contexts[0], allowed=KINDS)
            assert isinstance(ready, Ready)
            await asyncio.gather(*(Program(operations, ready).answers(rows, context) for context in contexts))
            return sum(len(context.reads) for context in contexts)

        assert await reads([CRMS[Firm.ADVISOR]]) == 1
        assert await reads([*CRMS.values(), UNKNOWN_FIRM, *CRMS.values()]) == 1
        # Who is of no firm, or sees all, reads alone; a person of a firm is of another kind than its CRM.
        assert await reads([CRMS[Firm.ADVISOR], PERSONS[Firm.ADVISOR], NO_FIRM, STAFF]) == 4


@pytest.mark.parametrize("steps", range(6))
async def test_who_leaves_before_it_was_asked_keeps_nobody_waiting(
    world: World, world_dsns: Dsns, tmp_path: Path, steps: int
) -> None:
    async with running(settings_for(world_dsns, tmp_path, **UNLIMITED)) as runtime:
        together: Together = {}
        context = runtime.context(CRMS[Firm.ADVISOR], together=together)
        ids = [row["id"] for row in world["engagements.engagement"]]
        expected = await engagements_by_id(runtime.context(CRMS[Firm.ADVISOR]), ids)
        leaves = asyncio.ensure_future(engagements_by_id(context, ids))
        for _ in range(steps):
            await asyncio.sleep(0)
        leaves.cancel()
        async with asyncio.timeout(5):
            found = await asyncio.gather(leaves, engagements_by_id(context, ids), return_exceptions=True)
            assert isinstance(found[0], asyncio.CancelledError)
            assert found[1] == await engagements_by_id(context, ids)
        assert [None if row is None else row["title"] for row in found[1]] == [
            None if row is None else row["title"] for row in expected
        ]
        assert not together
