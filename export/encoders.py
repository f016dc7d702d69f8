"""What writes an export's rows, for the format that was asked for."""

from typing import Any, Protocol

from engine.plan import Value
from export.csv import CsvEncoder
from export.formats import CSV, NDJSON
from export.ndjson import NdjsonEncoder
from export.request import ExportRequest
from hub.errors import NotAcceptable


class Encoder(Protocol):
    """Writes rows in one format, chunk by chunk."""

    def begin(self) -> bytes:
        """What stands before all rows."""

    async def encode(self, rows: list[Any]) -> bytes:
        """Some rows; empty where the format gathers more of them first."""

    async def end(self) -> bytes:
        """What is left, and what stands after all rows."""


def encoder_of(wanted: ExportRequest, row: Value) -> Encoder:
    """The encoder for rows of this structure; NotExportable where the format has no place for a part of it."""
    if wanted.format is NDJSON:
        return NdjsonEncoder()
    if wanted.format is CSV:
        return CsvEncoder(row, bom=wanted.bom, escape_formulas=wanted.escape_formulas)
    try:
        from export.parquet import ParquetEncoder
    except ImportError:
        raise NotAcceptable(
            "format: this hub writes no parquet, as its extra `parquet` is not installed; take ndjson or csv."
        ) from None
    return ParquetEncoder(row)
