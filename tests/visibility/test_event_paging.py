"""Every viewer pages through the events that it sees, from anywhere, however many of them are hidden from it."""

import pytest

from hub.viewer import Viewer
from tests.conftest import Ask
from tests.visibility import events
from tests.visibility.oracle import Sight
from tests.visibility.places import visible
from tests.visibility.viewers import VIEWERS, label
from tests.visibility.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = """query($first: Int, $after: String) {
    handoffEvents(first: $first, after: $after) { events { id cursor } endCursor hasMore } }"""


@pytest.mark.parametrize("viewer", VIEWERS, ids=label)
async def test_pages_of_any_size_give_what_shows_once_and_end_where_the_log_does(
    ask_world: Ask, world: World, viewer: Viewer
) -> None:
    rows = visible(Sight(world, viewer), "HandoffEvent", by="position")
    last = len(world[events.TABLE])
    for first in (1, 3, 100):
        found, after, more = [], events.cursor(0), True
        while more:
            answer = await ask_world(QUERY, viewer=viewer, first=first, after=after)
            assert answer.errors == []
            page = answer.data["handoffEvents"]
            assert len(page["events"]) <= first
            found += page["events"]
            after, more = page["endCursor"], page["hasMore"]
        assert found == [{"id": row["event_id"], "cursor": events.cursor(row["position"])} for row in rows]
        assert after == events.cursor(last)
    for place in range(0, last + 1, 5):
        answer = await ask_world(QUERY, viewer=viewer, first=2, after=events.cursor(place))
        beyond = [row for row in rows if row["position"] > place]
        end = beyond[1]["position"] if len(beyond) > 2 else last
        assert answer.data["handoffEvents"] == {
            "events": [{"id": row["event_id"], "cursor": events.cursor(row["position"])} for row in beyond[:2]],
            "endCursor": events.cursor(end),
            "hasMore": end < last,
        }
    now = await ask_world(QUERY, viewer=viewer)
    assert now.data["handoffEvents"] == {"events": [], "endCursor": events.cursor(last), "hasMore": False}
