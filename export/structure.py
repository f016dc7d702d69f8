"""What a row is made of: the members of its objects, by the name that the answer gives them and the type that they have."""

from collections.abc import Iterator
from typing import Final

from graphql import GraphQLString

from engine.plan import ConnectionOf, Leaf, ListOf, Object, Parts, Value
from hub.errors import NotExportable

# __typename, which is no field of a plan.
_TYPE_NAME: Final = Leaf(GraphQLString)

Path = tuple[str, ...]


def members(value: Value, path: Path = ()) -> Iterator[tuple[str, Value]]:
    """The members of an object, in the order of the answer; NotExportable, naming `path`, where they depend on its type."""
    match value:
        case ConnectionOf(parts):
            yield from members(parts, path)
        case Parts(_, response_keys, fields):
            by_key = {field.response_key: field.value for field in fields}
            yield from ((key, by_key.get(key, _TYPE_NAME)) for key in response_keys)
        case Object(selection):
            by_key = {field.response_key: field.value for field in selection.fields}
            yield from ((key, by_key.get(key, _TYPE_NAME)) for key in selection.response_keys)
        case _:
            raise NotExportable(dotted(path), "is of several types, which have no common columns; export it as ndjson.")


def is_object(value: Value) -> bool:
    """Whether it has members: it is neither a leaf nor a list."""
    return not isinstance(value, Leaf | ListOf)


def dotted(path: Path) -> str:
    """The path as a column's name."""
    return ".".join(path)
