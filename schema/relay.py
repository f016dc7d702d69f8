"""Relay: the Node interface and one shape of connection for all types."""

from typing import Any, Generic, TypeVar

import strawberry
from strawberry.types.info import Info

from hub import global_id
from hub.context import RequestContext
from loaders.pages import Connection as ConnectionRead
from loaders.reading import Row
from schema.fields import DeclaredField, computed

NodeT = TypeVar("NodeT")


class TypedRow(dict[str, Any]):
    """A row that says of which type of the graph it is, for fields whose type is an interface."""

    def __init__(self, row: Row, type_name: str) -> None:
        super().__init__(row)
        self.type_name = type_name


class GlobalIdField(DeclaredField):
    """The global id: the type's name and the row's key."""

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None
        assert info.path.typename is not None
        return global_id.encode(info.path.typename, source["id"])


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


async def _has_next(read: ConnectionRead, _context: RequestContext) -> bool:
    return await read.has_next()


async def _has_previous(read: ConnectionRead, _context: RequestContext) -> bool:
    return await read.has_previous()


async def _start_cursor(read: ConnectionRead, _context: RequestContext) -> str | None:
    rows = await read.rows()
    return read.cursor(rows[0]) if rows else None


async def _end_cursor(read: ConnectionRead, _context: RequestContext) -> str | None:
    rows = await read.rows()
    return read.cursor(rows[-1]) if rows else None


async def _edges(read: ConnectionRead, _context: RequestContext) -> list[dict[str, Any]]:
    return [{"cursor": read.cursor(row), "node": row} for row in await read.rows()]


async def _nodes(read: ConnectionRead, _context: RequestContext) -> list[Row]:
    return await read.rows()


async def _total_count(read: ConnectionRead, _context: RequestContext) -> int:
    return await read.total_count()


def _itself(read: ConnectionRead, _context: RequestContext) -> ConnectionRead:
    return read


@strawberry.type(description="Where a page stands in its connection.")
class PageInfo:
    has_next_page: bool = computed(_has_next, description="Whether there are more after the page.")
    has_previous_page: bool = computed(_has_previous, description="Whether there are more before the page.")
    start_cursor: str | None = computed(
        _start_cursor, description="The cursor of the page's first item; null where it is empty."
    )
    end_cursor: str | None = computed(_end_cursor, description="The cursor of the page's last item; null where it is empty.")


@strawberry.type(description="One item of a page and its cursor.")
class Edge(Generic[NodeT]):
    cursor: str = strawberry.field(description="Where to go on from: pass it as `after` or `before`.")
    node: NodeT


@strawberry.type(description="A page of a list: 1 to 100 items, 20 by default.")
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]] = computed(_edges, description="The page's items with their cursors.")
    nodes: list[NodeT] = computed(_nodes, description="The page's items.")
    page_info: PageInfo = computed(_itself, description="Where the page stands.")
    total_count: int = computed(_total_count, description="How many there are in all; counted only when asked for.")
