"""Values of every kind of leaf, expected and not: what is written, what is refused and where, beside graphql-core."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from operator import getitem
from typing import Any

import pytest
import strawberry
from graphql import parse
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig

from schema.fields import root
from schema.scalars import SCALARS
from tests.engine.reference import Ran, by_engine, by_graphql_core, difference


@strawberry.enum
class Colour(Enum):
    RED = "RED"
    GREEN = "green"


@strawberry.type
class Sample:
    key: strawberry.ID | None
    whole: int | None
    real: float | None
    truth: bool | None
    text: str | None
    day: date | None
    moment: datetime | None
    colour: Colour | None
    must_be: str
    wholes: list[int] | None
    gaps: list[int | None] | None
    reals: list[float] | None
    texts: list[str] | None
    keys: list[strawberry.ID | None] | None
    truths: list[bool] | None
    colours: list[Colour | None] | None
    days: list[date] | None
    grid: list[list[int | None] | None] | None
    strict_grid: list[list[int]] | None


def _rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows


@strawberry.type
class Query:
    samples: list[Sample | None] | None = root(_rows)
    whole_samples: list[Sample] | None = root(_rows)


SCHEMA = Schema(Query, config=StrawberryConfig(default_resolver=getitem, scalar_map=SCALARS))

COLUMNS = list(Sample.__annotations__)
FIELDS = " ".join(field for field in SCHEMA._schema.type_map["Sample"].fields)  # type: ignore[attr-defined]
DOCUMENT = parse(f"{{ samples {{ {FIELDS} }} wholeSamples {{ again: wholes {FIELDS} }} }}")

EXPECTED: dict[str, st.SearchStrategy[Any]] = {
    "key": st.text() | st.integers(),
    "whole": st.integers(-(2**31), 2**31 - 1),
    "real": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    "truth": st.booleans(),
    "text": st.text(),
    "must_be": st.text(),
    "day": st.dates(),
    "moment": st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),
    "colour": st.sampled_from(["RED", "green", Colour.RED, Colour.GREEN]),
}
LISTS = {
    "wholes": "whole",
    "gaps": "whole",
    "reals": "real",
    "texts": "text",
    "keys": "key",
    "truths": "truth",
    "colours": "colour",
    "days": "day",
}
ODD = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=3),
    st.binary(max_size=2),
    st.decimals(allow_nan=True),
    st.dates(),
    st.lists(st.integers() | st.none() | st.text(max_size=1), max_size=3),
    st.tuples(st.integers()),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
    st.sampled_from([*Colour, object, Decimal("1E+400"), "1", "true", 1.0, -0.0, 2**31, -(2**31) - 1, 2**53 + 1]),
)


def values(column: str) -> st.SearchStrategy[Any]:
    """What a column holds: mostly what it should, at times nothing, at times anything."""
    if column in ("grid", "strict_grid"):
        expected: st.SearchStrategy[Any] = st.lists(st.lists(EXPECTED["whole"], max_size=2), max_size=2)
        odd = st.lists(st.lists(ODD, max_size=2) | ODD, max_size=2) | ODD
    elif column in LISTS:
        expected = st.lists(EXPECTED[LISTS[column]], max_size=3)
        odd = st.lists(ODD | EXPECTED[LISTS[column]], max_size=3) | ODD
    else:
        expected, odd = EXPECTED[column], ODD
    return st.integers(0, 9).flatmap(lambda chance: odd if chance == 0 else st.none() if chance == 1 else expected)


PLAIN: dict[str, Any] = dict.fromkeys(COLUMNS) | {"must_be": "given"}

CHOSEN: list[tuple[str, Any]] = [
    ("must_be", None),
    ("must_be", object()),
    ("whole", True),
    ("whole", 2**31),
    ("real", float("nan")),
    ("real", True),
    ("text", 5),
    ("text", ["a"]),
    ("key", 1.5),
    ("colour", "green"),
    ("colour", Colour.GREEN),
    ("colour", "BLUE"),
    ("colour", []),
    ("day", "2026-04-01"),
    ("moment", datetime(2026, 4, 1)),
    ("wholes", [1, "x"]),
    ("wholes", [1, None]),
    ("wholes", 5),
    ("wholes", (1, 2)),
    ("wholes", {1: 2}),
    ("gaps", [1, None, 2**31, 4]),
    ("texts", "abc"),
    ("texts", [None]),
    ("colours", ["RED", "BLUE", None, "GREEN"]),
    ("days", [date(2026, 4, 1), None]),
    ("grid", [[1, None], [2**31], None, 5]),
    ("strict_grid", [[1], [2**31]]),
    ("strict_grid", [[1], None]),
]


@pytest.mark.parametrize(("column", "value"), CHOSEN, ids=lambda each: str(each)[:20])
def test_a_chosen_value_is_written_or_refused_as_graphql_core_does(column: str, value: Any) -> None:
    reference, ours = asyncio.run(_both([PLAIN, PLAIN | {column: value}]))
    assert difference(reference, ours) is None


# Without shrinking: what fails is then found by the chosen values above, one by one.
@settings(max_examples=300, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(st.lists(st.fixed_dictionaries({column: values(column) for column in COLUMNS}), max_size=3))
def test_values_are_written_and_refused_as_graphql_core_does(rows: list[dict[str, Any]]) -> None:
    reference, ours = asyncio.run(_both(rows))
    assert difference(reference, ours) is None


async def _both(rows: list[dict[str, Any]]) -> tuple[Ran, Ran]:
    return await by_graphql_core(SCHEMA, DOCUMENT, {}, rows), await by_engine(SCHEMA, DOCUMENT, {}, rows)
