"""Under the same faults the engine answers what graphql-core's executor answers: data to the byte, errors as DESIGN.md says."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import parse
from structlog.testing import capture_logs

from hub.context import RequestContext
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from loaders import cursors, pages
from loaders.directory import PARTNERS_KEPT
from schema import build_schema
from tests.conftest import STAFF, UNLIMITED, Dsns, Servers, asker, running, settings_for
from tests.engine.faults import Faults, InjectedError, Rates, declared
from tests.engine.generator import Operation, make
from tests.engine.reference import Ran, by_engine, by_graphql_core, difference

SCHEMA = build_schema()

OPERATIONS_A_SEED = 25
SEEDS = range(max(1, int(os.environ.get("ENGINE_SEEDS", "24")) // 2))
VIEWERS = [STAFF, Viewer(ViewerKind.CRM, "CRM", partner_id=1), Viewer(ViewerKind.REPORTING, "Reports")]

# What a seed injects, by turns: one kind of fault alone shows what many together may hide.
KINDS = [
    Rates(batches=15),
    Rates(keys=15),
    Rates(missing=25),
    Rates(values=4),
    Rates(resolvers=20),
    Rates(batches=3, resolvers=3, keys=3, missing=5, values=1),
]

pytestmark = [
    # Where a sibling fails at once, graphql-core drops the other fields' coroutines without awaiting them.
    pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def both(runtime: Runtime, operation: Operation, viewer: Viewer) -> tuple[Ran, Ran]:
    """The answers of graphql-core and of the engine, at one moment."""
    contexts: list[RequestContext] = [runtime.context(viewer) for _ in range(2)]
    contexts[1].now = contexts[0].now
    reference = await by_graphql_core(SCHEMA, operation.document, operation.variables, contexts[0])
    return reference, await by_engine(SCHEMA, operation.document, operation.variables, contexts[1])


async def agree(runtime: Runtime, seed: int, *, numbers: int = OPERATIONS_A_SEED) -> int:
    """Run a seed's operations through both executors; how many errors they told."""
    errors = 0
    for number in range(numbers):
        operation = make(SCHEMA._schema, seed * OPERATIONS_A_SEED + number)
        try:
            reference, ours = await both(runtime, operation, VIEWERS[number % len(VIEWERS)])
            assert difference(reference, ours) is None
        except BaseException as error:
            error.add_note(str(operation))
            raise
        errors += len(reference.errors)
    return errors


