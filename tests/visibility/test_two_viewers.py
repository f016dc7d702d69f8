"""What is read for one viewer never reaches another: many at once on one pool and one cache; and sight changes at once."""

import asyncio
import random
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from hub.viewer import Viewer
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Ask, Dsns, asker, running, settings_for
from tests.plain_sql import execute
from tests.visibility.checks import Check, events_after, in_order, objects_by_nodes, whole_connections
from tests.visibility.graph import PAGE, connections_of_query, differences, expected_page, page_selection, settled
from tests.visibility.oracle import Sight
from tests.visibility.viewers import CRMS, PERSONS, REPORTING, STAFF, label
from tests.visibility.world import ADVISORS, Firm, World

MIXED = [
    STAFF,
    REPORTING,
    PERSONS[Firm.ADVISOR],
    PERSONS[Firm.OFFERED],
    CRMS[Firm.SEES_AND_OFFERED],
    CRMS[Firm.STRANGER],
    CRMS[Firm.SCHOOL],
]


@pytest.mark.parametrize("pool_size", [1, 4])
async def test_viewers_at_once_each_get_their_own_answers(
    world: World, world_dsns: Dsns, tmp_path: Path, pool_size: int
) -> None:
    settings = settings_for(world_dsns, tmp_path, pool_size=pool_size, acquire_timeout_seconds=60, **UNLIMITED)
    asked = [
        (viewer, check)
        for viewer, sight in ((viewer, Sight(world, viewer)) for viewer in MIXED)
        for check in chain(whole_connections(sight), objects_by_nodes(sight, 0))
    ]
    order = random.Random(pool_size)
    async with running(settings) as runtime:
        ask = asker(runtime)
        for _ in range(2):
            order.shuffle(asked)
            for start in range(0, len(asked), 40):
                await asyncio.gather(*(_holds(ask, viewer, check) for viewer, check in asked[start : start + 40]))


async def test_two_viewers_by_turns_through_one_connection(world: World, world_dsns: Dsns, tmp_path: Path) -> None:
    settings = settings_for(world_dsns, tmp_path, pool_size=1, acquire_timeout_seconds=60, **UNLIMITED)
    query = "{ engagements(first: 50) { nodes { id title client { name } } } posts(first: 50) { nodes { id } } }"

    async with running(settings) as runtime:
        ask = asker(runtime)
        viewers = PERSONS[Firm.ADVISOR], PERSONS[Firm.OFFERED]
        alone = [(await ask(query, viewer=viewer)).data for viewer in viewers]
        assert alone[0] != alone[1]
        for _ in range(50):
            together = await asyncio.gather(*(ask(query, viewer=viewer) for viewer in viewers))
            assert [answer.data for answer in together] == alone
            assert [answer.errors for answer in together] == [[], []]


def _declined(world: World) -> None:
    world.one("engagements.handoff", 5).update(status="DECLINED", responded_at=world.now, decline_reason="OTHER")


def _withdrawn(world: World) -> None:
    world.one("engagements.handoff", 17).update(status="WITHDRAWN", responded_at=world.now)


def _lapsed(world: World) -> None:
    world.one("engagements.handoff", 10)["respond_by"] = world.days(-0.001)


def _accepted(world: World) -> None:
    world.one("engagements.handoff", 18).update(status="ACCEPTED", responded_at=world.now)
    world.one("engagements.engagement", 14).update(lead_partner_id=Firm.OFFERED.value, phase="DEPLOYMENT", version=2)
    (first,) = world.where("engagements.assignment", engagement_id=14)
    first["ended_at"] = world.now
    world["engagements.assignment"].append({
        **first, "position": 2, "phase": "DEPLOYMENT", "partner_id": Firm.OFFERED.value,
        "started_at": world.now, "ended_at": None,
    })  # fmt: skip


