"""The import of the register over what is there: which record stays, what a second run changes, what a killed one leaves."""

import asyncio
import random
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from importers.corporations import ImportSummary
from tests.register import file, load, number, query, record, table, text

ROOT = Path(__file__).resolve().parent.parent
REGISTER = ROOT.parent / "shared" / "data" / "corporations"


async def test_the_latest_record_of_a_file_is_the_present_one(engagements_dsn: str, tmp_path: Path) -> None:
    records = [
        record(1, latest="0", change_date="2015-10-05", name="一"),
        record(1, latest="0", change_date="2024-01-04", name="二"),
        record(1, latest="1", change_date="2024-01-04", name="三"),
        # Reopened: the closing before it is history.
        record(2, latest="0", process="21", close_date="2024-01-02", close_cause="21"),
        record(2, latest="1", process="22"),
    ]
    run = await load(engagements_dsn, file(tmp_path / "a.csv", records))
    assert run.summary == ImportSummary(read=5, rejected=0, superseded=3, inserted=2, updated=0, unchanged=0)
    assert sorted(await query(engagements_dsn, "SELECT number, name, status FROM corporation")) == sorted(
        [(number(1), "三", "ACTIVE"), (number(2), "株式会社 表示", "ACTIVE")]
    )


async def test_the_newest_record_stays_in_any_order(engagements_dsn: str, tmp_path: Path) -> None:
    states = [
        record(1, update_date="2024-01-05", change_date="2024-01-05", name="ん"),
        record(1, update_date="2024-01-12", change_date="2023-12-01", name="め"),
        # The same update and change date: any, but always the same.
        record(1, update_date="2024-01-12", change_date="2024-01-02", name="あ"),
        record(1, update_date="2024-01-12", change_date="2024-01-02", name="い", furigana=""),
        record(1, update_date="2024-01-12", change_date="2024-01-02", name="い", furigana="イ"),
    ]
    files = [file(tmp_path / f"{index}.csv", [state]) for index, state in enumerate(states)]
    ends = set()
    shuffle = random.Random(7)
    for together in (True, False) * 6:
        await query(engagements_dsn, "TRUNCATE corporation")
        shuffle.shuffle(files)
        for group in [files] if together else [[path] for path in files]:
            await load(engagements_dsn, *group)
        ends.add(tuple(await table(engagements_dsn)))
    assert len(ends) == 1
    assert ends.pop()[0][-1] == date(2024, 1, 2)


async def test_an_older_file_changes_nothing(engagements_dsn: str, tmp_path: Path) -> None:
    closed = record(1, update_date="2024-01-26", process="21", close_date="2024-01-25", close_cause="21")
    new = file(tmp_path / "new.csv", [closed, record(2, update_date="2024-01-26", name="新")])
    old = file(tmp_path / "old.csv", [record(1), record(2, name="旧"), record(3)])
    await load(engagements_dsn, new)
    before = await table(engagements_dsn)
    run = await load(engagements_dsn, old)
    assert run.summary == ImportSummary(read=3, rejected=0, superseded=0, inserted=1, updated=0, unchanged=2)
    assert [row for row in await table(engagements_dsn) if row[0] != number(3)] == before


async def test_a_row_without_dates_is_replaced(engagements_dsn: str, tmp_path: Path) -> None:
    await query(engagements_dsn, "INSERT INTO corporation (number, name, status) VALUES ($1, '仮', 'UNKNOWN')", number(1))
    run = await load(engagements_dsn, file(tmp_path / "a.csv", [record(1)]))
    assert run.summary.updated == 1
    assert (await table(engagements_dsn))[0][1] == "株式会社 表示"


async def test_the_same_file_again_touches_no_row(engagements_dsn: str, tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", [record(serial, furigana="" if serial % 2 else "ア") for serial in range(1, 3_001)])
    versions = "SELECT number, xmin::text, xmax::text, ctid::text FROM corporation ORDER BY number"
    assert (await load(engagements_dsn, path)).summary.inserted == 3_000
    before = await query(engagements_dsn, versions)
    assert (await load(engagements_dsn, path)).summary.unchanged == 3_000
    assert await query(engagements_dsn, versions) == before


async def test_two_runs_at_once_agree(engagements_dsn: str, tmp_path: Path) -> None:
    old = file(tmp_path / "old.csv", [record(serial, name="旧") for serial in range(1, 5_001)])
    new = [record(serial, name="新", update_date="2024-01-12") for serial in range(5_000, 0, -1)]
    runs = await asyncio.gather(load(engagements_dsn, old), load(engagements_dsn, file(tmp_path / "new.csv", new)))
    assert sum(run.summary.inserted for run in runs) == 5_000
    assert await query(engagements_dsn, "SELECT name, count(*) FROM corporation GROUP BY name") == [("新", 5_000)]


_SUBPROCESS = """
import asyncio, resource, sys
from pathlib import Path
from importers.corporations import import_corporations
asyncio.run(import_corporations(
    sys.argv[1], [Path(sys.argv[2])], on_rejected=lambda row: None, on_progress=lambda progress: None))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


async def test_a_killed_run_is_completed_by_the_next(engagements_dsn: str, tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", (record(serial) for serial in range(1, 30_001)))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _SUBPROCESS, engagements_dsn, path, cwd=ROOT)
    async with asyncio.timeout(30):
        while not await query(engagements_dsn, "SELECT FROM corporation LIMIT 1"):
            assert process.returncode is None
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    run = await load(engagements_dsn, path)
    assert run.summary.inserted > 0
    assert run.summary.unchanged > 0
    rows = await table(engagements_dsn)
    assert [row[0] for row in rows] == sorted(number(serial) for serial in range(1, 30_001))
    assert len({row[1:] for row in rows}) == 1


async def test_memory_does_not_grow_with_the_file(engagements_dsn: str, tmp_path: Path) -> None:
    lines = [text([record(serial)]) for serial in range(1, 5_001)]

    def peak_kilobytes(times: int) -> int:
        path = tmp_path / f"{times}.csv"
        with path.open("w", encoding="cp932") as out:
            for _ in range(times):
                out.writelines(lines)
        command = [sys.executable, "-c", _SUBPROCESS, engagements_dsn, str(path)]
        return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)

    small = await asyncio.to_thread(peak_kilobytes, 2)
    large = await asyncio.to_thread(peak_kilobytes, 30)
    assert large - small < 8_000


@pytest.mark.skipif(not REGISTER.is_dir(), reason=f"the register's files are not at {REGISTER}")
async def test_published_files(engagements_dsn: str) -> None:
    files = sorted(REGISTER.glob("*.csv"))
    assert [path.stem for path in files] == ["20240105", "20240112", "20240119", "20240126", "20250124"]
    run = await load(engagements_dsn, *files)
    assert run.rejected == []
    assert run.summary == ImportSummary(read=40_226, rejected=0, superseded=1_042, inserted=39_118, updated=66, unchanged=0)
    first = await table(engagements_dsn)
    assert (await load(engagements_dsn, *reversed(files))).summary.unchanged == 39_184
    assert await table(engagements_dsn) == first
    await query(engagements_dsn, "TRUNCATE corporation")
    await load(engagements_dsn, *reversed(files))
    assert await table(engagements_dsn) == first
