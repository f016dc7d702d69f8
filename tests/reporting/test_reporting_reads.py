"""The reporting tool reads over connections of its own, within bounds of its own, from replicas where there are any."""

import asyncio
from pathlib import Path

import pytest

from hub.errors import SetupError, SourceTimeout, SourceUnavailable
from hub.settings import load_settings
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, Dsns, Servers, asker, make_databases, running, settings_for, until
from tests.miniature import execute, fill

REPORTING = Viewer(ViewerKind.REPORTING, "Reports")
QUESTION = "{ engagementStats(groupBy: [PHASE]) { phase engagements } partners { nodes { name } } }"
MINIATURE = {
    "engagementStats": [{"phase": "AWARENESS", "engagements": 1}],
    "partners": {"nodes": [{"name": "山田会計"}, {"name": "鈴木システム"}]},
}


async def test_a_reporting_tool_that_uses_up_its_connections_keeps_nobody_else_waiting(
    source_dsns: dict[SourceName, str], tmp_path: Path
) -> None:
    settings = settings_for(source_dsns, tmp_path, pool_size=1, reporting_pool_size=1, reporting_acquire_timeout_seconds=0.2)
    async with running(settings) as runtime:
        mine, others = (runtime.sources_of(viewer)[SourceName.ENGAGEMENTS] for viewer in (REPORTING, STAFF))
        slow = [asyncio.create_task(mine.fetch("slow", "SELECT pg_sleep(1)", [])) for _ in range(2)]
        await asyncio.sleep(0)
        assert [row[0] for row in await others.fetch("quick", "SELECT 1", [])] == [1]
        assert not any(task.done() for task in slow)
        results = await asyncio.gather(*slow, return_exceptions=True)
        (refused,) = [result for result in results if isinstance(result, BaseException)]
        assert isinstance(refused, SourceUnavailable)
        assert str(refused) == "The source engagements is busy; try again shortly."


async def test_its_reads_may_take_longer_and_are_told_apart_when_they_take_too_long(
    source_dsns: dict[SourceName, str], tmp_path: Path
) -> None:
    settings = settings_for(source_dsns, tmp_path, statement_timeout_seconds=0.1, reporting_statement_timeout_seconds=0.4)
    assert (settings.request_timeout_seconds, settings.reporting.request_timeout_seconds) == (15, 90)
    async with running(settings) as runtime:
        for viewer, seconds in ((STAFF, 0.25), (REPORTING, 5)):
            with pytest.raises(SourceTimeout) as caught:
                await runtime.sources_of(viewer)[SourceName.COMMUNITY].fetch("slow", "SELECT pg_sleep($1)", [seconds])
            assert caught.value.extensions == {"code": "SOURCE_TIMEOUT", "source": "community", "query": "slow"}
        source = runtime.sources_of(REPORTING)[SourceName.COMMUNITY]
        assert len(await source.fetch("slow", "SELECT pg_sleep($1)", [0.25])) == 1
        assert runtime.request_timeout_seconds(REPORTING) == 90
        assert runtime.request_timeout_seconds(STAFF) == 15


async def test_a_figure_that_takes_too_long_names_its_source_and_query(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, reporting_statement_timeout_seconds=0.001)) as runtime:
        answer = await asker(runtime)(
            "{ engagementStats(groupBy: [SYMPTOM], top: 2) { clients medianDaysOpen } }", viewer=REPORTING
        )
    assert answer.data == {"engagementStats": None}
    assert answer.error["message"] == (
        "The source engagements took too long over engagement_figures; ask for fewer rows or a narrower filter."
    )
    assert answer.error["extensions"] == {
        "code": "SOURCE_TIMEOUT", "source": "engagements", "query": "engagement_figures",
    }  # fmt: skip


@pytest.fixture
def replicas(own_servers: Servers) -> tuple[dict[SourceName, str], dict[SourceName, str]]:
    """Five databases that hold the miniature on one server, and copies of two of them on the other."""
    primary = make_databases(Servers(own_servers.first, own_servers.first), "primary")
    copies = make_databases(Servers(own_servers.second, own_servers.second), "copy")
    fill(primary)
    fill(copies)
    return primary, {source: copies[source] for source in (SourceName.ENGAGEMENTS, SourceName.DIRECTORY)}


async def test_it_reads_replicas_where_there_are_any_and_leaves_nothing_of_them_to_others(
    own_servers: Servers, replicas: tuple[dict[SourceName, str], dict[SourceName, str]], tmp_path: Path
) -> None:
    primary, copies = replicas
    settings = settings_for(primary, tmp_path, **{f"{source.value}_replica_dsn": dsn for source, dsn in copies.items()})
    async with running(settings) as runtime:
        ask = asker(runtime)
        assert [(await ask(QUESTION, viewer=viewer)).data for viewer in (STAFF, REPORTING)] == [MINIATURE, MINIATURE]

        # A replica that lags behind: it is not to be seen by those who read the primary, nor they by it.
        await execute(copies[SourceName.ENGAGEMENTS], "DELETE FROM engagements.engagement")
        await execute(copies[SourceName.DIRECTORY], "UPDATE directory.partner SET name = 'replica' WHERE id = 2")
        by_id = '{ partner(by: {id: "UGFydG5lcjoy"}) { name } engagementStats(groupBy: []) { engagements } }'
        for _ in range(2):
            answers = [await ask(by_id, viewer=viewer) for viewer in (REPORTING, STAFF, REPORTING)]
            assert [answer.data["partner"]["name"] for answer in answers] == ["replica", "鈴木システム", "replica"]
            assert [answer.data["engagementStats"][0]["engagements"] for answer in answers] == [0, 1, 0]

        # Without the replica there is nothing for the reporting tool, and all for the others.
        await asyncio.to_thread(own_servers.second.stop)
        assert (await ask(QUESTION)).data == MINIATURE
        refused = await ask(QUESTION, viewer=REPORTING)
        assert refused.data == {"engagementStats": None, "partners": None}
        assert {error["extensions"]["source"] for error in refused.errors} == {"engagements", "directory"}

        async def back() -> bool:
            return not (await ask(QUESTION, viewer=REPORTING)).errors

        await asyncio.to_thread(own_servers.second.start)
        await until(back)


def test_a_statement_of_it_times_out_before_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_REPORTING_STATEMENT_TIMEOUT_SECONDS", "90")
    with pytest.raises(SetupError, match=r"HUB_REPORTING_REQUEST_TIMEOUT_SECONDS: .*HUB_REPORTING_STATEMENT_TIMEOUT_SECONDS"):
        load_settings()
