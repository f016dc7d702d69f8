"""Checks of what a client gave, each with an error that names the argument and the remedy."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Any, TypeVar

from hub import global_id
from hub.corporate_number import is_valid
from hub.errors import BadInput
from hub.vocabulary import OrderDirection
from loaders.cursors import Order

FieldT = TypeVar("FieldT", bound=Enum)

LONGEST_SEARCH = 64
LONGEST_LIST = 100
LONGEST_TEXT = 500

# No row has this key: what an id of another type stands for.
NO_KEY = 0

_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def given(filter: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a filter says, nulls left out."""
    return {name: value for name, value in (filter or {}).items() if value is not None}


def one_of(by: Mapping[str, Any]) -> tuple[str, Any]:
    """The one field of a @oneOf input and its value."""
    ((name, value),) = given(by).items()
    return name, value


def text(value: str | None, field: str, *, longest: int = LONGEST_TEXT) -> str | None:
    """A text that Postgres takes and that is not too long."""
    if value is None:
        return None
    if "\0" in value:
        raise BadInput(field, "must not contain the character U+0000")
    if len(value) > longest:
        raise BadInput(field, f"must have at most {longest} characters, not {len(value)}")
    return value


def search(value: str | None, field: str) -> str | None:
    """A text to search for: not blank."""
    checked = text(value, field, longest=LONGEST_SEARCH)
    if checked is not None and not checked.strip():
        raise BadInput(field, "must not be blank; leave it out to match everything")
    return checked


def texts(values: list[str] | None, field: str) -> list[str] | None:
    """A list of texts, not too long."""
    listed(values, field)
    for value in values or ():
        text(value, field)
    return values


def listed(values: list[Any] | None, field: str) -> list[Any] | None:
    """A list that is not too long."""
    if values is not None and len(values) > LONGEST_LIST:
        raise BadInput(field, f"must have at most {LONGEST_LIST} items, not {len(values)}")
    return values


def regions(values: list[str] | None, field: str) -> list[str] | None:
    """ISO 3166-2 codes."""
    for value in listed(values, field) or ():
        if not _REGION.fullmatch(value):
            raise BadInput(field, f"must be ISO 3166-2 codes, for example JP-13, not {value[:20]!r}")
    return values


def country(value: str | None, field: str) -> str | None:
    """An ISO 3166-1 alpha-2 code."""
    if value is not None and not _COUNTRY.fullmatch(value):
        raise BadInput(field, f"must be an ISO 3166-1 alpha-2 code, for example JP, not {value[:20]!r}")
    return value


def corporate_number(value: str, field: str) -> str:
    """A national corporate number with a good check digit."""
    if not is_valid(value):
        raise BadInput(field, f"must be 13 digits of which the first is the check digit, not {value[:20]!r}")
    return value


def key(type_name: str, value: str | None, field: str) -> int | None:
    """The row's key of an id; NO_KEY for an id of another type."""
    if value is None:
        return None
    return global_id.key_of(type_name, value, field) or NO_KEY


def order(order_by: Mapping[str, Any] | None, orders: Mapping[FieldT, Order]) -> Order | None:
    """The order that an input names, or None for the connection's own."""
    if order_by is None:
        return None
    return replace(orders[order_by["field"]], descending=order_by["direction"] is OrderDirection.DESC)


def start_of(day: date | None, zone: tzinfo, field: str) -> datetime | None:
    """The first moment of a day in the programme's time zone."""
    return None if day is None else _midnight(day, zone, field)


def end_of(day: date | None, zone: tzinfo, field: str) -> datetime | None:
    """The moment after a day in the programme's time zone."""
    if day == date.max:
        raise BadInput(field, "is out of range")
    return None if day is None else _midnight(day + timedelta(days=1), zone, field)


def _midnight(day: date, zone: tzinfo, field: str) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        raise BadInput(field, "is out of range") from None
