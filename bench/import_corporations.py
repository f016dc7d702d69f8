"""How fast register files go in: `python -m bench.import_corporations DSN FILES…`.

Imports the files into the engagements database at DSN, which must be migrated and hold no corporation yet, then once more,
where nothing is left to do. The baseline is a bare COPY of the same parsed rows into a temporary table without index,
constraint or text to search by. Figures are printed only after both were found to hold the same rows.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from hub.migrations import SQL
from hub.vocabulary import SourceName
from importers.corporation_record import BadRecord, CorporationRecord, parse
from importers.corporations import ImportSummary, RejectedRow, import_corporations
from importers.register_file import UnreadableFile, inspect

_CREATE_COPIED = f"CREATE TEMP TABLE copied AS SELECT {', '.join(CorporationRecord._fields)} FROM corporation WITH NO DATA"


def main() -> None:
    """Reads the command line, runs the bench, and prints what it found; exits with 1 and the reason where it cannot."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: python -m bench.import_corporations DSN FILES…\n\n{__doc__}")
    try:
        asyncio.run(_bench(sys.argv[1], [Path(file) for file in sys.argv[2:]]))
    except UnreadableFile as error:
        sys.exit(str(error))


async def _bench(dsn: str, files: Sequence[Path]) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": SourceName.ENGAGEMENTS.value})
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM corporation)"):
            sys.exit(f"{dsn}: there are corporations already; give a migrated database without any")
        first_seconds, first, rejected = await _timed_import(dsn, files)
        again_seconds, again, _ = await _timed_import(dsn, files)
        parse_seconds, rows = await asyncio.to_thread(_timed_parse, files)
        await connection.execute(_CREATE_COPIED)
        start = time.perf_counter()
        await connection.copy_records_to_table("copied", records=rows, columns=CorporationRecord._fields)
        copy_seconds = time.perf_counter() - start
        difference_sql = SQL / SourceName.ENGAGEMENTS.value / "bench_import_difference.sql"
        difference = await connection.fetchval(await asyncio.to_thread(difference_sql.read_text, "utf-8"))
    finally:
        await connection.close()
    if difference:
        sys.exit(f"the import and the COPY differ in {difference} rows")
    print(first)
    for reason, count in Counter(row.reason for row in rejected).most_common(20):
        print(f"{count:>9} rejected: {reason}")
    for label, seconds, count in (
        ("import", first_seconds, first.read),
        ("import again", again_seconds, again.read),
        ("read and parse alone", parse_seconds, first.read),
        ("bare COPY alone", copy_seconds, len(rows)),
    ):
        print(f"{label:<21} {seconds:8.3f} s {count / seconds:12,.0f} rows/s")
    print(f"import / (read and parse + bare COPY): {first_seconds / (parse_seconds + copy_seconds):.2f}")
    print(f"import / bare COPY: {first_seconds / copy_seconds:.1f}")


async def _timed_import(dsn: str, files: Sequence[Path]) -> tuple[float, ImportSummary, list[RejectedRow]]:
    rejected: list[RejectedRow] = []
    start = time.perf_counter()
    summary = await import_corporations(dsn, files, on_rejected=rejected.append, on_progress=lambda progress: None)
    return time.perf_counter() - start, summary, rejected


def _timed_parse(files: Sequence[Path]) -> tuple[float, list[CorporationRecord]]:
    start = time.perf_counter()
    rows = []
    for file in files:
        with inspect(file).records() as records:
            for record in records:
                if record.malformed:
                    continue
                try:
                    row, latest = parse(record.fields)
                except BadRecord:
                    continue
                if latest:
                    rows.append(row)
    return time.perf_counter() - start, rows


if __name__ == "__main__":
    main()