def _lead_revoked(world: World) -> None:
    (led,) = world.where("engagements.assignment", engagement_id=9, partner_id=Firm.PAST_LEAD)
    led["partner_id"] = Firm.ADVISOR.value


def _advisor_changed(world: World) -> None:
    world.one("engagements.client", 4)["advisor_id"] = Firm.STRANGER.value


def _left_association(world: World) -> None:
    world["directory.membership"].remove({"partner_id": Firm.MEMBER, "association_id": ADVISORS})


def _course_taken_over(world: World) -> None:
    world.one("trainings.course", 1)["provider_id"] = Firm.STRANGER.value


def _post_narrowed(world: World) -> None:
    world.one("community.post", 2)["visibility"] = "ENGAGEMENT"


CHANGES: list[tuple[Callable[[World], None], Firm, SourceName]] = [
    (_declined, Firm.OFFERED, SourceName.ENGAGEMENTS),
    (_withdrawn, Firm.SCHOOL, SourceName.ENGAGEMENTS),
    (_lapsed, Firm.SEES_AND_OFFERED, SourceName.ENGAGEMENTS),
    (_accepted, Firm.OFFERED, SourceName.ENGAGEMENTS),
    (_lead_revoked, Firm.PAST_LEAD, SourceName.ENGAGEMENTS),
    (_advisor_changed, Firm.NEW_ADVISOR, SourceName.ENGAGEMENTS),
    (_left_association, Firm.MEMBER, SourceName.DIRECTORY),
    (_course_taken_over, Firm.SCHOOL, SourceName.TRAININGS),
    (_post_narrowed, Firm.STRANGER, SourceName.COMMUNITY),
]


async def test_sight_changes_with_the_next_request(source_dsns: Dsns, tmp_path: Path) -> None:
    world = World()
    await world.write(source_dsns)
    async with running(settings_for(source_dsns, tmp_path, **UNLIMITED)) as runtime:
        ask = asker(runtime)
        for change, firm, source in CHANGES:
            before = await _seen(ask, world, PERSONS[firm])
            change(world)
            await _rewrite(world, source_dsns, source)
            assert await _seen(ask, world, PERSONS[firm]) != before, change
            for viewer in (CRMS[firm], CRMS[Firm.STRANGER], PERSONS[Firm.ADVISOR], STAFF):
                await _seen(ask, world, viewer)


async def _holds(ask: Ask, viewer: Viewer, check: Check) -> None:
    answer = await ask(check.query, viewer=viewer, **check.variables)
    assert answer.errors == [], check.query
    assert list(differences(settled(answer.data), check.answer)) == [], (label(viewer), check.query)


async def _seen(ask: Ask, world: World, viewer: Viewer) -> list[Any]:
    """All that the viewer sees of what the rules hide, checked against the oracle of this moment.

    Without firms: of these, and courses, the cache may hold what was before until the notice of the change comes.
    """
    sight = Sight(world, viewer)
    found = []
    for name, type_name in connections_of_query().items():
        if name not in ("partners", "courses"):
            check = Check(f"{{ {name}(first: {PAGE}) {{ {page_selection(type_name, 0)} }} }}", {})
            check.answer[name] = expected_page(sight, type_name, in_order(sight, name), 0, name, check.cells)
            await _holds(ask, viewer, check)
            found.append(check.answer)
    for check in events_after(sight):
        await _holds(ask, viewer, check)
        found.append(check.answer)
    for check in objects_by_nodes(sight, 0):
        if "... on Partner " not in check.query and "... on Course " not in check.query:
            await _holds(ask, viewer, check)
            found.append(check.answer)
    return found


async def _rewrite(world: World, dsns: Dsns, source: SourceName) -> None:
    """Write a source's rows anew, past the hub."""
    names = ", ".join(sorted(table for table in world.tables if table.startswith(f"{source.value}.")))
    await execute(dsns, source, f"TRUNCATE {names} CASCADE")
    await world.write({source: dsns[source]})
