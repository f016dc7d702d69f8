"""The corpus: each behaviour's answer is the stored one, of the engine as it is served and of graphql-core's executor.

Answers of new runs are written by graphql-core, and read before they are believed:
CORPUS_WRITE=1 pytest tests/engine/test_corpus.py
"""

import os
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, execute, get_operation_ast, parse, validate
from graphql.execution.values import get_variable_values

from engine.operations import Operations
from hub import graphql_errors
from hub.context import RequestContext
from hub.graphql_request import GraphQLRequest, OperationKind
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from schema import build_schema
from tests.conftest import STAFF, as_sent
from tests.engine import corpus_files
from tests.engine.corpus_files import Run, behaviours, comparable, document_of, runs_of, without_further_errors, written
from tests.engine.generator import RULES

SCHEMA = build_schema()

NOW = datetime(2026, 4, 1, tzinfo=UTC)

VIEWERS = {
    "staff": STAFF,
    "person": Viewer(ViewerKind.PERSON, "山田 花子", partner_id=1, member_id=1),
    "crm": Viewer(ViewerKind.CRM, "CRM", partner_id=1),
    "reporting": Viewer(ViewerKind.REPORTING, "Reports"),
}

pytestmark = [
    # Where a sibling fails at once, graphql-core drops the other fields' coroutines without awaiting them.
    pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def context_of(runtime: Runtime, run: Run) -> RequestContext:
    """A request of the run's viewer, always on the same day."""
    context = runtime.context(VIEWERS[run.viewer])
    context.now = NOW
    return context


async def by_graphql_core(runtime: Runtime, text: str, run: Run) -> dict[str, Any]:
    """The answer of graphql-core, from the document's text on."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return refused([error], executed=False)
    invalid = validate(SCHEMA._schema, document, RULES)
    if invalid:
        return refused(invalid, executed=False)
    operation = get_operation_ast(document, run.operation_name)
    assert operation is not None
    variables = get_variable_values(SCHEMA._schema, operation.variable_definitions or (), run.variables or {})
    if isinstance(variables, list):
        return refused(variables, executed=True)
    result = execute(
        SCHEMA._schema,
        document,
        context_value=context_of(runtime, run),
        variable_values=run.variables,
        operation_name=run.operation_name,
    )
    if isawaitable(result):
        result = await result
    return {"errors": [graphql_errors.present(error, executed=True) for error in result.errors or []], "data": result.data}


def refused(errors: list[GraphQLError], *, executed: bool) -> dict[str, Any]:
    """The answer of an operation that did not run."""
    return {"errors": [graphql_errors.present(error, executed=executed) for error in errors]}


def test_every_file_has_its_comment_and_its_runs() -> None:
    found = behaviours()
    assert len(found) >= 40
    assert {path.stem for path in corpus_files.DIRECTORY.glob("*.json")} == set(found)
    assert [name for name in found if not document_of(name).startswith("# ")] == []
    assert [name for name in found if not runs_of(name)] == []


@pytest.mark.parametrize("behaviour", behaviours())
async def test_the_answer_is_the_stored_one(world_runtime: Runtime, behaviour: str) -> None:
    text, runs = document_of(behaviour), runs_of(behaviour)
    if os.environ.get("CORPUS_WRITE") and any(run.answer is None for run in runs):
        corpus_files.keep(behaviour, [comparable(await by_graphql_core(world_runtime, text, run)) for run in runs])
        pytest.fail(f"{behaviour}: the answers were written; read them, and run again")
    operations = Operations(SCHEMA, world_runtime.settings)
    for run in runs:
        assert run.answer is not None, f"{behaviour}: an answer is missing"
        expected = written(run.answer)
        assert written(comparable(await by_graphql_core(world_runtime, text, run))) == expected
        asked = GraphQLRequest(text, run.variables, run.operation_name)
        for _ in range(2):  # From a plan just made, and from the one that was kept.
            outcome = await operations.run(asked, context_of(world_runtime, run), allowed=frozenset(OperationKind))
            found = comparable(as_sent(outcome.answer))
            assert written(without_further_errors(found, run.answer)) == expected
