"""The three kinds of fields, each one declaration that says what it reads.

* a column: a plain annotation (`name: str`) reads the parent row's column of that name;
* an edge: `edge(batch, key=…)` loads other rows by a column of the parent; `connection(pages, key=…)` a page of them;
* a computed field: `computed(resolver)` over the parent row.

Root fields are `root(resolver)`. Arguments are given as name=annotation; each reaches the batch function, the connection
or the resolver as a keyword, input objects as dicts of what the client gave.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from engine.cost import WEIGHT
from engine.declarations import (
    NO_PRICE,
    Batch,
    Columns,
    Computed,
    ConnectionEdge,
    Declaration,
    Edge,
    Find,
    Part,
    Price,
    Root,
)
from hub.context import RequestContext
from loaders.pages import DEFAULT_PAGE, LARGEST_PAGE, Pages
from loaders.pages import Connection as ConnectionRead
from loaders.reading import Row
from schema.price import SEARCH_WEIGHT, directives_of


class TypedRow(dict[str, Any]):
    """A row that says of which type of the graph it is, for fields whose type is an interface."""

    def __init__(self, row: Row, type_name: str) -> None:
        super().__init__(row)
        self.type_name = type_name


FieldT = TypeVar("FieldT", bound="DeclaredField")

PAGE = Price(
    assumed_size=DEFAULT_PAGE,
    largest_size=LARGEST_PAGE,
    slicing_arguments=("first", "last"),
    sized_fields=("nodes", "edges"),
)
"""What a connection costs: its page."""

PAGE_ARGUMENTS: dict[str, Any] = {"first": int | None, "after": str | None, "last": int | None, "before": str | None}


class DeclaredField(StrawberryField):
    """A field whose declaration says what it reads; the engine and graphql-core both run it from that."""

    declared: tuple[str, ...] = ()
    price: Price = NO_PRICE

    @property
    def is_basic_field(self) -> bool:
        return False

    def __copy__(self) -> Self:
        copied = super().__copy__()
        for name in (*self.declared, "price"):
            setattr(copied, name, getattr(self, name))
        return copied

    @property
    def declaration(self) -> Declaration:
        """What the field reads, as the engine takes it."""
        raise NotImplementedError

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        assert info is not None
        return self.read(source, info.context, {name: plain(value) for name, value in kwargs.items()})

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        """What the field answers under graphql-core: a value or an awaitable."""
        raise NotImplementedError


class EdgeField(DeclaredField):
    """An edge: `batch` over the parent's column `key`."""

    batch: Batch
    key: str
    joined: str | None
    declared = ("batch", "key", "joined")

    @property
    def declaration(self) -> Edge:
        return Edge(self.batch, self.key, self.joined)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        key = source[self.key]
        return None if key is None else context.loader(self.batch, **arguments).load(key)


class ConnectionField(DeclaredField):
    """An edge to a page of rows: `pages` under the parent's column `key`, narrowed by the field's own arguments."""

    pages: Pages
    key: str
    narrow: Callable[..., dict[str, Any]] | None
    declared = ("pages", "key", "narrow")

    @property
    def declaration(self) -> ConnectionEdge:
        return ConnectionEdge(self.open, self.key, self.pages.kept)

    def open(self, context: RequestContext, *, parent: int | None = None, **arguments: Any) -> ConnectionRead:
        """The connection as the arguments ask for it."""
        window = {name: arguments.pop(name) for name in PAGE_ARGUMENTS if name in arguments}
        filters = {} if self.narrow is None else self.narrow(context, **arguments)
        return ConnectionRead(context, self.pages, parent=parent, **window, **filters)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        return self.open(context, parent=source[self.key], **arguments)


class ComputedField(DeclaredField):
    """A computed field: `resolver(row, context, **arguments)`."""

    resolver: Callable[..., Any]
    columns: Columns
    declared = ("resolver", "columns")

    @property
    def declaration(self) -> Computed:
        return Computed(self.resolver, self.columns)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        return self.resolver(source, context, **arguments)


class RootField(DeclaredField):
    """A root field: `resolver(context, **arguments)`."""

    resolver: Callable[..., Any]
    declared = ("resolver",)

    @property
    def declaration(self) -> Root:
        return Root(self.resolver)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        found = self.resolver(context, **arguments)
        if isinstance(found, list):
            return [_load(context, item) for item in found]
        return _load(context, found)


