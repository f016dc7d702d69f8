"""Groups: what one answer serves, and what it is read with, whoever and however many they are that are given it."""

from collections import Counter
from typing import Any

import pytest

from engine.subscriptions import Program
from hub.context import RequestContext
from hub.source import Source
from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF
from tests.subscriptions.street import IDS, RICH, VERSIONS, Street, crm, engagement, settled


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Viewer | None, int]]:
    """Every run of the engine: for which viewer, None where it is the same for all, and for how many events."""
    found: list[tuple[Viewer | None, int]] = []
    answers, at_once = Program.answers, Program.answers_at_once

    async def counted(self: Program, rows: Any, context: RequestContext) -> Any:
        found.append((context.viewer, len(rows)))
        return await answers(self, rows, context)

    def counted_at_once(self: Program, rows: Any, context: Any) -> Any:
        found.append((None, len(rows)))
        return at_once(self, rows, context)

    monkeypatch.setattr(Program, "answers", counted)
    monkeypatch.setattr(Program, "answers_at_once", counted_at_once)
    return found


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every read of a source by name, and how often it was sent."""
    found: Counter[str] = Counter()
    fetch = Source.fetch

    async def counted(self: Source, name: str, *arguments: Any, **options: Any) -> Any:
        found[name] += 1
        return await fetch(self, name, *arguments, **options)

    monkeypatch.setattr(Source, "fetch", counted)
    return found


async def test_an_event_is_run_once_for_a_group_and_reads_what_one_subscriber_reads(
    street: Street, runs: list[tuple[Viewer | None, int]], queries: Counter[str]
) -> None:
    taken = []
    for count in (1, 50):
        async with street.server.initialised(crm(1)) as socket:
            sockets = [socket]
            others = [street.server.initialised(crm(1)) for _ in range(count - 1)]
            sockets += [await other.__aenter__() for other in others]
            for each in sockets:
                await each.ask("1", RICH)
                await settled(each)
            runs.clear()
            await street.change(1)
            frames = {await each.connection.recv() for each in sockets}
            assert len(frames) == 1, "the same bytes go to all"
            assert len(runs) == 1
            queries.clear()
            await street.change(1)
            frames = {await each.connection.recv() for each in sockets}
            assert len(frames) == 1
            taken.append(dict(queries))
            for other in others:
                await other.__aexit__(None, None, None)
    assert taken[0] == taken[1]


async def test_what_differs_in_the_answer_is_another_group(street: Street, runs: list[tuple[Viewer | None, int]]) -> None:
    scoped = Viewer(ViewerKind.CRM, "other", partner_id=1, scopes=("partner", "read", "events"))
    async with (
        street.following(RICH, viewer=STAFF) as staff,
        street.following(RICH, viewer=crm(1)) as first,
        street.following(RICH, viewer=Viewer(ViewerKind.CRM, "same firm", partner_id=1)) as same,
        street.following(RICH, viewer=scoped) as other,
        street.following(RICH, viewer=crm(2)),
        street.following(f"{RICH} ", viewer=crm(1)) as text,
        street.following(RICH, viewer=crm(1), filter={"regions": ["JP-13"]}) as region,
        street.following(RICH, viewer=crm(1), filter={"regions": ["JP-27"]}),
    ):
        await street.change(1)
        for follower in (staff, first, same, other, text, region):
            await follower.events(1)
        # For firm 2, and for the other region, nothing is run; the two CRMs of firm 1 are one group.
        assert sorted(count for _, count in runs) == [1] * 5


async def test_what_is_the_same_for_all_is_run_once_for_all_firms(
    street: Street, runs: list[tuple[Viewer | None, int]], queries: Counter[str]
) -> None:
    async with (
        street.following(IDS, viewer=crm(1)) as first,
        street.following(IDS, viewer=crm(9)) as second,
        street.following(IDS, viewer=crm(1), filter={"regions": ["JP-13"]}) as third,
        street.following(IDS, viewer=crm(2)) as stranger,
    ):
        event_id = await street.change(1, "HANDOFF_OFFERED", handoff=1, partners=(1, 9))
        for follower in (first, second, third):
            assert await follower.ids(1) == [event_id]
        await stranger.nothing()
        assert runs == [(None, 1)]
        assert queries["event_seers"] == 0, "who sees it was read with it"


async def test_what_several_firms_read_of_an_event_is_read_in_one_query(street: Street, queries: Counter[str]) -> None:
    text = VERSIONS % "engagementId engagement { title client { name } }"
    async with (
        street.following(text, viewer=crm(1)) as lead,
        street.following(text, viewer=crm(9)) as offered,
        street.following(text, viewer=crm(1), filter={"regions": ["JP-13"]}) as region,
    ):
        await street.change(1, handoff=1, partners=(1, 9))
        in_full = {"engagementId": engagement(1), "engagement": {"title": "title 1", "client": {"name": "client 1"}}}
        as_offer = {"engagementId": engagement(1), "engagement": {"title": None, "client": None}}
        for follower, expected in ((lead, in_full), (offered, as_offer), (region, in_full)):
            assert await follower.events(1) == [expected]
    assert queries["engagements"] == 1


async def test_events_of_one_batch_are_run_together(street: Street, runs: list[tuple[Viewer | None, int]]) -> None:
    async with street.following() as follower:
        async with street.connection.transaction():
            ids = [await street.change(1) for _ in range(20)]
        assert await follower.ids(20) == ids
    assert runs == [(None, 20)]
