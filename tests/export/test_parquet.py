"""Parquet: the types that the graph has, and the values that a page has."""

import io
import sys
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from export import parquet
from tests.export.conftest import Exports

QUERY = """{ engagements { nodes { __typename id title status version openedAt closedAt
    client { name employees corporation { updatedOn } }
    leadPartner { roles associations { code } joinedOn }
    handoffs { respondBy toPhase }
    enrollments { totalCount nodes { attendee status } pageInfo { hasNextPage } } } } }"""

ENUM = pa.dictionary(pa.int32(), pa.string())
MOMENT = pa.timestamp("us", "UTC")


def table_of(body: bytes) -> Any:
    """The table in a file."""
    return pyarrow.parquet.read_table(io.BytesIO(body))


def as_json(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


async def test_types_are_those_of_the_graph_and_values_those_of_a_page(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 1000)
    body = await exports.body(QUERY, format="parquet")
    table = table_of(body)
    assert table.schema == pa.schema(
        [
            ("__typename", pa.string()),
            ("id", pa.string()),
            ("title", pa.string()),
            ("status", ENUM),
            ("version", pa.int32()),
            ("openedAt", MOMENT),
            ("closedAt", MOMENT),
            (
                "client",
                pa.struct(
                    [
                        ("name", pa.string()),
                        ("employees", pa.int32()),
                        ("corporation", pa.struct([("updatedOn", pa.date32())])),
                    ]
                ),
            ),
            (
                "leadPartner",
                pa.struct(
                    [
                        ("roles", pa.list_(ENUM)),
                        ("associations", pa.list_(pa.struct([("code", pa.string())]))),
                        ("joinedOn", pa.date32()),
                    ]
                ),
            ),
            ("handoffs", pa.list_(pa.struct([("respondBy", MOMENT), ("toPhase", ENUM)]))),
            (
                "enrollments",
                pa.struct(
                    [
                        ("totalCount", pa.int32()),
                        ("nodes", pa.list_(pa.struct([("attendee", pa.string()), ("status", ENUM)]))),
                        ("pageInfo", pa.struct([("hasNextPage", pa.bool_())])),
                    ]
                ),
            ),
        ]
    )
    assert as_json(table.to_pylist()) == await exports.lines(QUERY)
    assert pyarrow.parquet.ParquetFile(io.BytesIO(body)).num_row_groups == 5


async def test_no_rows_are_a_file_with_columns(small: Exports) -> None:
    body = await small.body('{ partners(filter: {search: "nobody"}) { nodes { name joinedOn } } }', format="parquet")
    table = table_of(body)
    assert (table.num_rows, table.schema) == (0, pa.schema([("name", pa.string()), ("joinedOn", pa.date32())]))


async def test_without_the_extra_the_other_formats_are_named(small: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "export.parquet", None)
    assert await small.refusal("{ partners { nodes { name } } }", format="parquet") == (
        406,
        [
            {
                "message": "format: this hub writes no parquet, as its extra `parquet` is not installed; take ndjson or csv.",
                "extensions": {"code": "NOT_ACCEPTABLE"},
            }
        ],
    )
