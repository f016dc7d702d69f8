"""The `keys` commands: a key is shown once, what does not fit is told, and nothing secret is shown."""

import asyncio
import hashlib
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.api_key_commands import print_keys, revoke_key
from hub.api_keys import prefix_of
from hub.errors import SetupError
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers, running, settings_for, until
from tests.machine_keys import YAMADA_ID, fetch, holds, make
from tests.miniature import fill


@pytest.fixture
def dsns(source_dsns: Dsns) -> Dsns:
    fill(source_dsns)
    return source_dsns


@pytest.fixture
def dsn(dsns: Dsns) -> str:
    return dsns[SourceName.DIRECTORY]


@pytest.fixture
async def runtime(dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with running(settings_for(dsns, tmp_path)) as started:
        yield started


async def test_nothing_secret_is_logged(dsns: Dsns, dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capture_logs() as logs:
        async with running(settings_for(dsns, tmp_path)) as runtime:
            key = await make(dsn)
            assert await holds(runtime, key)
            assert not await holds(runtime, key + "0")
            await revoke_key(dsn, prefix_of(key))
            with pytest.raises(SetupError) as caught:
                await revoke_key(dsn, key)
            await print_keys(dsn, runtime.settings.zone)
            everything = f"{logs} {caught.value!r} {runtime.credentials.__dict__} {runtime.credentials.api_keys.__dict__}"
    printed = capsys.readouterr()
    for text in (everything, printed.out, printed.err):
        assert key[15:30] not in text
        assert hashlib.sha256(key[15:58].encode()).hexdigest()[:16] not in text
    assert key[:14] in printed.out


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"scopes": ["read", "admin"]}, "--scopes: crm has no admin; choose among partner, read, write, events."),
        (
            {"kind": ViewerKind.REPORTING, "partner_id": None, "scopes": ["write"]},
            "--scopes: reporting has no write; choose among reporting, read.",
        ),
        ({"partner_id": None}, "--partner: name the firm of a CRM"),
        ({"kind": ViewerKind.STAFF}, "--partner: name the firm of a CRM"),
        ({"partner_id": "UGFydG5lcjo5OTk="}, "--partner: there is no Partner with the id UGFydG5lcjo5OTk="),
        ({"partner_id": "TWVtYmVyOjE="}, "--partner: there is no Partner with the id TWVtYmVyOjE="),
        ({"partner_id": "1"}, "--partner: not an id of this graph"),
        ({"name": " "}, "--name: say in a word or two"),
    ],
)
async def test_what_does_not_fit_is_told(dsn: str, changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(SetupError) as caught:
        await make(dsn, **changed)
    assert str(caught.value).startswith(problem)
    assert await fetch(dsn, "SELECT count(*) FROM directory.api_key") == 0


async def test_revoking_what_is_not_there_and_twice(dsn: str) -> None:
    key = await make(dsn)
    with pytest.raises(SetupError, match="There is no API key 'hub_0000000000'"):
        await revoke_key(dsn, "hub_0000000000")
    assert await revoke_key(dsn, prefix_of(key)) == f"{prefix_of(key)} (Yamada's CRM)"
    first = await fetch(dsn, "SELECT revoked_at FROM directory.api_key")
    assert await revoke_key(dsn, prefix_of(key)) == f"{prefix_of(key)} (Yamada's CRM)"
    assert await fetch(dsn, "SELECT revoked_at FROM directory.api_key") == first


async def test_a_directory_without_the_table_or_away_is_told(servers: Servers) -> None:
    await asyncio.to_thread(servers.first.ensure_databases, ["bare"])
    with pytest.raises(SetupError, match="run: python -m hub migrate"):
        await make(servers.first.dsn("bare"))
    with pytest.raises(SetupError, match="Check HUB_DIRECTORY_DSN or HUB_DSN"):
        await make("postgresql://127.0.0.1:1/nowhere")


async def run(*command: str, dsns: Dsns, data_dir: Path) -> tuple[int | None, str, str]:
    """`python -m hub …` over these databases: status, output, errors."""
    environment = {f"HUB_{source.name}_DSN": dsn for source, dsn in dsns.items()} | {"HUB_DATA_DIR": str(data_dir)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def test_the_life_of_a_key_at_the_command_line(runtime: Runtime, dsns: Dsns, tmp_path: Path) -> None:
    made = ["--kind", "crm", "--partner", YAMADA_ID, "--name", "夜間連携", "--scopes", "read, events", "--client", "nightly"]
    status, out, err = await run("keys", "create", *made, "--days", "2", dsns=dsns, data_dir=tmp_path)
    assert status == 0
    assert re.fullmatch(r"hub_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}\n", out)
    key = out.strip()
    assert f"keys revoke {key[:14]}" in err
    assert key[15:] not in err
    assert (await runtime.credentials.verify(key)).viewer == Viewer(
        ViewerKind.CRM, "夜間連携", 1, scopes=("partner", "read", "events"), client="nightly"
    )
    await runtime.credentials.api_keys.stop()

    status, out, _ = await run("keys", "list", dsns=dsns, data_dir=tmp_path)
    assert status == 0
    (row,) = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if key[:14] in line]
    time_of_day = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert row[:6] == [key[:14], "夜間連携", "crm", "山田会計", "read events", "nightly"]
    assert [bool(re.fullmatch(time_of_day, cell)) for cell in row[6:9]] == [True, True, True]
    assert row[9:] == ["live"]
    assert key[15:20] not in out

    status, out, err = await run("keys", "revoke", key[:14], dsns=dsns, data_dir=tmp_path)
    assert (status, out, err) == (0, "", f"Revoked {key[:14]} (夜間連携).\n")

    async def gone() -> bool:
        return not await holds(runtime, key)

    await until(gone, timeout_seconds=5)
    _, out, _ = await run("keys", "list", dsns=dsns, data_dir=tmp_path)
    assert re.search(rf"{key[:14]}.*│ revoked", out)

    for command, problem in (
        (["revoke", "hub_0000000000"], "There is no API key 'hub_0000000000'"),
        (["create", "--kind", "crm", "--name", "x", "--partner", "UGFydG5lcjo5OTk="], "--partner: there is no Partner"),
        (["create", "--kind", "reporting", "--name", "x", "--scopes", "write"], "--scopes: reporting has no write"),
    ):
        status, out, err = await run("keys", *command, dsns=dsns, data_dir=tmp_path)
        assert (status, out) == (2, "")
        assert err.startswith(problem)
