"""Relay: the Node interface and one shape of connection for all types."""

from operator import itemgetter
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.types.info import Info

from engine.declarations import Column
from hub import global_id
from loaders.pages import Connection as ConnectionRead
from schema.fields import DeclaredField, TypedRow, part
from schema.price import COUNT_WEIGHT

NodeT = TypeVar("NodeT")


class GlobalIdField(DeclaredField):
    """The global id: the type's name and the row's key."""

    @property
    def declaration(self) -> Column:
        return Column("id", global_id.encoder)

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None
        assert info.path.typename is not None
        return global_id.encode(info.path.typename, source["id"])


class KeyField(DeclaredField):
    """The global id of a row of another type, by the column that holds its key: not where the key is null."""

    of: str
    column: str
    declared = ("of", "column")

    @property
    def declaration(self) -> Column:
        return Column(self.column, lambda _type_name: global_id.encoder(self.of))

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        return global_id.encode(self.of, source[self.column])


def key_of(of: str, column: str, *, description: str) -> Any:
    """Declare the global id of a row of another type."""
    field = KeyField(description=description)
    field.of, field.column = of, column
    return field


@strawberry.interface(description="An object with a global id: opaque, the same wherever the object is met.")
class Node:
    id: strawberry.ID = GlobalIdField(description="The global id.")  # type: ignore[assignment]

    @classmethod
    def resolve_type(cls, value: TypedRow, *_args: object) -> str:
        """The type's name, as node() found it."""
        return value.type_name

    @classmethod
    def is_type_of(cls, _value: object, _info: object) -> bool:
        """Rows carry no type of their own: that of the field holds."""
        return True


async def _start_cursor(read: ConnectionRead) -> str | None:
    rows = await read.rows()
    return read.cursor(rows[0]) if rows else None


async def _end_cursor(read: ConnectionRead) -> str | None:
    rows = await read.rows()
    return read.cursor(rows[-1]) if rows else None


async def _edges(read: ConnectionRead) -> list[dict[str, Any]]:
    return [{"cursor": read.cursor(row), "node": row} for row in await read.rows()]


def _itself(read: ConnectionRead) -> ConnectionRead:
    return read


@strawberry.type(description="Where a page stands in its connection.")
class PageInfo:
    has_next_page: bool = part("has_next_page", ConnectionRead.has_next, description="Whether there are more after the page.")
    has_previous_page: bool = part(
        "has_previous_page", ConnectionRead.has_previous, description="Whether there are more before the page."
    )
    start_cursor: str | None = part(
        "start_cursor", _start_cursor, description="The cursor of the page's first item; null where it is empty."
    )
    end_cursor: str | None = part(
        "end_cursor", _end_cursor, description="The cursor of the page's last item; null where it is empty."
    )


@strawberry.type(description="One item of a page and its cursor.")
class Edge(Generic[NodeT]):
    cursor: str = part("cursor", itemgetter("cursor"), description="Where to go on from: pass it as `after` or `before`.")
    node: NodeT = part("node", itemgetter("node"))


@strawberry.type(description="A page of a list: 1 to 100 items, 20 by default.")
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]] = part("edges", _edges, description="The page's items with their cursors.")
    nodes: list[NodeT] = part("nodes", ConnectionRead.rows, description="The page's items.")
    page_info: PageInfo = part("page_info", _itself, description="Where the page stands.")
    total_count: int = part(
        "total_count",
        ConnectionRead.total_count,
        weight=COUNT_WEIGHT,
        description="How many there are in all; counted only when asked for.",
    )
