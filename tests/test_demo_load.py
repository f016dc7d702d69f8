"""Loading the demo data: all of it or nothing, only where nothing else is."""

import asyncio
import datetime
import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from demo import SeedRefused, holds_seed, programme, seed
from hub.migrations import migrate
from hub.vocabulary import SourceName

Dsns = Mapping[SourceName, str]

AS_OF = datetime.date(2026, 4, 16)

COUNTS = {
    "association": 3,
    "partner": 500,
    "membership": 220,
    "member": 1_500,
    "certification": 1_200,
    "corporation": 2_000,
    "client": 2_000,
    "symptom": 7,
    "engagement": 5_000,
    "assignment": 13_082,
    "finding": 8_144,
    "prescription": 3_202,
    "handoff": 10_000,
    "external_ref": 3_550,
    "course": 100,
    "session": 1_000,
    "enrollment": 8_000,
    "post": 5_000,
    "comment": 15_000,
}
ONCE = {"association", "symptom"}


async def loaded(dsns: Dsns) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the five databases by table, in the order of their first columns."""
    result = {}
    for source in SourceName:
        connection = await asyncpg.connect(dsns[source], server_settings={"search_path": source.value})
        try:
            for table in programme.tables():
                if table.source is source:
                    rows = await connection.fetch(f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY 1, 2")
                    result[table.name] = [tuple(row) for row in rows]
        finally:
            await connection.close()
    return result


async def checksums(dsns: Dsns) -> dict[str, str]:
    """A checksum of each table, in the database's own words."""
    result = {}
    for source in SourceName:
        connection = await asyncpg.connect(dsns[source], server_settings={"search_path": source.value})
        try:
            for table in programme.tables():
                if table.source is source:
                    result[table.name] = await connection.fetchval(
                        f"SELECT md5(string_agg(line, '|' ORDER BY line COLLATE \"C\")) FROM"
                        f" (SELECT t::text AS line FROM {table.name} AS t) AS lines"
                    )
        finally:
            await connection.close()
    return result


async def definitions(dsns: Dsns) -> list[tuple[str, ...]]:
    """The indexes and constraints of the five schemas."""
    result = []
    for source in SourceName:
        connection = await asyncpg.connect(dsns[source])
        try:
            rows = await connection.fetch(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1"
                " UNION ALL SELECT conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
                " WHERE connamespace = $1::text::regnamespace ORDER BY 1, 2",
                source.value,
            )
        finally:
            await connection.close()
        result += [tuple(row) for row in rows if "demo_seed" not in row[0]]
    return result


def unheard(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


async def sow(dsns: Dsns, scale: int = 1, as_of: datetime.date = AS_OF) -> dict[str, int]:
    return await seed(dsns, scale=scale, as_of=as_of, on_progress=unheard)


async def test_a_seed_fills_all_tables_and_leaves_nothing_undone(source_dsns: Dsns) -> None:
    before = await definitions(source_dsns)
    heard: dict[str, list[tuple[int, int]]] = defaultdict(list)
    counts = await seed(source_dsns, scale=2, as_of=AS_OF, on_progress=lambda table, *progress: heard[table].append(progress))
    assert counts == {table: count if table in ONCE else 2 * count for table, count in COUNTS.items()}
    tables = await loaded(source_dsns)
    assert {table: len(rows) for table, rows in tables.items()} == counts
    assert {table: progress[-1] for table, progress in heard.items()} == {
        table: (count, count) for table, count in counts.items()
    }
    assert all(progress == sorted(progress) for progress in heard.values())
    assert await definitions(source_dsns) == before
    cohorts = [programme.cohort_rows(cohort, AS_OF) for cohort in range(2)]
    for table, rows in tables.items():
        made = [row for cohort in cohorts for row in cohort[table]]
        assert sorted(made, key=lambda row: row[:2]) == rows, table
    for source in SourceName:
        connection = await asyncpg.connect(source_dsns[source], server_settings={"search_path": source.value})
        try:
            unknown = await connection.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relname = ANY ($2::text[])"
                " AND reltuples <= 0",
                source.value,
                [table.name for table in programme.tables() if table.source is source],
            )
        finally:
            await connection.close()
        assert unknown == []


async def test_rows_that_come_later_get_ids_past_the_seed(source_dsns: Dsns) -> None:
    await sow(source_dsns)
    connection = await asyncpg.connect(source_dsns[SourceName.DIRECTORY])
    try:
        added = "INSERT INTO directory.partner (name, roles) VALUES ('新しい会社', '{ADVISOR}') RETURNING id"
        assert await connection.fetchval(added) == 501
    finally:
        await connection.close()
    connection = await asyncpg.connect(source_dsns[SourceName.ENGAGEMENTS])
    try:
        added = (
            "INSERT INTO engagements.handoff (engagement_id, from_phase, to_phase, from_partner_id, to_partner_id, status,"
            " offered_at, respond_by, responded_at)"
            " VALUES (1, 'AWARENESS', 'AWARENESS', 1, 2, 'WITHDRAWN', now(), now() + '1 day', now()) RETURNING id"
        )
        assert await connection.fetchval(added) == 10_001
    finally:
        await connection.close()


async def test_the_same_seed_again_does_nothing_and_another_is_refused(source_dsns: Dsns) -> None:
    await sow(source_dsns)
    before = await checksums(source_dsns)
    assert await sow(source_dsns) == {}
    assert await holds_seed(source_dsns)
    with pytest.raises(
        SeedRefused,
        match=r"directory holds demo data of scale 1 as of 2026-04-16 .*, not of scale 2 .*: seed with --scale 1 --as-of 2026",
    ):
        await sow(source_dsns, scale=2)
    with pytest.raises(SeedRefused, match=r"scale 1 as of 2026-04-16"):
        await sow(source_dsns, as_of=AS_OF + datetime.timedelta(days=1))
    assert await checksums(source_dsns) == before


