"""When API keys were last used: written in the background, seldom, and not lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub import api_keys
from hub.api_keys import new_key, prefix_of
from hub.runtime import Runtime
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, make_databases, running, settings_for, until
from tests.machine_keys import fetch, holds, make
from tests.miniature import execute, fill


@pytest.fixture
def dsns(source_dsns: Dsns) -> Dsns:
    fill(source_dsns)
    return source_dsns


@pytest.fixture
def own_dsns(own_servers: Servers) -> Dsns:
    """The miniature on servers that a test may stop."""
    dsns = make_databases(own_servers, "own")
    fill(dsns)
    return dsns


@pytest.fixture
def dsn(dsns: Dsns) -> str:
    return dsns[SourceName.DIRECTORY]


@pytest.fixture
async def runtime(dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with running(settings_for(dsns, tmp_path)) as started:
        yield started


async def test_last_uses_are_written_in_the_background(
    dsns: Dsns, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "LAST_USE_INTERVAL_SECONDS", 3600)
    last_use = "SELECT last_used_at FROM directory.api_key WHERE prefix = '{}'"
    writes = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'api_key'"
    async with running(settings_for(dsns, tmp_path)) as runtime:
        key, other, unused = [await make(dsn) for _ in range(3)]
        before = datetime.now(UTC)
        assert await holds(runtime, key)

        async def written() -> bool:
            return await fetch(dsn, last_use.format(prefix_of(key))) is not None

        await until(written)
        first = await fetch(dsn, last_use.format(prefix_of(key)))
        assert before <= first <= datetime.now(UTC)
        for _ in range(50):
            assert await holds(runtime, key)
            assert await holds(runtime, other)
        assert not await holds(runtime, new_key()[0])
        assert await fetch(dsn, last_use.format(prefix_of(key))) == first
        middle = datetime.now(UTC)
    assert first < await fetch(dsn, last_use.format(prefix_of(key))) <= middle
    assert first < await fetch(dsn, last_use.format(prefix_of(other))) <= middle
    assert await fetch(dsn, last_use.format(prefix_of(unused))) is None

    async def counted() -> bool:
        return bool(await fetch(dsn, writes) == 3)

    await until(counted)


async def test_noting_a_use_makes_no_other_node_read_again(dsns: Dsns, dsn: str, tmp_path: Path) -> None:
    async with running(settings_for(dsns, tmp_path / "two")) as two:
        key = await make(dsn)
        assert await holds(two, key)
        version = two.credentials.api_keys.version
        async with running(settings_for(dsns, tmp_path / "one")) as one:
            assert await holds(one, key)
        assert await fetch(dsn, "SELECT last_used_at IS NOT NULL FROM directory.api_key")
        await execute(dsn, "UPDATE directory.partner SET name = 'heard after it' WHERE id = 1")
        await asyncio.sleep(0.2)
        assert two.credentials.api_keys.version == version


async def test_a_later_use_is_not_written_over_by_an_earlier_one(runtime: Runtime, dsn: str) -> None:
    key = await make(dsn)
    later = datetime.now(UTC) + timedelta(days=1)
    await execute(dsn, f"UPDATE directory.api_key SET last_used_at = '{later.isoformat()}'")
    assert await holds(runtime, key)
    await runtime.credentials.stop()
    assert await fetch(dsn, "SELECT last_used_at FROM directory.api_key") == later


async def test_a_last_use_that_cannot_be_written_is_written_later(
    own_servers: Servers, own_dsns: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "LAST_USE_INTERVAL_SECONDS", 0.05)
    dsn = own_dsns[SourceName.DIRECTORY]
    key = await make(dsn)
    async with running(settings_for(own_dsns, tmp_path)) as runtime:
        await asyncio.to_thread(own_servers.first.stop)
        with capture_logs() as logs:
            runtime.credentials.api_keys.note_use(prefix_of(key))

            async def told() -> bool:
                return "api_keys.last_uses_not_written" in [entry["event"] for entry in logs]

            await until(told)
        assert key[15:] not in str(logs)
        await asyncio.to_thread(own_servers.first.start)

        async def written() -> bool:
            return await fetch(dsn, "SELECT last_used_at FROM directory.api_key") is not None

        await until(written)
