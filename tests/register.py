"""Files of the corporate register as tests write them, an import of them, and what it leaves in the table."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from hub.corporate_number import check_digit
from importers.corporation_record import COLUMN_NAMES
from importers.corporations import ImportSummary, Progress, RejectedRow, import_corporations


def number(serial: int) -> str:
    others = f"{serial:012}"
    return f"{check_digit(others)}{others}"


def record(serial: int = 1, **fields: str) -> list[str]:
    """A record in order; `fields` names columns as the register does, with _ for a space."""
    values = dict.fromkeys(COLUMN_NAMES, "") | {
        "sequence number": "1",
        "corporate number": number(serial),
        "process": "01",
        "correction": "0",
        "update date": "2024-01-05",
        "change date": "2024-01-04",
        "name": "株式会社 表示",
        "kind": "301",
        "prefecture": "東京都",
        "city": "千代田区",
        "street": "霞が関３丁目１番１号",
        "prefecture code": "13",
        "city code": "101",
        "postal code": "1000013",
        "assignment date": "2015-10-05",
        "latest": "1",
        "furigana": "ヒョウジ",
        "hidden": "0",
    }
    values.update({name.replace("_", " "): value for name, value in fields.items()})
    assert len(values) == len(COLUMN_NAMES)
    return list(values.values())


def text(records: Iterable[Sequence[str]], newline: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows(records)
    return out.getvalue()


def file(path: Path, records: Iterable[Sequence[str]], encoding: str = "cp932", newline: str = "\n") -> Path:
    path.write_bytes(text(records, newline).encode(encoding))
    return path


class Run:
    """One import: its summary, and what was told on the way."""

    def __init__(self) -> None:
        self.rejected: list[RejectedRow] = []
        self.progress: list[Progress] = []
        self.summary = ImportSummary(0, 0, 0, 0, 0, 0)


async def load(dsn: str, *files: Path) -> Run:
    run = Run()
    run.summary = await import_corporations(dsn, files, on_rejected=run.rejected.append, on_progress=run.progress.append)
    summary = run.summary
    assert summary.read == sum((summary.rejected, summary.superseded, summary.inserted, summary.updated, summary.unchanged))
    assert summary.rejected == len(run.rejected)
    return run


async def query(dsn: str, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "engagements"})
    try:
        return [tuple(row) for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


async def table(dsn: str) -> list[tuple[Any, ...]]:
    return await query(
        dsn,
        "SELECT number, name, name_kana, region, address, postal_code, status, successor_number, updated_on, changed_on "
        "FROM corporation ORDER BY number",
    )
