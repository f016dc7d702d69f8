"""Orders of connections, and cursors: opaque places in an order, which stay good while rows come and go."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

import orjson

from hub.errors import BadCursor
from loaders.reading import Row

_PYTHON_TYPES = {"int8": int, "text": str, "date": date, "timestamptz": datetime}


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of a query's rows: (column, Postgres type) pairs, the last column unique, none of them null."""

    keys: tuple[tuple[str, str], ...]
    descending: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that rows are ordered by."""
        return tuple(column for column, _ in self.keys)

    def sql(self, *, backwards: bool = False) -> str:
        """The ORDER BY list."""
        direction = "DESC" if self.descending != backwards else "ASC"
        return ", ".join(f"page.{column} {direction}" for column, _ in self.keys)

    def beyond(self, parameter: str, comparison: str) -> str:
        """The condition that a row's place compares so to a cursor's: '>' is after it, whichever the direction."""
        if self.descending:
            comparison = comparison.translate(str.maketrans("<>", "><"))
        columns = ", ".join(f"page.{column}" for column, _ in self.keys)
        values = ", ".join(f":{parameter}_{index}::{type_}" for index, (_, type_) in enumerate(self.keys))
        return f" AND ({columns}) {comparison} ({values})"


BY_ID = Order((("id", "int8"),))
NEWEST_ID_FIRST = Order((("id", "int8"),), descending=True)


def encode(connection: str, order: Order, row: Row) -> str:
    """The cursor of a row in a connection: the values of the order's columns, marked with what they are for."""
    place = [_mark(connection, order), *(_to_json(row[column]) for column, _ in order.keys)]
    return urlsafe_b64encode(orjson.dumps(place)).rstrip(b"=").decode()


def decode(connection: str, order: Order, cursor: str, field: str) -> tuple[Any, ...]:
    """The values of the order's columns; BadCursor, naming the argument, where `encode` made no such cursor for this order."""
    try:
        mark, *values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        place = tuple(_from_json(value, type_) for value, (_, type_) in zip(values, order.keys, strict=True))
    except (Base64Error, UnicodeError, ValueError, TypeError, OverflowError):
        raise BadCursor(field) from None
    if mark != _mark(connection, order):
        raise BadCursor(field)
    return place


def _mark(connection: str, order: Order) -> int:
    return crc32(f"{connection} {order.sql()}".encode())


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_json(value: Any, type_: str) -> Any:
    if type_ in ("date", "timestamptz"):
        parsed = _PYTHON_TYPES[type_].fromisoformat(value)  # type: ignore[attr-defined]
        if isinstance(parsed, datetime) and parsed.tzinfo is None:
            raise ValueError("a time without an offset")
        # An offset at either end of the calendar names a time that is none: OverflowError.
        return parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed
    if type(value) is not _PYTHON_TYPES[type_]:
        raise ValueError("a value of another type")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a number that no int8 holds")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a character that no text holds")
    return value
