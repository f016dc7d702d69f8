"""The policy's rule of events the other way round, which many subscribers are judged by at once, says what the rule says."""

from events.reads import Reader, connect, split
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
    asked = {"position_ids": positions}
    query = SEERS.render(ViewerKind.STAFF, asked)
    first, last = min(positions), max(positions)
    connection = await connect(world_dsns[SourceName.ENGAGEMENTS])
    try:
        rows = await connection.fetch(query.text, *query.arguments(asked))
        _, records = split(await Reader(connection).read(first - 1, judged=True))
        _, unjudged = split(await Reader(connection).read(first - 1, judged=False))
    finally:
        await connection.close()
    assert [record._replace(seers=None) for record in records] == unjudged
    assert [record.position for record in records] == list(range(first, last + 1)) == sorted(positions)
    found = {row["position"]: set(row["partner_ids"]) - {None} for row in rows}
    assert found == {record.position: set(record.seers or ()) - {None} for record in records}, "judged as they are read"
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