@pytest.mark.parametrize("seed", SEEDS)
async def test_both_answer_alike_where_reads_and_resolvers_fail(
    runtime: Runtime, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Faults(seed, KINDS[seed % len(KINDS)]).inject(SCHEMA._schema, monkeypatch)
    assert await agree(runtime, seed) > 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_both_answer_alike_where_rows_are_broken_or_not_there(world_runtime: Runtime, seed: int) -> None:
    assert await agree(world_runtime, 1000 + seed) > 0


@pytest.fixture
async def without(
    request: pytest.FixtureRequest, servers: Servers, seeded_dsns: Dsns, tmp_path: Path
) -> AsyncIterator[Runtime]:
    """A hub over the demo's programme, one source of which is not there."""
    dsns = {**seeded_dsns, request.param: servers.of(request.param).dsn("nowhere")}
    async with running(settings_for(dsns, tmp_path, **UNLIMITED)) as started:
        yield started


@pytest.mark.parametrize("without", list(SourceName), indirect=True, ids=lambda source: source.value)
async def test_both_answer_alike_where_a_source_is_down(without: Runtime, request: pytest.FixtureRequest) -> None:
    seed = 2000 + list(SourceName).index(request.node.callspec.params["without"])
    assert await agree(without, seed, numbers=2 * OPERATIONS_A_SEED) > 0


CLIENTS_OF_TWO = """
    query {
      again: handoffs(last: 1) { nodes { fromPartner { name } } }
      engagements(first: 2) {
        nodes { id leadPartner { name strengths } client { advisor { name members(first: 1) { nodes { name } totalCount } } } }
      }
    }
"""


async def none(*_args: Any, **_arguments: Any) -> None:
    """In the place of a resolver: nothing."""


async def of_keys(_context: Any, keys: Sequence[Any], **_arguments: Any) -> list[Any]:
    """In the place of a batch function: an error for each key."""
    return [InjectedError(key) for key in keys]


async def too_little(_context: Any, _keys: Sequence[Any], **_arguments: Any) -> list[Any]:
    """In the place of a batch function: fewer values than keys."""
    return []


async def raising(*_args: Any, **_arguments: Any) -> Any:
    """In the place of anything."""
    raise InjectedError


def refusing(*_args: Any, **_arguments: Any) -> Any:
    """In the place of anything that does not wait."""
    raise InjectedError


def odd(*_args: Any, **_arguments: Any) -> int:
    """In the place of a resolver of a list."""
    return 5


CHOSEN: dict[str, tuple[str, str, str, Any]] = {
    "a root field that must be there is not": ("Query", "viewer", "resolver", none),
    "a root connection raises": ("Query", "engagements", "resolver", raising),
    "a root connection is not there": ("Query", "engagements", "resolver", none),
    "an edge raises for all": ("Engagement", "leadPartner", "batch", raising),
    "an edge has an error for each": ("Engagement", "client", "batch", of_keys),
    "an edge has too few values": ("Engagement", "leadPartner", "batch", too_little),
    "a computed list raises": ("Partner", "strengths", "resolver", raising),
    "a computed list that must be there is not": ("Partner", "strengths", "resolver", none),
    "a computed list is no list": ("Partner", "strengths", "resolver", odd),
    "a connection cannot be opened": ("Partner", "members", "open", refusing),
}


@pytest.mark.parametrize("fault", CHOSEN)
async def test_a_chosen_fault_is_answered_alike(runtime: Runtime, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_name, field_name, attribute, replacement = CHOSEN[fault]
    monkeypatch.setattr(declared(SCHEMA._schema, type_name, field_name), attribute, replacement)
    text = CLIENTS_OF_TWO.replace("query {", "query { viewer { name }")
    reference, ours = await both(runtime, Operation(0, text, parse(text), {}), STAFF)
    assert reference.errors or reference.data["engagements"] is None
    assert difference(reference, ours) is None


@pytest.mark.parametrize("read", ["page_by_parent", "count_by_parent"])
@pytest.mark.parametrize("replacement", [raising, too_little], ids=["raises", "has too few values"])
async def test_a_read_of_connections_fails_alike(
    runtime: Runtime, read: str, replacement: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = getattr(pages, read)

    async def of_members(context: Any, parents: Sequence[Any], **arguments: Any) -> Any:
        chosen = replacement if arguments["pages"].parent == "partner_id" else whole
        return await chosen(context, parents, **arguments)

    monkeypatch.setattr(pages, read, of_members)
    reference, ours = await both(runtime, Operation(0, CLIENTS_OF_TWO, parse(CLIENTS_OF_TWO), {}), STAFF)
    assert reference.errors
    assert difference(reference, ours) is None


@pytest.mark.parametrize("asked", ["edges { cursor node { id } }", "pageInfo { endCursor hasNextPage }", "nodes { name }"])
async def test_a_cursor_that_cannot_be_made_fails_alike(runtime: Runtime, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{{ partners(first: 2) {{ {asked} }} viewer {{ name }} associations {{ code partners(first: 1) {{ {asked} }} }} }}"
    monkeypatch.setattr(cursors, "encode", refusing)
    reference, ours = await both(runtime, Operation(0, text, parse(text), {}), STAFF)
    assert bool(reference.errors) == ("ursor" in asked)
    assert difference(reference, ours) is None


async def nobody(_context: Any, keys: Sequence[Any], **_arguments: Any) -> list[Any]:
    """In the place of a batch function: nothing is there any more."""
    return [None] * len(keys)


async def of_no_type(_context: Any, keys: Sequence[Any], **_arguments: Any) -> list[Any]:
    """In the place of a batch function: a row whose values fit nothing."""
    return [{"id": key, "name": object(), "region": 5.5} for key in keys]


@pytest.mark.parametrize("replacement", [raising, of_keys, too_little, nobody, of_no_type])
async def test_where_nodes_cannot_be_kept_their_page_has_them(
    runtime: Runtime, replacement: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "{ partners(first: 2) { nodes { name region } } associations { partners(first: 1) { nodes { name } totalCount } } }"
    monkeypatch.setattr(pages.Connection, "by_id", PARTNERS_KEPT(replacement))
    for _ in range(2):
        reference, ours = await both(runtime, Operation(0, text, parse(text), {}), STAFF)
        assert reference.errors == ()
        assert difference(reference, ours) is None


async def test_a_bug_is_masked_at_each_place_and_logged_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared(SCHEMA._schema, "Engagement", "leadPartner"), "batch", raising)
    with capture_logs() as lines:
        answer = await asker(runtime)("{ engagements(first: 2) { nodes { lead: leadPartner { name } } } viewer { name } }")
    assert answer.data == {"engagements": {"nodes": [{"lead": None}, {"lead": None}]}, "viewer": {"name": "Staff"}}
    (logged,) = [line for line in lines if line["event"] == "bug"]
    assert type(logged["exc_info"]) is InjectedError
    assert answer.errors == [
        {
            "message": f"Internal error, reference {logged['reference']}.",
            "locations": [{"line": 1, "column": 35}],
            "path": ["engagements", "nodes", index, "lead"],
            "extensions": {"code": "INTERNAL", "reference": logged["reference"]},
        }
        for index in range(2)
    ]