async def test_the_same_seed_again_needs_no_hold_on_tables_in_use(source_dsns: Dsns) -> None:
    await sow(source_dsns)
    reader = await asyncpg.connect(source_dsns[SourceName.ENGAGEMENTS])
    try:
        async with reader.transaction():
            assert await reader.fetchval("SELECT count(*) FROM engagements.engagement") == 5_000
            assert await asyncio.wait_for(sow(source_dsns), timeout=8) == {}
    finally:
        await reader.close()


async def test_one_database_can_hold_the_five_sources(source_dsns: Dsns) -> None:
    one = source_dsns[SourceName.DIRECTORY]
    for source in SourceName:
        await migrate(source, one)
    dsns: Dsns = dict.fromkeys(SourceName, one)
    assert await sow(dsns) == COUNTS
    assert {table: len(rows) for table, rows in (await loaded(dsns)).items()} == COUNTS


async def test_two_seeds_at_once_make_one(source_dsns: Dsns) -> None:
    counts = await asyncio.gather(sow(source_dsns), sow(source_dsns))
    assert sorted(counts, key=len) == [{}, COUNTS]


async def test_data_that_no_seed_made_is_left_alone(source_dsns: Dsns) -> None:
    connection = await asyncpg.connect(source_dsns[SourceName.COMMUNITY])
    try:
        await connection.execute(
            "INSERT INTO community.post (title, body, visibility, posted_at) VALUES ('大切', '本物', 'NETWORK', now())"
        )
        with pytest.raises(SeedRefused, match=r"table post of community holds data that no seed made.*use new ones"):
            await sow(source_dsns)
        assert await connection.fetchval("SELECT title FROM community.post") == "大切"
    finally:
        await connection.close()
    tables = await loaded(source_dsns)
    assert {table: len(rows) for table, rows in tables.items() if rows} == {"post": 1}


async def test_a_database_without_tables_is_refused(source_dsns: Dsns) -> None:
    connection = await asyncpg.connect(source_dsns[SourceName.TRAININGS])
    try:
        await connection.execute("DROP TABLE trainings.enrollment CASCADE")
    finally:
        await connection.close()
    with pytest.raises(SeedRefused, match=r"trainings has no table enrollment: bring it to the newest version"):
        await sow(source_dsns)


@pytest.mark.parametrize("scale", [0, -1])
async def test_a_scale_below_one_is_refused(scale: int) -> None:
    with pytest.raises(SeedRefused, match=f"scale must be 1 or more, not {scale}"):
        await sow({}, scale=scale)


async def test_a_missing_dsn_is_named(source_dsns: Dsns) -> None:
    some: Dsns = {source: dsn for source, dsn in source_dsns.items() if source is not SourceName.COMMUNITY}
    with pytest.raises(SeedRefused, match=r"no database is given for: community"):
        await sow(some)


_SEED_IN_A_PROCESS = """
import asyncio, datetime, json, signal, sys
from demo import seed
from hub.vocabulary import SourceName
# A shell lets what runs beside it ignore SIGINT, and so everything that is started there.
signal.signal(signal.SIGINT, signal.default_int_handler)
dsns = {SourceName(name): dsn for name, dsn in json.loads(sys.argv[1]).items()}
def tell(table, done, total):
    if done > total / 2:
        print(table, flush=True)
asyncio.run(seed(dsns, scale=2, as_of=datetime.date.fromisoformat(sys.argv[2]), on_progress=tell))
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
async def test_a_seed_that_is_interrupted_leaves_nothing_and_can_be_repeated(
    source_dsns: Dsns, signal_number: signal.Signals
) -> None:
    before = await definitions(source_dsns)
    await asyncio.to_thread(_interrupt, source_dsns, signal_number)
    tables = await loaded(source_dsns)
    assert not any(tables.values())
    assert not await holds_seed(source_dsns)
    assert await definitions(source_dsns) == before
    assert await sow(source_dsns) == COUNTS


def _interrupt(dsns: Dsns, signal_number: signal.Signals) -> None:
    """Seed in another process and end it when the hand-offs have come in, long before all is committed."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _SEED_IN_A_PROCESS,
            json.dumps({source.value: dsn for source, dsn in dsns.items()}),
            AS_OF.isoformat(),
        ],
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "handoff":
                os.kill(process.pid, signal_number)
                break
        assert process.wait(timeout=30) != 0


async def test_a_seed_killed_between_two_commits_is_completed_by_the_same_seed(source_dsns: Dsns) -> None:
    await sow(source_dsns)
    whole = await checksums(source_dsns)
    # What such a kill leaves: the first sources whole, the others as if the seed had never run.
    for source in (SourceName.TRAININGS, SourceName.COMMUNITY):
        connection = await asyncpg.connect(source_dsns[source], server_settings={"search_path": source.value})
        try:
            names = [table.name for table in programme.tables() if table.source is source]
            await connection.execute(f"TRUNCATE {', '.join(names)}")
            await connection.execute("DROP TABLE demo_seed")
        finally:
            await connection.close()
    assert not await holds_seed(source_dsns)
    with pytest.raises(SeedRefused, match="holds demo data of scale 1 as of 2026-04-16"):
        await sow(source_dsns, scale=3)
    counts = await sow(source_dsns)
    assert counts == {name: COUNTS[name] for name in ("course", "session", "enrollment", "post", "comment")}
    assert await checksums(source_dsns) == whole
