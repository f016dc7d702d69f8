"""`python -m hub demo` as a process: what it prints works, and however it ends, no server stays behind and nothing is lost."""

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import orjson
import pytest

from hub.postgres.cluster import cluster_path
from hub.postgres.processes import cluster_processes
from tests.conftest import until

ADDRESS = re.compile(r"Partner Hub at (http://\S+);")


@asynccontextmanager
async def demo(data_dir: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The demo in a process group of its own, as in a terminal, once it serves: the process and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        "demo",
        env={"HUB_DATA_DIR": str(data_dir), "HUB_PORT": "0", "HUB_LOG_FORMAT": "json", "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=1_000_000,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            seen = b""
            while b"Application startup complete" not in seen:
                line = await process.stderr.readline()
                assert line, seen.decode()
                seen += line
        printed = (await process.stdout.read(100_000)).decode()
        yield process, printed
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answers(printed: str) -> list[object]:
    """The answer to every printed curl command, sent as it says."""
    found = []
    async with httpx2.AsyncClient() as client:
        for line in printed.splitlines():
            if line.startswith("  curl "):
                words = shlex.split(line)
                headers = dict(words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H")
                answer = await client.post(words[2], headers=headers, content=words[words.index("-d") + 1].encode())
                assert answer.status_code == 200
                found.append(orjson.loads(answer.content))
    return found


async def test_the_demo_shows_what_it_prints_and_survives_every_end(tmp_path: Path) -> None:
    first: list[object] | None = None
    for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None):
        async with demo(tmp_path) as (process, printed):
            assert ADDRESS.search(printed)
            shown = await answers(printed)
            assert len(shown) == 4
            assert all(isinstance(answer, dict) and set(answer) == {"data", "extensions"} for answer in shown)
            staff, person, _crm, reporting = shown
            first = first or [staff, person, reporting]
            assert [staff, person, reporting] == first, "the same data as before"
            if end is None:
                continue
            if end is signal.SIGINT:
                os.killpg(process.pid, end)
            else:
                process.send_signal(end)
            await asyncio.wait_for(process.wait(), 20)
            assert process.returncode in (-end, 128 + end, 0)
        await until(lambda: _gone(tmp_path))


async def _gone(data_dir: Path) -> bool:
    return not cluster_processes(cluster_path(data_dir))


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["import", "corporations", "nowhere.csv"], {}, "nowhere.csv"),
        (["import", "corporations"], {}, "Name the files to import"),
        (["token", "person", "nonsense"], {}, "Member id: not an id of this graph"),
        (["migrate"], {"HUB_DSN": "postgresql://nobody@127.0.0.1:1/nowhere"}, "HUB_DIRECTORY_DSN or HUB_DSN"),
        (["serve"], {"HUB_PORT": "99999"}, "HUB_PORT"),
        (["serve"], {"HUB_HOST": "192.0.2.1"}, "HUB_HOST"),
    ],
)
async def test_what_an_operator_can_mend_is_one_message(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *arguments,
        env={"HUB_DATA_DIR": str(tmp_path), "PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2, complaint.decode()
    assert message in complaint.decode()
    assert "Traceback" not in complaint.decode()


@pytest.mark.parametrize("command", [[], ["serve"], ["demo"], ["seed"], ["migrate"], ["token"], ["import"], ["export-schema"]])
async def test_every_command_explains_itself(command: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *command, "--help", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    explained, complaint = await process.communicate()
    assert (process.returncode, complaint) == (0, b"")
    assert b"Usage" in explained
