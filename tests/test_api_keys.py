"""API keys: what they look like, whom they let in, and that they end at once on every node."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub import api_keys
from hub.api_key_commands import revoke_key
from hub.api_keys import new_key, prefix_of, secret_sha256
from hub.errors import Unauthenticated
from hub.runtime import Runtime
from hub.viewer import Verified, Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, make_databases, running, serving, settings_for, until
from tests.machine_keys import QUIETLY, fetch, holds, make
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


def test_what_a_key_looks_like() -> None:
    key, prefix = new_key()
    assert re.fullmatch(r"hub_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}", key)
    assert prefix == prefix_of(key) == key[:14]
    assert secret_sha256(key) == hashlib.sha256(key[15:58].encode()).digest()
    assert len({new_key()[0][:20] for _ in range(100)}) == 100


def test_a_slip_in_a_key_is_told_without_the_database() -> None:
    key, _ = new_key()
    for index in range(len(key)):
        other = key[:index] + ("x" if key[index] != "x" else "y") + key[index + 1 :]
        assert secret_sha256(other) is None, index
    for other in (key[:-1], key + "0", key.swapcase(), f"{key}\n", key[4:], "hub_", ""):
        assert secret_sha256(other) is None


@pytest.mark.parametrize(
    ("made", "viewer"),
    [
        ({}, Viewer(ViewerKind.CRM, "Yamada's CRM", partner_id=1)),
        (
            {"scopes": ["events", "read"], "client": "nightly"},
            Viewer(ViewerKind.CRM, "Yamada's CRM", 1, scopes=("partner", "read", "events"), client="nightly"),
        ),
        (
            {"kind": ViewerKind.REPORTING, "partner_id": None, "name": "Reports"},
            Viewer(ViewerKind.REPORTING, "Reports"),
        ),
        (
            {"kind": ViewerKind.STAFF, "partner_id": None, "name": "Robot", "scopes": ["staff", "read"]},
            Viewer(ViewerKind.STAFF, "Robot", scopes=("staff", "read")),
        ),
    ],
)
async def test_a_key_says_whom_it_was_made_for(runtime: Runtime, dsn: str, made: dict[str, Any], viewer: Viewer) -> None:
    before = time.time()
    verified = await runtime.credentials.verify(await make(dsn, **made))
    assert verified == Verified(viewer, verified.expires_at_seconds)
    assert verified.expires_at_seconds is not None
    assert before <= verified.expires_at_seconds - 30 * 86_400 <= time.time()


async def test_a_key_may_have_no_end(runtime: Runtime, dsn: str) -> None:
    key = await make(dsn)
    await execute(dsn, "UPDATE directory.api_key SET expires_at = NULL")
    assert (await runtime.credentials.verify(key)).expires_at_seconds is None


async def test_the_database_has_a_hash_and_nothing_of_the_secret(dsn: str) -> None:
    key = await make(dsn)
    row = await fetch(dsn, "SELECT k::text FROM directory.api_key AS k")
    assert key[:14] in row
    assert hashlib.sha256(key[15:58].encode()).hexdigest() in row
    assert not [start for start in range(15, len(key) - 8) if key[start : start + 8] in row]


async def test_whatever_is_wrong_with_a_key_is_refused_in_the_same_words(runtime: Runtime, dsn: str) -> None:
    good, revoked, expired, deleted = [await make(dsn) for _ in range(4)]
    await revoke_key(dsn, prefix_of(revoked))
    await execute(dsn, f"UPDATE directory.api_key SET expires_at = now() WHERE prefix = '{prefix_of(expired)}'")
    await execute(dsn, f"DELETE FROM directory.api_key WHERE prefix = '{prefix_of(deleted)}'")
    secret_of_another = f"{good[:14]}{new_key()[0][14:58]}"
    wrong = secret_of_another + api_keys._checksum(secret_of_another)
    assert secret_sha256(wrong) is not None
    refusals = set()
    for key in (new_key()[0], wrong, revoked, expired, deleted, good[:-1], f"{good[:-1]}-", good + "0", "hub_"):
        with pytest.raises(Unauthenticated) as caught:
            await runtime.credentials.verify(key)
        refusals.add((str(caught.value), str(caught.value.extensions), repr(caught.value)))
        assert key not in repr(caught.value)
    assert len(refusals) == 1
    assert await holds(runtime, good)


async def test_revoking_takes_effect_at_once_on_every_node(dsns: Dsns, dsn: str, tmp_path: Path) -> None:
    async with (
        running(settings_for(dsns, tmp_path / "one")) as one,
        running(settings_for(dsns, tmp_path / "two")) as two,
    ):
        key, other = await make(dsn), await make(dsn)
        for runtime in (one, two):
            assert [await holds(runtime, key), await holds(runtime, other)] == [True, True]
        # Both nodes have it at hand: what is changed behind their backs is not seen.
        await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET revoked_at = now()"))
        assert [await holds(one, key), await holds(two, key)] == [True, True]
        await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET revoked_at = NULL"))

        await revoke_key(dsn, prefix_of(key))
        started = time.perf_counter()

        async def gone() -> bool:
            return [await holds(one, key), await holds(two, key)] == [False, False]

        await until(gone, timeout_seconds=5)
        assert time.perf_counter() - started < 2
        assert [await holds(one, other), await holds(two, other)] == [True, True]


async def test_a_firm_that_leaves_takes_its_keys_along(runtime: Runtime, dsn: str) -> None:
    key = await make(dsn, partner_id="UGFydG5lcjoy")
    assert await holds(runtime, key)
    await execute(dsn, "DELETE FROM directory.partner WHERE id = 2")

    async def gone() -> bool:
        return not await holds(runtime, key)

    await until(gone, timeout_seconds=5)


async def test_a_key_at_hand_ends_when_it_expires(runtime: Runtime, dsn: str) -> None:
    key = await make(dsn)
    await execute(dsn, "UPDATE directory.api_key SET expires_at = now() + interval '0.6 seconds'")
    assert await holds(runtime, key)
    await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET expires_at = now() + interval '1 hour'"))
    assert await holds(runtime, key)
    await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET revoked_at = now()"))
    # Only its own end takes it out of what is at hand; then the database is asked again.

    async def gone() -> bool:
        return not await holds(runtime, key)

    await until(gone, timeout_seconds=5)


async def test_while_notices_cannot_be_heard_every_use_is_checked(runtime: Runtime, dsn: str) -> None:
    key = await make(dsn)
    assert await holds(runtime, key)
    runtime.credentials.api_keys.set_listening(False)
    await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET revoked_at = now()"))
    assert not await holds(runtime, key)


async def test_a_key_that_was_read_before_a_notice_is_not_kept(
    runtime: Runtime, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await make(dsn)
    directory = runtime.sources[SourceName.DIRECTORY]
    reading = directory.fetch

    async def read_then_revoked(*arguments: Any) -> Any:
        rows = await reading(*arguments)
        runtime.credentials.api_keys.changed()
        return rows

    monkeypatch.setattr(directory, "fetch", read_then_revoked)
    assert await holds(runtime, key)
    await execute(dsn, QUIETLY.format("UPDATE directory.api_key SET revoked_at = now()"))
    assert not await holds(runtime, key)


async def test_a_directory_that_is_down_says_nothing_of_a_key(own_servers: Servers, own_dsns: Dsns, tmp_path: Path) -> None:
    key = await make(own_dsns[SourceName.DIRECTORY])
    async with serving(settings_for(own_dsns, tmp_path)) as base, httpx2.AsyncClient(base_url=base) as client:

        async def status(key: str) -> tuple[int, Any]:
            headers = {"authorization": f"Bearer {key}"}
            answer = await client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
            body = answer.json()
            return answer.status_code, body.get("data") or body["errors"][0]["extensions"]

        down = (503, {"code": "SOURCE_UNAVAILABLE", "source": "directory"})
        assert await status(key) == (200, {"viewer": {"name": "Yamada's CRM"}})
        await asyncio.to_thread(own_servers.first.stop)

        async def refused() -> bool:
            return await status(key) == down

        await until(refused)
        assert await status(new_key()[0]) == down
        assert (await status("hub_nonsense"))[0] == 401
        await asyncio.to_thread(own_servers.first.start)

        async def back() -> bool:
            return (await status(key))[0] == 200

        await until(back)
