"""Moments that are answered as they were read, for writers that have a form of their own for them.

A plan's moments are texts once a row is shaped: JSON has no better. Where rows go into something else, or to a writer of JSON
that writes moments by itself, to make these texts is a good part of the work.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from graphql import GraphQLScalarType

from engine.plan import Abstract, ConnectionOf, Field, Joined, Leaf, ListOf, Object, Parts, Selection, Value


def _in_utc(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"a moment was to be read, not {type(value).__name__}")
    return value.astimezone(UTC)


MOMENT: Final = GraphQLScalarType("DateTime", coerce_output_value=_in_utc, description="A datetime in UTC.")
"""In the place of a scalar for moments: its values are answered as datetimes."""


def with_moments(value: Value) -> Value:
    """A copy of a value whose leaves of the scalar DateTime are MOMENTs."""
    match value:
        case Leaf(type_):
            return Leaf(MOMENT) if type_.name == MOMENT.name else value
        case ListOf(item):
            return replace(value, item=with_moments(item))
        case Object(selection):
            return Object(_selection(selection))
        case Abstract(selections):
            return Abstract({name: _selection(selection) for name, selection in selections.items()})
        case Parts(_, _, fields):
            return replace(value, fields=[_field(field) for field in fields])
        case ConnectionOf(parts):
            copied = with_moments(parts)
            assert isinstance(copied, Parts)
            return replace(value, parts=copied)
    raise AssertionError(value)


def _field(field: Field) -> Field:
    return replace(field, value=with_moments(field.value))


def _selection(selection: Selection) -> Selection:
    copies = {id(field): _field(field) for field in selection.fields}
    return replace(
        selection,
        fields=list(copies.values()),
        leaves={key: copies[id(field)] for key, field in selection.leaves.items()},
        joined={key: _joined(joined, copies[id(joined.field)]) for key, joined in selection.joined.items()},
        loads=[[copies[id(field)] for field in group] for group in selection.loads],
        shapers={},
    )


def _joined(joined: Joined, field: Field) -> Joined:
    assert isinstance(field.value, Object)
    return replace(joined, field=field, selection=field.value.selection)