class SubscriptionField(RootField):
    """The root field of a subscription: `resolver(context, **arguments)` says what is followed, and a row of it is an event.

    graphql-core answers for one event, with its row as the root value; what feeds the events is events/ alone.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"is_subscription": True})


class PartField(DeclaredField):
    """A part of a connection, of its edges or its PageInfo: `resolver(source)` answers it under graphql-core."""

    resolver: Callable[..., Any]
    part: str
    declared = ("resolver", "part")

    @property
    def declaration(self) -> Part:
        return Part(self.part)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        return self.resolver(source)


def edge(
    batch: Batch,
    *,
    key: str,
    joined: str | None = None,
    size: int | None = None,
    description: str | None = None,
    **arguments: Any,
) -> Any:
    """Declare an edge: the parent's column `key` through a batch function; `size`: how long its list is taken to be.

    joined: under which name the parent's query has the columns of the row that the edge leads to, where it has them.
    """
    field = _declare(EdgeField, description, arguments, Price(assumed_size=size))
    field.batch, field.key, field.joined = batch, key, joined
    return field


def connection(
    pages: Pages,
    *,
    key: str = "id",
    narrow: Callable[..., dict[str, Any]] | None = None,
    description: str | None = None,
    **arguments: Any,
) -> Any:
    """Declare an edge to a connection. `narrow(context, **arguments)` turns its own arguments into the query's filters."""
    field = _declare(ConnectionField, description, PAGE_ARGUMENTS | arguments, PAGE)
    field.pages, field.key, field.narrow = pages, key, narrow
    return field


def computed(
    resolver: Callable[..., Any],
    *,
    columns: Columns,
    size: int | None = None,
    description: str | None = None,
    **arguments: Any,
) -> Any:
    """Declare a computed field: `resolver(row, context, **arguments)`, which may be async, over these columns of the row."""
    field = _declare(ComputedField, description, arguments, Price(assumed_size=size))
    field.resolver, field.columns = resolver, columns
    return field


def part(name: str, resolver: Callable[..., Any], *, weight: int = 0, description: str | None = None) -> Any:
    """Declare a part of a connection by its name in Python."""
    field = _declare(PartField, description, {}, Price(weight=weight))
    field.part, field.resolver = name, resolver
    return field


def root(
    resolver: Callable[..., Any],
    *,
    kind: type[RootField] = RootField,
    price: Price = NO_PRICE,
    description: str | None = None,
    **arguments: Any,
) -> Any:
    """Declare a root field."""
    field = _declare(kind, description, arguments, price)
    field.resolver = resolver
    return field


def root_connection(resolver: Callable[..., Any], *, description: str | None = None, **arguments: Any) -> Any:
    """Declare a root field that answers with a connection."""
    return root(resolver, price=PAGE, description=description, **PAGE_ARGUMENTS, **arguments)


def plain(value: Any) -> Any:
    """An argument without Strawberry's types: an input object as a dict of what the client gave."""
    if has_object_definition(value):
        return {name: plain(item) for name, item in vars(value).items() if item is not strawberry.UNSET}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _load(context: RequestContext, found: Any) -> Any:
    if not isinstance(found, Find):
        return found
    loaded = context.loader(found.batch).load(found.key)
    return loaded if found.type_name is None else _typed(loaded, found.type_name)


async def _typed(loaded: Awaitable[Any], type_name: str) -> TypedRow | None:
    row = await loaded
    return None if row is None else TypedRow(row, type_name)


def _declare(kind: type[FieldT], description: str | None, arguments: Mapping[str, Any], price: Price) -> FieldT:
    field = kind(
        python_name=None,
        graphql_name=None,
        type_annotation=None,
        description=description,
        directives=directives_of(price),
    )
    field.price = price
    field.arguments = [_argument(name, annotation) for name, annotation in arguments.items()]
    return field


def _argument(name: str, annotation: Any) -> StrawberryArgument:
    weight = SEARCH_WEIGHT if name == "search" else 0
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        directives=directives_of(Price(weight=weight)),
        metadata={WEIGHT: weight},
    )
