"""DateTime and Date as the contract has them: RFC 3339 with an offset in, UTC ending in Z out."""

import re
from datetime import UTC, date, datetime
from typing import Any

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

from hub.errors import BadValue

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def serialize_datetime(value: datetime) -> str:
    """UTC, ending in Z; a fraction of a second only where there is one."""
    # A third of the time of isoformat(), and the same text; rows are full of them.
    return orjson.dumps(value if value.tzinfo is UTC else value.astimezone(UTC), option=orjson.OPT_UTC_Z)[1:-1].decode()


def parse_datetime(value: Any) -> datetime:
    """A time with an offset; anything else is refused, a time without an offset too."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise BadValue(f"Not a DateTime: {value!r}. Write RFC 3339 with an offset, for example 2026-04-01T09:00:00+09:00.")


def parse_date(value: Any) -> date:
    """A calendar day."""
    if isinstance(value, str) and _FULL_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise BadValue(f"Not a Date: {value!r}. Write year-month-day, for example 2026-04-01.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment: RFC 3339 with an offset in; UTC, ending in Z, out.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=serialize_datetime,
        parse_value=parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day, year-month-day; in filters inclusive and in the programme's time zone.",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
}
