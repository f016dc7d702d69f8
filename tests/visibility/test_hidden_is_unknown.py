"""What may not be seen is answered byte for byte as what does not exist, by the same reads with as many rows."""

import json

import pytest

from hub.viewer import Viewer
from tests.conftest import Answer, Ask
from tests.visibility.hidden import pairs
from tests.visibility.oracle import Sight
from tests.visibility.viewers import VIEWERS, label
from tests.visibility.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("viewer", VIEWERS, ids=label)
async def test_the_answer_for_what_is_hidden_is_that_for_what_is_not_there(
    ask_world: Ask, world: World, viewer: Viewer
) -> None:
    for pair in pairs(Sight(world, viewer)):
        unknown = await ask_world(pair.query, viewer=viewer, **pair.unknown)
        assert unknown.errors == []
        for variables in pair.hidden:
            hidden = await ask_world(pair.query, viewer=viewer, **variables)
            assert _bytes(hidden) == _bytes(unknown), (pair, variables)
            assert _reads(hidden) == _reads(unknown), (pair, variables)


def _bytes(answer: Answer) -> bytes:
    return json.dumps({"data": answer.data, "errors": answer.errors}).encode()


def _reads(answer: Answer) -> list[tuple[str, str, int, int]]:
    assert all(read.rows is not None for read in answer.reads)
    return sorted((read.source, read.query, read.keys, read.rows or 0) for read in answer.reads)
