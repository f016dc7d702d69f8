"""The three kinds of fields, each one declaration that says what it reads.

* a column: a plain annotation (`name: str`) reads the parent row's column of that name;
* an edge: `edge(batch, key=…)` loads other rows by a column of the parent; `connection(pages, key=…)` a page of them;
* a computed field: `computed(resolver)` over the parent row.

Root fields are `root(resolver)`. Arguments are given as name=annotation; each reaches the batch function, the connection
or the resolver as a keyword, input objects as dicts of what the client gave.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from hub.context import Batch, RequestContext
from loaders.pages import Connection as ConnectionRead
from loaders.pages import Pages

FieldT = TypeVar("FieldT", bound="DeclaredField")

PAGE_ARGUMENTS: dict[str, Any] = {"first": int | None, "after": str | None, "last": int | None, "before": str | None}


class DeclaredField(StrawberryField):
    """A field whose declaration says what it reads; the engine and graphql-core both run it from that."""

    declared: tuple[str, ...] = ()

    @property
    def is_basic_field(self) -> bool:
        return False

    def __copy__(self) -> Self:
        copied = super().__copy__()
        for name in self.declared:
            setattr(copied, name, getattr(self, name))
        return copied

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
    declared = ("batch", "key")

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        key = source[self.key]
        return None if key is None else context.loader(self.batch, **arguments).load(key)


class ConnectionField(DeclaredField):
    """An edge to a page of rows: `pages` under the parent's column `key`, narrowed by the field's own arguments."""

    pages: Pages
    key: str
    narrow: Callable[..., dict[str, Any]] | None
    declared = ("pages", "key", "narrow")

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        window = {name: arguments.pop(name) for name in PAGE_ARGUMENTS if name in arguments}
        filters = {} if self.narrow is None else self.narrow(context, **arguments)
        return ConnectionRead(context, self.pages, parent=source[self.key], **window, **filters)


class ComputedField(DeclaredField):
    """A computed field: `resolver(row, context, **arguments)`."""

    resolver: Callable[..., Any]
    declared = ("resolver",)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        return self.resolver(source, context, **arguments)


class RootField(DeclaredField):
    """A root field: `resolver(context, **arguments)`."""

    resolver: Callable[..., Any]
    declared = ("resolver",)

    def read(self, source: Any, context: RequestContext, arguments: dict[str, Any]) -> Any:
        return self.resolver(context, **arguments)


def edge(batch: Batch, *, key: str, description: str | None = None, **arguments: Any) -> Any:
    """Declare an edge: the parent's column `key` through a batch function (keys in, rows or lists out)."""
    field = _declare(EdgeField, description, arguments)
    field.batch, field.key = batch, key
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
    field = _declare(ConnectionField, description, PAGE_ARGUMENTS | arguments)
    field.pages, field.key, field.narrow = pages, key, narrow
    return field


def computed(resolver: Callable[..., Any], *, description: str | None = None, **arguments: Any) -> Any:
    """Declare a computed field: `resolver(row, context, **arguments)`, which may be async."""
    field = _declare(ComputedField, description, arguments)
    field.resolver = resolver
    return field


def root(resolver: Callable[..., Any], *, description: str | None = None, **arguments: Any) -> Any:
    """Declare a root field."""
    field = _declare(RootField, description, arguments)
    field.resolver = resolver
    return field


def root_connection(resolver: Callable[..., Any], *, description: str | None = None, **arguments: Any) -> Any:
    """Declare a root field that answers with a connection."""
    return root(resolver, description=description, **PAGE_ARGUMENTS, **arguments)


def plain(value: Any) -> Any:
    """An argument without Strawberry's types: an input object as a dict of what the client gave."""
    if has_object_definition(value):
        return {name: plain(item) for name, item in vars(value).items() if item is not strawberry.UNSET}
    return value


def _declare(kind: type[FieldT], description: str | None, arguments: Mapping[str, Any]) -> FieldT:
    field = kind(python_name=None, graphql_name=None, type_annotation=None, description=description)
    field.arguments = [
        StrawberryArgument(python_name=name, graphql_name=None, type_annotation=StrawberryAnnotation(annotation))
        for name, annotation in arguments.items()
    ]
    return field
