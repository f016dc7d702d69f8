"""Selections of the served schema down to a depth, and the oracle's answer to each, field by field."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type, is_leaf_type, is_object_type
from strawberry.utils.str_converters import to_snake_case

from schema import build_schema
from tests.plain_sql import gid
from tests.visibility.oracle import Sight
from tests.visibility.places import PLACES, TABLES, Leaf, Many, One, Pages
from tests.visibility.world import Row

SCHEMA = build_schema()._schema

PAYLOADS = {"ClientPayload", "EngagementPayload", "HandoffPayload", "UserError"}
"""What mutations answer: no objects, but the way to some that is taken once; tests/lifecycle compares what it leads to."""

PAGE = 50
"""More than any connection of the world holds."""

Cell = tuple[str, str]
"""What was looked at (Type, Type.field or Query.field), and by which way."""


def object_type(name: str) -> GraphQLObjectType:
    """A type of the schema that has fields."""
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType), name
    return found


def key_field(type_name: str) -> str:
    """The field that tells one object of a type from another."""
    fields = object_type(type_name).fields
    return next(name for name in ("id", "number", "code", "startedAt", "foundAt", "remedy") if name in fields)


def key_of(type_name: str, row: Row) -> str:
    """What that field says of a row with a global id or a number."""
    key = key_field(type_name)
    return gid(type_name, row["id"]) if key == "id" else str(row[key])


def selection(type_name: str, depth: int) -> str:
    """Every field of a type; what its edges lead to likewise, one level less deep, and at depth 0 no edges."""
    return " ".join(("__typename", *_selected(object_type(type_name), depth)))


def _selected(type_: GraphQLObjectType, depth: int) -> Iterator[str]:
    for name, field in type_.fields.items():
        if is_leaf_type(get_named_type(field.type)):
            yield name
        elif depth and is_connection(field.type):
            yield f"{name}(first: {PAGE}) {{ {page_selection(node_type(field.type), depth - 1)} }}"
        elif depth:
            yield f"{name} {{ {selection(get_named_type(field.type).name, depth - 1)} }}"


def is_connection(type_: GraphQLOutputType) -> bool:
    """Whether a field's type is a connection."""
    return get_named_type(type_).name.endswith("Connection")


def node_type(type_: GraphQLOutputType) -> str:
    """What a connection's nodes are."""
    return get_named_type(type_).name.removesuffix("Connection")


def page_selection(type_name: str, depth: int) -> str:
    """Every field of a connection."""
    return (
        "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
        f"nodes {{ {selection(type_name, depth)} }} edges {{ cursor node {{ {key_field(type_name)} }} }}"
    )


def expected(sight: Sight, type_name: str, row: Row | None, depth: int, way: str, cells: set[Cell]) -> dict[str, Any] | None:
    """The answer to `selection` of a row, which is None where it does not show; notes each field in `cells`."""
    cells.add((type_name, way))
    if row is None or not sight.sees(TABLES[type_name], row):
        return None
    answer: dict[str, Any] = {"__typename": type_name}
    for name, field in object_type(type_name).fields.items():
        if is_leaf_type(get_named_type(field.type)):
            answer[name] = _leaf(sight, type_name, name, row)
        elif depth:
            answer[name] = _edge(sight, type_name, name, row, depth - 1, f"{way} > {type_name}.{name}", cells)
        else:
            continue
        cells.add((f"{type_name}.{name}", way))
    return answer


def expected_page(sight: Sight, type_name: str, rows: list[Row], depth: int, way: str, cells: set[Cell]) -> dict[str, Any]:
    """The answer to `page_selection` of rows that show, as `settled` leaves it."""
    nodes = [expected(sight, type_name, row, depth, way, cells) for row in rows]
    keys = [node[key_field(type_name)] for node in nodes if node is not None]
    cells.add((type_name, way))
    return {"totalCount": len(rows), "more": [False, False], "nodes": nodes, "edges": keys}


def _leaf(sight: Sight, type_name: str, name: str, row: Row) -> Any:
    place = PLACES.get((type_name, name))
    if place is None and name == "id":
        return gid(type_name, row["id"])
    if place is None:
        return plain(sight.value(TABLES[type_name], row, to_snake_case(name)))
    assert isinstance(place, Leaf)
    return plain(place.of(sight, row))


def _edge(sight: Sight, type_name: str, name: str, row: Row, depth: int, way: str, cells: set[Cell]) -> Any:
    place = PLACES[type_name, name]
    if isinstance(place, One):
        return expected(sight, place.type, place.of(sight, row), depth, way, cells)
    assert isinstance(place, Many | Pages)
    rows = place.of(sight, row)
    if isinstance(place, Pages):
        return expected_page(sight, place.type, rows, depth, way, cells)
    cells.add((place.type, way))
    return [expected(sight, place.type, item, depth, way, cells) for item in rows]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def settled(answer: Any) -> Any:
    """An answer with its cursors checked and taken out: each page begins and ends where it says, no two places are the same."""
    if isinstance(answer, list):
        return [settled(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    if not {"pageInfo", "edges"} <= answer.keys():
        return {name: settled(value) for name, value in answer.items()}
    info, cursors = answer["pageInfo"], [edge["cursor"] for edge in answer["edges"]]
    assert len(set(cursors)) == len(cursors)
    assert [info["startCursor"], info["endCursor"]] == ([cursors[0], cursors[-1]] if cursors else [None, None])
    return {
        "totalCount": answer["totalCount"],
        "more": [info["hasPreviousPage"], info["hasNextPage"]],
        "nodes": settled(answer["nodes"]),
        "edges": [next(iter(edge["node"].values())) for edge in answer["edges"]],
    }


def differences(found: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ, each place in a line."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in {**found, **expected}:
            yield from differences(found.get(name, "nothing"), expected.get(name, "nothing"), f"{path}.{name}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for index, pair in enumerate(zip(found, expected, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif found != expected:
        yield f"{path}: {found!r:.300} should be {expected!r:.300}"


def edges_of_schema() -> set[tuple[str, str]]:
    """Every (type, field) that leads from an object to others, and is no part of a page."""
    return {
        (type_.name, name)
        for type_ in SCHEMA.type_map.values()
        if is_object_type(type_) and not is_root(type_) and type_.name not in PAYLOADS and not is_page_part(type_.name)
        for name, field in type_.fields.items()
        if not is_leaf_type(get_named_type(field.type))
    }


def is_root(type_: object) -> bool:
    """Whether a type is a root of operations."""
    return type_ in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)


def is_page_part(name: str) -> bool:
    """Whether a type is a connection or a part of one, or belongs to introspection."""
    return name.startswith("__") or name in ("PageInfo", "HandoffEventPage") or name.endswith(("Connection", "Edge"))


def connections_of_query() -> dict[str, str]:
    """Every root connection, and the type of its nodes."""
    assert SCHEMA.query_type is not None
    return {name: node_type(field.type) for name, field in SCHEMA.query_type.fields.items() if is_connection(field.type)}
