"""Parquet: columns of the types that the graph has, nested objects as structs, lists as lists. Needs the extra `parquet`.

Rows are gathered into row groups, compressed in a thread. A file has its index at its end: one that broke off is of no use, and
is exported again from the start.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)

from engine.moments import MOMENT
from engine.plan import Leaf, ListOf, Value
from export.structure import Path, dotted, is_object, members
from hub.errors import NotExportable

GROUP_ROWS: Final = 10_000
"""Rows of a row group: what is held in memory, and what a reader can skip."""

_SCALARS: Final[dict[GraphQLLeafType, Any]] = {
    GraphQLString: pa.string(),
    GraphQLID: pa.string(),
    GraphQLInt: pa.int32(),
    GraphQLFloat: pa.float64(),
    GraphQLBoolean: pa.bool_(),
}

Convert = Callable[[Any], Any]

_NAMED: Final[dict[str, tuple[Any, Convert]]] = {
    "Date": (pa.date32(), date.fromisoformat),
}


class ParquetEncoder:
    """Rows into row groups, and the index at the end."""

    def __init__(self, row: Value) -> None:
        fields = [(name, *_type(member, (name,))) for name, member in members(row)]
        self._schema = pa.schema([(name, type_) for name, type_, _ in fields])
        self._convert = _of_members([(name, convert) for name, _, convert in fields])
        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._rows: list[Any] = []

    def begin(self) -> bytes:
        """The format's mark."""
        return self._sink.take()

    async def encode(self, rows: list[Any]) -> bytes:
        """A row group, once there are rows enough."""
        self._rows += rows if self._convert is None else map(self._convert, rows)
        if len(self._rows) >= GROUP_ROWS:
            await asyncio.to_thread(self._write)
        return self._sink.take()

    async def end(self) -> bytes:
        """The last row group, and the index."""
        if self._rows:
            await asyncio.to_thread(self._write)
        self._writer.close()
        return self._sink.take()

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        self._writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=self._schema))


class _Sink:
    """A file to pyarrow, which is taken away as it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.closed = False

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(self._parts[-1])

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True


def _type(value: Value, path: Path) -> tuple[Any, Convert | None]:
    """The Arrow type of a value, and what turns it from what JSON has into what Arrow takes, None where it is that already."""
    if isinstance(value, Leaf):
        return _leaf(value.type, path)
    if isinstance(value, ListOf):
        item, convert = _type(value.item, path)
        each = None if convert is None else _nullable(convert)
        return pa.list_(item), None if each is None else lambda items: [each(one) for one in items]
    assert is_object(value)
    fields = [(name, *_type(member, (*path, name))) for name, member in members(value, path)]
    return pa.struct([(name, type_) for name, type_, _ in fields]), _of_members([(name, each) for name, _, each in fields])


def _leaf(type_: GraphQLLeafType, path: Path) -> tuple[Any, Convert | None]:
    if isinstance(type_, GraphQLEnumType):
        return pa.dictionary(pa.int32(), pa.string()), None
    if type_ is MOMENT:
        return pa.timestamp("us", "UTC"), None
    if type_ in _SCALARS:
        return _SCALARS[type_], None
    if type_.name in _NAMED:
        return _NAMED[type_.name]
    raise NotExportable(dotted(path), f"is a {type_.name}, which has no type in Parquet; export it as ndjson.")


def _of_members(fields: list[tuple[str, Convert | None]]) -> Convert | None:
    """A copy of an object with its members turned: the same object may stand in several rows."""
    turned = [(name, _nullable(convert)) for name, convert in fields if convert is not None]
    if not turned:
        return None
    return lambda row: row | {name: convert(row[name]) for name, convert in turned}


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
