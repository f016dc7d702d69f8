"""Pages of what a viewer sees: each step in either direction is exact, and a cursor of a row that is hidden tells nothing."""

from typing import Any

import pytest

from hub.viewer import Viewer
from tests.conftest import Ask
from tests.visibility.graph import PAGE, connections_of_query, key_field, key_of
from tests.visibility.oracle import Sight
from tests.visibility.pages import PAGED, PAGERS, STEPS, ordered, window
from tests.visibility.viewers import STAFF, label
from tests.visibility.world import Row, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("viewer", PAGERS, ids=label)
async def test_a_viewer_pages_through_what_it_sees_from_any_place(ask_world: Ask, world: World, viewer: Viewer) -> None:
    sight = Sight(world, viewer)
    for name in PAGED:
        every, seen = ordered(Sight(world, STAFF), name), ordered(sight, name)
        cursors = await _cursors(ask_world, STAFF, name)
        own = await _cursors(ask_world, viewer, name)
        assert list(own) == [_key(name, row) for row in seen], name
        places = {**cursors, **own}
        steps = {}
        for index, row in enumerate(every):
            place, rest = places[_key(name, row)], every[index + 1 :]
            before, after = [item for item in every[:index] if item in seen], [item for item in rest if item in seen]
            steps[window(name, f'first: 1, after: "{place}"')] = _step(
                name, own, after[:1], more=[bool(before) or row in seen, len(after) > 1], total=len(seen)
            )
            steps[window(name, f'last: 1, before: "{place}"')] = _step(
                name, own, before[-1:], more=[len(before) > 1, bool(after) or row in seen], total=len(seen)
            )
        calls = list(steps.items())
        for start in range(0, len(calls), STEPS):
            some = {f"a{index}": call for index, call in enumerate(calls[start : start + STEPS])}
            query = "{ " + " ".join(f"{alias}: {text}" for alias, (text, _) in some.items()) + " }"
            answer = await ask_world(query, viewer=viewer)
            assert answer.errors == []
            assert answer.data == {alias: expected for alias, (_, expected) in some.items()}, name


async def _cursors(ask: Ask, viewer: Viewer, name: str) -> dict[str, str]:
    """The cursor of each key that a viewer sees, in order."""
    answer = await ask(f"{{ page: {window(name, f'first: {PAGE}')} }}", viewer=viewer)
    assert answer.errors == []
    return {next(iter(edge["node"].values())): edge["cursor"] for edge in answer.data["page"]["edges"]}


def _key(name: str, row: Row) -> str:
    return key_of(connections_of_query()[name.split(" ")[0]], row)


def _step(name: str, cursors: dict[str, str], rows: list[Row], *, more: list[bool], total: int) -> dict[str, Any]:
    """A page of these rows."""
    field = key_field(connections_of_query()[name.split(" ")[0]])
    keys = [_key(name, row) for row in rows]
    ends = cursors[keys[0]] if keys else None
    return {
        "edges": [{"cursor": cursors[key], "node": {field: key}} for key in keys],
        "totalCount": total,
        "pageInfo": {"hasNextPage": more[1], "hasPreviousPage": more[0], "startCursor": ends, "endCursor": ends},
    }
