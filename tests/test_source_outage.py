"""One source down is one field null: really stopped, really killed, really hung servers."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from hub.errors import SourceTimeout, SourceUnavailable
from hub.postgres.cluster import cluster_path
from hub.postgres.processes import cluster_processes
from hub.runtime import Runtime
from hub.vocabulary import SourceName, SourceState
from tests.conftest import Answer, Servers, asker, make_databases, running, settings_for, until
from tests.miniature import fill

ALL_FIVE = """{
    partners { nodes { name certifications { level } } }
    engagements { nodes { title enrollments { nodes { attendee } } posts { nodes { title } } } }
    courses { nodes { title } }
    posts { nodes { title } }
}"""

WHOLE = {
    "partners": {
        "nodes": [{"name": "山田会計", "certifications": [{"level": "GOLD"}]}, {"name": "鈴木システム", "certifications": []}]
    },
    "engagements": {
        "nodes": [
            {
                "title": "帳簿の電子化",
                "enrollments": {"nodes": [{"attendee": "田中 一郎"}]},
                "posts": {"nodes": [{"title": "はじめまして"}]},
            }
        ]
    },
    "courses": {"nodes": [{"title": "表計算の初歩"}]},
    "posts": {"nodes": [{"title": "はじめまして"}]},
}

WITHOUT_SECOND_SERVER = {
    **WHOLE,
    "engagements": {"nodes": [{"title": "帳簿の電子化", "enrollments": None, "posts": None}]},
    "courses": None,
    "posts": None,
}

MISSING = {
    ("trainings", "engagements", "nodes", 0, "enrollments", "nodes"),
    ("community", "engagements", "nodes", 0, "posts", "nodes"),
    ("trainings", "courses", "nodes"),
    ("community", "posts", "nodes"),
}


@pytest.fixture
def miniature(own_servers: Servers) -> dict[SourceName, str]:
    """The miniature on two servers of the test's own."""
    dsns = make_databases(own_servers, "own")
    fill(dsns)
    return dsns


def missing(answer: Answer) -> set[tuple[str | int, ...]]:
    """Each error's source and path; every one must be SOURCE_UNAVAILABLE."""
    assert {error["extensions"]["code"] for error in answer.errors} <= {"SOURCE_UNAVAILABLE"}
    return {(error["extensions"]["source"], *error["path"]) for error in answer.errors}


async def whole(runtime: Runtime) -> bool:
    """Whether all five answer again."""
    answer = await asker(runtime)(ALL_FIVE)
    return bool(answer.data == WHOLE and not answer.errors)


@pytest.mark.parametrize("way", ["stop", "kill"])
async def test_sources_that_are_down_are_null_and_named_and_come_back_by_themselves(
    own_servers: Servers, miniature: dict[SourceName, str], tmp_path: Path, way: str
) -> None:
    async with running(settings_for(miniature, tmp_path)) as runtime:
        ask = asker(runtime)
        assert await whole(runtime)

        await asyncio.to_thread(getattr(own_servers.second, way))
        started = time.perf_counter()
        answer = await ask(ALL_FIVE)
        waited_seconds = time.perf_counter() - started
        assert answer.data == WITHOUT_SECOND_SERVER
        assert missing(answer) == MISSING
        assert waited_seconds < runtime.settings.acquire_timeout_seconds, "nobody waits for a server that is gone"

        await until(lambda: _is(runtime, SourceName.TRAININGS, SourceState.DOWN))
        states = (await ask("{ sources { name state latencyMs } }")).data["sources"]
        assert {source["name"]: source["state"] for source in states} == {
            "directory": "UP",
            "certifications": "UP",
            "engagements": "UP",
            "trainings": "DOWN",
            "community": "DOWN",
        }
        refused = await ask("{ courses { nodes { title } } }")
        assert refused.data == {"courses": None}
        assert refused.reads == []

        await asyncio.to_thread(own_servers.second.start)
        await until(lambda: whole(runtime))


async def test_a_restart_between_two_requests_is_not_noticed(
    own_servers: Servers, miniature: dict[SourceName, str], tmp_path: Path
) -> None:
    settings = settings_for(miniature, tmp_path, probe_interval_seconds=60)
    async with running(settings) as runtime:
        assert await whole(runtime)
        await asyncio.to_thread(own_servers.second.stop)
        await asyncio.to_thread(own_servers.second.start)
        assert await whole(runtime)


