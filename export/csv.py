"""CSV (RFC 4180): a column a leaf, the leaves of nested objects under dotted names, lists as JSON in one cell.

Null, an empty text, and every column of an object that is null are empty cells. Spreadsheets take some texts for formulas: on
request these get an apostrophe before them, which spreadsheets understand as "this is text".
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any, Final

import orjson
from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString

from engine.moments import MOMENT
from engine.plan import Leaf, Value
from export.structure import Path, dotted, is_object, members

BOM: Final = b"\xef\xbb\xbf"
"""Tells spreadsheets that the text is UTF-8."""

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula's start; those of full width too, as Japanese ones do."""

_TRUTH: Final = {True: "true", False: "false", None: ""}
_NUMBERS: Final = (GraphQLInt, GraphQLFloat)
_FREE_TEXT: Final = (GraphQLString, GraphQLID)


@dataclass(frozen=True, slots=True)
class _Column:
    path: Path
    value: Value


class CsvEncoder:
    """Rows into records, after a header."""

    def __init__(self, row: Value, *, bom: bool, escape_formulas: bool) -> None:
        columns = list(_columns(row, ()))
        self._bom = bom
        self._names = [dotted(column.path) for column in columns]
        self._cells = _cells(row, columns, escape_formulas=escape_formulas)

    def begin(self) -> bytes:
        """The header, after a byte order mark where that is asked for."""
        return (BOM if self._bom else b"") + _written([self._names])

    async def encode(self, rows: list[Any]) -> bytes:
        """A record a row."""
        records = self._cells(rows)
        return _joined(records, len(self._names)) or _written(records)

    async def end(self) -> bytes:
        """Nothing comes after the records."""
        return b""


def _columns(value: Value, path: Path) -> Iterator[_Column]:
    for name, member in members(value, path):
        if is_object(member):
            yield from _columns(member, (*path, name))
        else:
            yield _Column((*path, name), member)


def _joined(records: list[tuple[str, ...]], width: int) -> bytes | None:
    """The records, where no cell needs quotes; None where one does. The writer looks at each character: four times the time."""
    text = "\r\n".join([*map(",".join, records), ""])
    count = len(records)
    plain = width > 1 and '"' not in text and text.count(",") == count * (width - 1)
    return text.encode() if plain and text.count("\n") == text.count("\r") == count else None


def _written(records: Sequence[Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(records)
    return text.getvalue().encode()


def _cells(row: Value, columns: list[_Column], *, escape_formulas: bool) -> Callable[[list[Any]], list[tuple[str, ...]]]:
    """rows: n dicts -> n tuples of texts. Source made of response keys (GraphQL names) alone, as shapers are."""
    names: dict[str, Any] = {"truth": _TRUTH, "json": _json, "escape": escape, "text": _text, "moment": _moment}
    absent = _absent(row)
    cells = "".join(f"{_cell(column, absent, names, escape_formulas=escape_formulas)}, " for column in columns)
    made: Callable[[list[Any]], list[tuple[str, ...]]] = eval(
        f"lambda rows: [({cells}) for row in rows]", {"__builtins__": {}, **names}
    )
    return made


def _cell(column: _Column, absent: dict[str, Any], names: dict[str, Any], *, escape_formulas: bool) -> str:
    expression, *rest = "row", *column.path
    for depth, key in enumerate(rest):
        expression = f"{expression}[{key!r}]"
        if depth < len(rest) - 1:
            # What stands for an object that is null: the same object with nothing in it.
            absent = absent[key]
            name = f"absent{len(names)}"
            names[name] = absent
            expression = f"({expression} or {name})"
    if not isinstance(column.value, Leaf):
        return f"json({expression})"
    type_ = column.value.type
    if type_ is GraphQLBoolean:
        return f"truth[{expression}]"
    if type_ is MOMENT:
        return f"moment({expression})"
    if type_ in _FREE_TEXT and escape_formulas:
        return f"escape({expression})"
    return f"text({expression})" if type_ in _NUMBERS else f"({expression} or '')"


def _absent(value: Value) -> dict[str, Any]:
    return {name: _absent(member) if is_object(member) else None for name, member in members(value)}


def _json(value: Any) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else orjson.dumps(moment, option=orjson.OPT_UTC_Z)[1:-1].decode()


def _text(number: float | None) -> str:
    return "" if number is None else repr(number)


def escape(text: str | None) -> str:
    """A text with an apostrophe before it where a spreadsheet could take it for a formula."""
    return "" if text is None else f"'{text}" if text.startswith(FORMULA_STARTS) else text
