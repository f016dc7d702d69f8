"""The full matrix: each kind of viewer, each type and edge, each way to reach it, held to the oracle's exact answer."""

import pytest

from hub.viewer import Viewer
from tests.conftest import Ask
from tests.visibility.checks import checks
from tests.visibility.graph import differences, settled
from tests.visibility.oracle import Sight
from tests.visibility.viewers import VIEWERS, label
from tests.visibility.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("viewer", VIEWERS, ids=label)
async def test_each_viewer_sees_exactly_what_the_oracle_says(ask_world: Ask, world: World, viewer: Viewer) -> None:
    wrong: list[str] = []
    for check in checks(Sight(world, viewer)):
        answer = await ask_world(check.query, viewer=viewer, **check.variables)
        assert answer.errors == [], check.query
        wrong += [f"{check.query[:200]}\n    {found}" for found in differences(settled(answer.data), check.answer)]
    assert not wrong, "\n".join(wrong[:20])
