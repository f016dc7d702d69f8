"""Generated operations: the engine answers what graphql-core's executor answers, for every kind of viewer."""

import os

import pytest
from graphql import parse

from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from schema import build_schema
from tests.conftest import STAFF
from tests.engine.generator import make
from tests.engine.reference import by_engine, by_graphql_core, difference

SCHEMA = build_schema()

OPERATIONS_A_SEED = 50
SEEDS = range(int(os.environ.get("ENGINE_SEEDS", "24")))
VIEWERS = [STAFF, Viewer(ViewerKind.CRM, "CRM", partner_id=1), Viewer(ViewerKind.REPORTING, "Reports")]


# Where a sibling fails at once, graphql-core drops the other fields' coroutines without awaiting them.
@pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_engine_answers_what_graphql_core_answers(runtime: Runtime, seed: int) -> None:
    for number in range(OPERATIONS_A_SEED):
        operation = make(SCHEMA._schema, seed * OPERATIONS_A_SEED + number)
        document = parse(operation.text)
        viewer = VIEWERS[number % len(VIEWERS)]
        contexts = [runtime.context(viewer) for _ in range(2)]
        contexts[1].now = contexts[0].now
        reference = await by_graphql_core(SCHEMA, document, operation.variables, contexts[0])
        ours = await by_engine(SCHEMA, document, operation.variables, contexts[1])
        found = difference(reference, ours)
        assert found is None, f"seed {operation.seed}\n{operation.text}\n{operation.variables}\n{found}"
