"""A plan: what an operation reads and how its answer is shaped, level by level. Made once (engine/compiler.py), run often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLLeafType

from engine.declarations import Columns, Declaration

Arguments = Callable[[Any], dict[str, Any]]
"""The arguments of a field for a request's variable values; GraphQLError where they do not fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A value that is written as it is, or as its type serialises it."""

    type: GraphQLLeafType


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """A list."""

    item: "Value"
    item_non_null: bool


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """Rows of one type."""

    selection: "Selection"


@dataclass(frozen=True, slots=True, eq=False)
class Abstract:
    """Rows that say of which type they are: a selection for each."""

    selections: dict[str, "Selection"]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What is asked of a connection, of its edges, or of its PageInfo."""

    type_name: str
    response_keys: list[str]
    fields: list["Field"]


@dataclass(slots=True, eq=False)
class ConnectionOf:
    """A page of rows. `columns`: what all selections of its rows need together."""

    parts: Parts
    columns: Columns
    asked: frozenset[str]


Value = Leaf | ListOf | Object | Abstract | Parts | ConnectionOf


@dataclass(slots=True, eq=False)
class Field:
    """One field of a selection: all of its nodes, merged."""

    response_key: str
    name: str
    type_name: str
    nodes: list[FieldNode]
    declaration: Declaration
    value: Value
    non_null: bool
    arguments: Arguments


@dataclass(slots=True, eq=False)
class Selection:
    """The fields that are asked of the rows of one type, in the order of the answer.

    `columns`: what is read of a row. `leaves`: fields that are columns. `loads`: the others, those together that
    one read answers. A response key of neither is __typename's.
    """

    type_name: str
    response_keys: list[str]
    leaves: dict[str, Field]
    loads: list[list[Field]]
    columns: Columns
    shapers: dict[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """An operation's root: its fields in the order of the answer, run one after the other where they change something."""

    type_name: str
    response_keys: list[str]
    fields: list[Field]
    serial: bool
