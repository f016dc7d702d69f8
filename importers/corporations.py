"""Imports files of the national corporate register into the engagements source, over and over, in any order of the files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from hub.migrations import SQL
from hub.vocabulary import SourceName
from importers.corporation_record import BadRecord, CorporationRecord, parse
from importers.register_file import Record, RegisterFile, inspect

# Each lane has its own connection and its own numbers: the records of one number stay in their order, so that the counts are
# the same in every run, and no lane waits for a row of another. Two: Postgres makes two rows at a time while one is read.
_LANES = 2
_BATCH_ROWS = 2_000

# How much is read between two reports of progress.
_CHUNK_RECORDS = 1_000

# Trigrams wait in a list that is merged into the index when it is full: the longer, the cheaper a row. A search reads the
# whole list, which bounds it; work_mem is what a merge may hold.
_SESSION = {
    "search_path": SourceName.ENGAGEMENTS.value,
    "gin_pending_list_limit": "16MB",
    "work_mem": "64MB",
}


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A record that was left out: its file, the physical line it starts on (from 1), and why, naming the column."""

    file: Path
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: the file at hand, and bytes read of the bytes of all files together (unpacked)."""

    file: Path
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of each record that was read: read = rejected + superseded + inserted + updated + unchanged."""

    read: int
    rejected: int
    """Left out and reported."""
    superseded: int
    """In order, but marked by the register as an earlier record of its number (latest 0): not imported."""
    inserted: int
    """Of a number that the table did not know."""
    updated: int
    """Replaced an older record of its number."""
    unchanged: int
    """The table held the same record or a newer one."""

    @property
    def imported(self) -> int:
        """How many records went into the table."""
        return self.inserted + self.updated


async def import_corporations(
    dsn: str,
    files: Sequence[Path],
    *,
    on_rejected: Callable[[RejectedRow], None],
    on_progress: Callable[[Progress], None],
) -> ImportSummary:
    """Brings the latest record of each number in `files` into the table `corporation` of the database at `dsn`.

    Every file is looked at before the first row goes in; UnreadableFile tells which cannot be imported and why. The newest
    record of a number stays, whatever the order of files and runs; the same file again changes nothing. Rows go in by
    batches, each in a transaction: a run that was cut off has left whole records, and the next one completes it.
    """
    return await _Import([await asyncio.to_thread(inspect, file) for file in files], on_rejected, on_progress).run(dsn)


class _Import:
    """One run: what was counted so far, and whom to tell."""

    def __init__(
        self,
        files: Sequence[RegisterFile],
        on_rejected: Callable[[RejectedRow], None],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._files = files
        self._on_rejected = on_rejected
        self._on_progress = on_progress
        self._bytes_total = sum(file.size_bytes for file in files)
        self._read = self._rejected = self._superseded = 0

    async def run(self, dsn: str) -> ImportSummary:
        async with _lanes(dsn) as lanes:
            bytes_before = 0
            for file in self._files:
                await self._import(file, bytes_before, lanes)
                bytes_before += file.size_bytes
            for lane in lanes:
                await lane.finish()
        return ImportSummary(
            read=self._read,
            rejected=self._rejected,
            superseded=self._superseded,
            inserted=sum(lane.inserted for lane in lanes),
            updated=sum(lane.updated for lane in lanes),
            unchanged=sum(lane.unchanged for lane in lanes),
        )

    async def _import(self, file: RegisterFile, bytes_before: int, lanes: Sequence["_Lane"]) -> None:
        with await asyncio.to_thread(file.records) as reader:
            # In a thread: the lanes' connections are served meanwhile.
            records = iter(reader)
            while chunk := await asyncio.to_thread(_parsed, records):
                for line, result in chunk:
                    self._read += 1
                    if isinstance(result, str):
                        self._rejected += 1
                        self._on_rejected(RejectedRow(file.path, line, result))
                    elif result is None:
                        self._superseded += 1
                    else:
                        await lanes[int(result.number) % _LANES].add(result)
                self._on_progress(Progress(file.path, bytes_before + reader.bytes_read, self._bytes_total))


def _parsed(records: Iterator[Record]) -> list[tuple[int, CorporationRecord | str | None]]:
    """The next records, each with its line: a row, the reason why it is none, or None for an earlier record of a number."""
    chunk: list[tuple[int, CorporationRecord | str | None]] = []
    for record in islice(records, _CHUNK_RECORDS):
        if record.malformed:
            chunk.append((record.line, record.malformed))
            continue
        try:
            row, latest = parse(record.fields)
        except BadRecord as error:
            chunk.append((record.line, str(error)))
        else:
            chunk.append((record.line, row if latest else None))
    return chunk


class _Lane:
    """Writes rows in batches through one connection, one batch under way while the next is filled."""

    def __init__(self, statement: "PreparedStatement[asyncpg.Record]") -> None:
        self._statement = statement
        self._rows: dict[str, CorporationRecord] = {}
        self._writing: asyncio.Task[None] | None = None
        self.inserted = 0
        self.updated = 0
        self.unchanged = 0

    async def add(self, row: CorporationRecord) -> None:
        """Takes a row; waits where the batch before this one is still being written."""
        # A statement cannot write one row twice.
        if len(self._rows) == _BATCH_ROWS or row.number in self._rows:
            await self._write_batch()
        self._rows[row.number] = row

    async def finish(self) -> None:
        """Writes what is left, and waits until all is written."""
        await self._write_batch()
        if self._writing:
            await self._writing

    async def cancel(self) -> None:
        """Stops the batch under way, if any; its transaction is rolled back."""
        if self._writing:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write_batch(self) -> None:
        if self._writing:
            await self._writing
            self._writing = None
        if self._rows:
            self._writing = asyncio.create_task(self._write(list(self._rows.values())))
            self._rows = {}

    async def _write(self, rows: Sequence[CorporationRecord]) -> None:
        written = await self._statement.fetchrow(*zip(*rows, strict=True))
        assert written is not None  # an aggregate always has one row
        self.inserted += written["inserted"]
        self.updated += written["updated"]
        self.unchanged += len(rows) - written["inserted"] - written["updated"]


@asynccontextmanager
async def _lanes(dsn: str) -> AsyncIterator[Sequence[_Lane]]:
    """Lanes on connections of their own; at the end, however it came, nothing is under way and all are closed."""
    sql = await asyncio.to_thread((SQL / SourceName.ENGAGEMENTS.value / "import_corporations.sql").read_text, "utf-8")
    connections: list[asyncpg.Connection[asyncpg.Record]] = []
    lanes: list[_Lane] = []
    try:
        for _ in range(_LANES):
            connections.append(await asyncpg.connect(dsn, server_settings=_SESSION))
            lanes.append(_Lane(await connections[-1].prepare(sql)))
        yield lanes
        # What still waits for the index is merged now, so that searches after the import do not read a long list.
        await connections[0].execute("SELECT gin_clean_pending_list('corporation_search')")
    finally:
        for lane in lanes:
            await lane.cancel()
        for connection in connections:
            await connection.close()
