"""A plan: what an operation reads and how its answer is shaped, level by level. Made once (engine/compiler.py), run often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLLeafType

from engine.declarations import Columns, ConnectionEdge, Declaration, Edge, Kept

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
    """A page of rows. `columns`: what all selections of its rows need together.

    `kept`: what its nodes depend on beside their own rows, where nothing but nodes is made of those, and they may be kept.
    """

    parts: Parts
    columns: Columns
    asked: frozenset[str]
    kept: tuple[Kept, ...] | None = None


Value = Leaf | ListOf | Object | Abstract | Parts | ConnectionOf


@dataclass(slots=True, eq=False)
class Field:
    """One field of a selection: all of its nodes, merged. `place`: how many reads deep it is, and its path of response keys.

    `key`: of an edge or a connection, the column of its parent that it goes by. `selection`: what is asked of the rows that it
    leads to; None where they are of several types, or it leads to values.
    `kept`: of an edge or a connection, on what it depends beside its keys, with all below it, where its values may be kept
    between requests.
    """

    response_key: str
    name: str
    type_name: str
    nodes: list[FieldNode]
    declaration: Declaration
    value: Value
    non_null: bool
    arguments: Arguments
    kept: tuple[Kept, ...] | None
    place: tuple[int, str]
    key: str = field(init=False, default="")
    selection: "Selection | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        if isinstance(self.declaration, Edge | ConnectionEdge):
            self.key = self.declaration.key
        self.selection = next(iter(row_selections(self.value)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """An edge to a row that stands in its parent's: the columns' names there begin with `prefix`."""

    field: Field
    selection: "Selection"
    prefix: str

    @property
    def presence(self) -> str:
        """The column that is null where there is no such row."""
        return f"{self.prefix}id"


@dataclass(slots=True, eq=False)
class Selection:
    """The fields that are asked of the rows of one type, in the order of the answer, but for __typename.

    `columns`: what is read of a row. `leaves`: fields that are columns. `joined`: edges whose rows stand in the row itself.
    `loads`: the others, those together that one read answers. A response key of none of them is __typename's.
    """

    type_name: str
    response_keys: list[str]
    fields: list["Field"]
    leaves: dict[str, Field]
    joined: dict[str, "Joined"]
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


def row_selections(value: Value) -> list[Selection]:
    """The selections of the rows that a value is made of."""
    match value:
        case Object(selection):
            return [selection]
        case ListOf(item):
            return row_selections(item)
        case Parts(_, _, fields):
            return [found for field in fields for found in row_selections(field.value)]
        case ConnectionOf(parts):
            return row_selections(parts)
    return []
