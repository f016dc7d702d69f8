"""Generated operations: the engine answers what graphql-core's executor answers, for every kind of viewer."""

import os

import pytest
from graphql import validate

from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from schema import build_schema
from tests.conftest import STAFF
from tests.engine.coverage import asked, coordinates
from tests.engine.generator import MOMENTARY, RULES, make
from tests.engine.reference import by_engine, by_graphql_core, difference

SCHEMA = build_schema()

OPERATIONS_A_SEED = 50
SEEDS = range(int(os.environ.get("ENGINE_SEEDS", "24")))
ENOUGH_TO_REACH_EVERYTHING = 1200
VIEWERS = [STAFF, Viewer(ViewerKind.CRM, "CRM", partner_id=1), Viewer(ViewerKind.REPORTING, "Reports")]


# Where a sibling fails at once, graphql-core drops the other fields' coroutines without awaiting them.
@pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_engine_answers_what_graphql_core_answers(runtime: Runtime, seed: int) -> None:
    for number in range(OPERATIONS_A_SEED):
        operation = make(SCHEMA._schema, seed * OPERATIONS_A_SEED + number)
        viewer = VIEWERS[number % len(VIEWERS)]
        contexts = [runtime.context(viewer) for _ in range(2)]
        contexts[1].now = contexts[0].now
        try:
            reference = await by_graphql_core(SCHEMA, operation.document, operation.variables, contexts[0])
            ours = await by_engine(SCHEMA, operation.document, operation.variables, contexts[1])
            assert difference(reference, ours) is None
        except BaseException as error:
            error.add_note(str(operation))
            raise


def test_the_operations_are_valid_and_reach_everything_that_the_schema_has() -> None:
    missing = coordinates(SCHEMA._schema) - MOMENTARY
    for seed in range(ENOUGH_TO_REACH_EVERYTHING):
        document = make(SCHEMA._schema, seed).document
        assert validate(SCHEMA._schema, document, RULES) == [], f"seed {seed}"
        missing -= set(asked(SCHEMA._schema, [document]))
        if not missing:
            break
    assert missing == set()
