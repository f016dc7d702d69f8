"""The policy's rule of events the other way round, which many subscribers are judged by at once, says what the rule says."""

import asyncpg

from events.sight import SEERS
from hub.policy import needs_seers
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Dsns
from tests.visibility import events
from tests.visibility.oracle import Sight
from tests.visibility.viewers import VIEWERS
from tests.visibility.world import Firm, World


async def test_the_firms_that_see_each_event_are_those_of_the_oracle(world: World, world_dsns: Dsns) -> None:
    positions = [row["position"] for row in world[events.TABLE]]
    values = {"position_ids": positions}
    query = SEERS.render(ViewerKind.STAFF, values)
    connection = await asyncpg.connect(world_dsns[SourceName.ENGAGEMENTS])
    try:
        rows = await connection.fetch(query.text, *query.arguments(values))
    finally:
        await connection.close()
    found = {row["position"]: set(row["partner_ids"]) - {None} for row in rows}
    sights = {firm: Sight(world, Viewer(ViewerKind.CRM, "CRM", partner_id=firm)) for firm in Firm}
    expected = {
        row["position"]: {firm for firm, sight in sights.items() if sight.sees(events.TABLE, row)}
        for row in world[events.TABLE]
    }
    assert {position: found[position] & set(Firm) for position in positions} == expected
    assert len(set(map(frozenset, expected.values()))) > 5, "the events are seen by different firms"


async def test_whoever_is_not_judged_sees_every_event(world: World) -> None:
    for viewer in VIEWERS:
        sees_all = all(Sight(world, viewer).sees(events.TABLE, row) for row in world[events.TABLE])
        assert needs_seers(viewer) or sees_all
        assert needs_seers(viewer) is (viewer.partner_id is not None or viewer.kind in (ViewerKind.PERSON, ViewerKind.CRM))