async def test_a_server_that_hangs_costs_one_timeout_and_then_nothing(
    own_servers: Servers, miniature: dict[SourceName, str], tmp_path: Path
) -> None:
    settings = settings_for(miniature, tmp_path, acquire_timeout_seconds=0.3, statement_timeout_seconds=0.5)
    async with running(settings) as runtime:
        assert await whole(runtime)
        frozen = cluster_processes(cluster_path(own_servers.second.data_dir))
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            answer = await asker(runtime)(ALL_FIVE)
            assert answer.data == WITHOUT_SECOND_SERVER
            assert missing(answer) == MISSING
            await until(lambda: _is(runtime, SourceName.TRAININGS, SourceState.DOWN))
            await until(lambda: _is(runtime, SourceName.COMMUNITY, SourceState.DOWN))
            started = time.perf_counter()
            assert (await asker(runtime)(ALL_FIVE)).data == WITHOUT_SECOND_SERVER
            assert time.perf_counter() - started < 0.3
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        await until(lambda: whole(runtime))


async def test_the_hub_starts_while_databases_are_down(
    own_servers: Servers, miniature: dict[SourceName, str], tmp_path: Path
) -> None:
    own_servers.second.stop()
    async with running(settings_for(miniature, tmp_path)) as runtime:
        answer = await asker(runtime)(ALL_FIVE)
        assert answer.data == WITHOUT_SECOND_SERVER
        assert missing(answer) == MISSING
        await asyncio.to_thread(own_servers.second.start)
        await until(lambda: whole(runtime))


async def test_a_filter_that_needs_a_source_that_is_down_fails_closed(
    own_servers: Servers, miniature: dict[SourceName, str], tmp_path: Path
) -> None:
    swapped = {**miniature, SourceName.CERTIFICATIONS: own_servers.second.dsn("nowhere")}
    async with running(settings_for(swapped, tmp_path)) as runtime:
        answer = await asker(runtime)('{ partners(filter: {certifiedIn: "IT"}) { nodes { name } } }')
        assert answer.data == {"partners": None}
        assert answer.error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "certifications"}


async def test_a_pool_that_is_used_up_is_busy_and_not_down(source_dsns: dict[SourceName, str], tmp_path: Path) -> None:
    settings = settings_for(source_dsns, tmp_path, pool_size=1, acquire_timeout_seconds=0.2, probe_interval_seconds=60)
    async with running(settings) as runtime:
        source = runtime.sources[SourceName.DIRECTORY]
        slow = [asyncio.create_task(source.fetch("slow", "SELECT pg_sleep(1)", [])) for _ in range(2)]
        results = await asyncio.gather(*slow, return_exceptions=True)
        (refused,) = [result for result in results if isinstance(result, SourceUnavailable)]
        assert str(refused) == "The source directory is busy; try again shortly."
        assert source.breaker.state is SourceState.UP


async def test_a_read_that_takes_too_long_is_ended_by_the_server_and_named(
    source_dsns: dict[SourceName, str], tmp_path: Path
) -> None:
    async with running(settings_for(source_dsns, tmp_path, statement_timeout_seconds=0.1)) as runtime:
        source = runtime.sources[SourceName.COMMUNITY]
        with pytest.raises(SourceTimeout) as caught:
            await source.fetch("slow", "SELECT pg_sleep(5)", [])
        assert caught.value.extensions == {"code": "SOURCE_TIMEOUT", "source": "community", "query": "slow"}
        assert source.breaker.state is SourceState.UP
        assert [row[0] for row in await source.fetch("quick", "SELECT 1", [])] == [1]


async def test_a_database_without_the_hubs_tables_is_unavailable(servers: Servers, tmp_path: Path) -> None:
    dsns = {source: servers.of(source).dsn("postgres") for source in SourceName}
    async with running(settings_for(dsns, tmp_path)) as runtime:
        answer = await asker(runtime)("{ associations { code } }")
        assert answer.data == {"associations": None}
        assert answer.error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "directory"}


async def _is(runtime: Runtime, name: SourceName, state: SourceState) -> bool:
    return runtime.sources[name].breaker.state is state
