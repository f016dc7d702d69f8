"""What a field of the schema reads: the one declaration that the engine and graphql-core both run from."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

Row = Any
"""A row: a mapping by column, or a record whose first values are the columns that were asked for, in that order."""

Columns = tuple[str, ...]
"""The columns to read, in this order."""


Batch = Callable[..., Awaitable[Sequence[Any]]]
"""`async (context, keys, columns=…, **arguments)`: keys: n distinct -> n values or exceptions, in the order of the keys.

A value is a row, a list of rows, a scalar, or None. Without `columns` a row has all of its columns, by name.
"""


class Kept(Protocol):
    """`batch.kept` of a batch function whose values may be kept between requests: what they depend on beside their keys.

    They may not be kept of a read that has arguments.
    """

    def scope(self, context: Any) -> Hashable: ...


@dataclass(slots=True)
class Page:
    """The rows of a page, in the connection's order, and whether there are more in the direction of reading."""

    rows: Sequence[Row]
    has_more: bool


class Connection(Protocol):
    """An opened connection: which rows, in which order, which part of them; the same for every parent.

    `by_id`: the batch function that has the same rows by their column `id`, where they may be kept between requests.
    """

    backwards: bool

    @property
    def by_id(self) -> Batch | None: ...

    async def pages(self, parents: Sequence[Any], columns: Columns) -> Sequence[Page]:
        """parents: n distinct -> n pages, their rows with these columns and what `cursor` needs."""

    async def counts(self, parents: Sequence[Any]) -> Sequence[int]:
        """How many rows each parent's connection has in all."""

    async def beyond(self, parents: Sequence[Any]) -> Sequence[bool]:
        """Whether rows lie on the other side of where each parent's page is read from."""

    def stream(self, columns: Columns, size: int) -> AsyncGenerator[Sequence[Row], None]:
        """All rows of the one connection at the root, so many at a time, whatever the size of a page."""

    def cursor(self, row: Row) -> str:
        """The cursor of a row that `pages` gave."""


@dataclass(frozen=True, slots=True)
class Find:
    """A row that a root field answers, or a list of rows: read by key, with what is selected. `type_name`: for interfaces."""

    batch: Batch
    key: Any
    type_name: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """The row's column of this name; `encoder(type name)`, where given, makes the values of it for many rows."""

    name: str
    encoder: Callable[[str], Callable[[Iterable[Any]], Iterator[Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Other rows, or a value, by the row's column `key`.

    `joined`: the row that it leads to stands in the parent's too, each column of it as `<joined>.<column>`; it is there where
    `<joined>.id` is not null. Where nothing but columns is asked of it, no read is needed.
    """

    batch: Batch
    key: str
    joined: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionEdge:
    """A page of other rows by the row's column `key`; `open(context, **arguments)` is called once for all parents.

    `kept`: what a page depends on beside its parent, where it may be kept between requests.
    """

    open: Callable[..., Connection]
    key: str
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """`resolver(row, context, **arguments)`, given a row with at least these columns; may be async."""

    resolver: Callable[..., Any]
    columns: Columns


@dataclass(frozen=True, slots=True)
class Root:
    """`resolver(context, **arguments)`: a Find, a list of Finds and exceptions, a Connection, or a value; may be async."""

    resolver: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a connection, of its edges or its PageInfo, by its name in Python."""

    name: str


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs beyond its objects, in the terms of @cost and @listSize.

    `largest_size`: the most items that it ever has, whatever its slicing arguments say.
    """

    weight: int = 0
    assumed_size: int | None = None
    largest_size: int = 100
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()


NO_PRICE: Final = Price()

Declaration = Column | Edge | ConnectionEdge | Computed | Root | Part
