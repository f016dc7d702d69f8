"""Faults, put where the hub meets what is not its own: in batch functions, pages, counts, and resolvers of the declarations.

What is struck is decided by the seed and by what is read, never by how: both executors meet the same faults, however they
batch. A batch or a page as a whole raises, a key's row is not there or cannot be had, a value is not of its column's type.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from zlib import crc32

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type

from engine.declarations import Batch, Column, Find, Page
from hub.errors import SourceUnavailable
from loaders import pages
from schema.fields import ComputedField, ConnectionField, DeclaredField, EdgeField, RootField

T = TypeVar("T")

ODD_VALUES: tuple[Any, ...] = (object(), 2**40, float("nan"), float("inf"), 1.5, "odd", "", True, [], [None], {}, b"odd", None)
"""What a column might hold that nobody expected; some types take some of them."""


class InjectedError(Exception):
    """What no code of the hub expects."""


@dataclass(frozen=True)
class Rates:
    """How many of a hundred are struck."""

    batches: int = 0
    resolvers: int = 0
    keys: int = 0
    missing: int = 0
    values: int = 0


class Faults:
    """The faults of one seed."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self._seed = seed
        self._rates = rates
        self._wrapped: dict[Batch, Batch] = {}
        self._keys: frozenset[str] = frozenset()

    def inject(self, schema: GraphQLSchema, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the faults into a schema's declarations and the reads of its connections, until the monkeypatch is undone."""
        self._keys = _keys_of(schema)
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLObjectType):
                for name, field in type_.fields.items():
                    self._inject_field(f"{type_.name}.{name}", field, monkeypatch)
        # What is read of a page by id meets no faults of the page.
        monkeypatch.setattr(pages.Connection, "by_id", None)
        monkeypatch.setattr(pages, "page_by_parent", self._pages(pages.page_by_parent))
        monkeypatch.setattr(pages, "count_by_parent", self._counts(pages.count_by_parent))
        monkeypatch.setattr(pages, "found_by_parent", self._raising(pages.found_by_parent))

    def _inject_field(self, name: str, field: GraphQLField, monkeypatch: pytest.MonkeyPatch) -> None:
        definition = field.extensions.get("strawberry-definition")
        if isinstance(definition, EdgeField):
            monkeypatch.setattr(definition, "batch", self._batch(definition.batch, field))
            # What is read with its parent meets no faults of its own batch.
            monkeypatch.setattr(definition, "joined", None)
        elif isinstance(definition, ComputedField):
            monkeypatch.setattr(definition, "resolver", self._computed(name, definition))
        elif isinstance(definition, RootField):
            monkeypatch.setattr(definition, "resolver", self._root(name, definition.resolver, field))

    def _strikes(self, per_cent: int, *what: Any) -> bool:
        return self._number(*what) % 100 < per_cent

    def _number(self, *what: Any) -> int:
        return crc32(repr((self._seed, *what)).encode())

    def _batch(self, batch: Batch, field: GraphQLField) -> Batch:
        wrapped = self._wrapped.get(batch)
        if wrapped is None:
            wrapped = self._wrapped[batch] = self._struck(batch, _columns_of(field))
        return wrapped

    def _struck(self, batch: Batch, columns: list[str]) -> Batch:
        name = batch.__qualname__

        async def struck(context: Any, keys: Sequence[Any], **arguments: Any) -> list[Any]:
            if self._strikes(self._rates.batches, name):
                raise self._error(name)
            values = await batch(context, keys, **arguments)
            return [self._value(name, key, value, columns) for key, value in zip(keys, values, strict=True)]

        return struck

    def _value(self, name: str, key: Any, value: Any, columns: list[str]) -> Any:
        if self._strikes(self._rates.keys, name, key, "cannot be had"):
            return self._error(name, key)
        if self._strikes(self._rates.missing, name, key, "is missing"):
            return [] if isinstance(value, list) else None
        if isinstance(value, list):
            return [self._row(name, (key, index), row, columns) for index, row in enumerate(value)]
        return self._row(name, key, value, columns)

    def _row(self, name: str, key: Any, row: Any, columns: list[str]) -> Any:
        """A row as a mapping, with odd values where they strike."""
        if not columns:
            odd = row is not None and self._strikes(self._rates.values, name, key)
            return self._odd(name, key) if odd else row
        if row is None or isinstance(row, BaseException):
            return row
        struck = {
            column: self._odd_in(column, name, key)
            for column in columns
            if self._strikes(self._rates.values, name, key, column) and column in row.keys()  # noqa: SIM118
        }
        return {**row, **struck}

    def _odd(self, *what: Any) -> Any:
        return ODD_VALUES[self._number(*what, "odd") % len(ODD_VALUES)]

    def _error(self, *what: Any) -> Exception:
        return SourceUnavailable("directory") if self._number(*what, "error") % 3 == 0 else InjectedError(*what)

    def _odd_in(self, column: str, *what: Any) -> Any:
        """An odd value of a column; of one that edges go by, what can be a key at all: no source gives it a list."""
        odd = self._odd(*what, column)
        return None if column in self._keys and not isinstance(odd, Hashable) else odd

    def _pages(self, read: Callable[..., Awaitable[list[Page]]]) -> Any:
        async def page_by_parent(context: Any, parents: Sequence[Any], **arguments: Any) -> list[Page]:
            name = f"pages of {arguments['pages'].name} {arguments['pages'].parent}"
            if self._strikes(self._rates.batches, name):
                raise self._error(name)
            keys = {column for column, _ in arguments["order"].keys}
            return [
                Page([self._page_row(name, (parent, index), row, keys) for index, row in enumerate(page.rows)], page.has_more)
                for parent, page in zip(parents, await read(context, parents, **arguments), strict=True)
            ]

        return page_by_parent

    def _page_row(self, name: str, key: Any, row: Mapping[str, Any], keys: set[str]) -> Mapping[str, Any]:
        # The values that a cursor is made of stay: the page was cut by them.
        struck = {
            column: self._odd_in(column, name, key)
            for column in row.keys()  # noqa: SIM118
            if column not in keys | {"id", "parent_key"} and not column.endswith("_id") and not column.endswith("_ids")
            if self._strikes(self._rates.values, name, key, column)
        }
        return {**row, **struck}

    def _counts(self, read: Callable[..., Awaitable[list[int]]]) -> Any:
        async def count_by_parent(context: Any, parents: Sequence[Any], **arguments: Any) -> list[Any]:
            name = f"counts of {arguments['pages'].name} {arguments['pages'].parent}"
            if self._strikes(self._rates.batches, name):
                raise self._error(name)
            counts = await read(context, parents, **arguments)
            return [
                self._odd(name, parent) if self._strikes(self._rates.values, name, parent) else count
                for parent, count in zip(parents, counts, strict=True)
            ]

        return count_by_parent

    def _raising(self, read: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def found_by_parent(context: Any, parents: Sequence[Any], **arguments: Any) -> T:
            name = f"found of {arguments['pages'].name} {arguments['pages'].parent}"
            if self._strikes(self._rates.batches, name):
                raise self._error(name)
            return await read(context, parents, **arguments)

        return found_by_parent

    def _computed(self, name: str, definition: ComputedField) -> Callable[..., Any]:
        resolver, columns = definition.resolver, definition.columns

        def computed(row: Mapping[str, Any], context: Any, **arguments: Any) -> Any:
            key = [row[column] for column in columns]
            if self._strikes(self._rates.resolvers, name, key):
                raise self._error(name, key)
            if self._strikes(self._rates.values, name, key, "value"):
                return self._odd(name, key)
            return resolver(row, context, **arguments)

        return computed

    def _root(self, name: str, resolver: Callable[..., Any], field: GraphQLField) -> Callable[..., Any]:
        def root(context: Any, **arguments: Any) -> Any:
            if self._strikes(self._rates.resolvers, name):
                raise self._error(name)
            found = resolver(context, **arguments)
            if isinstance(found, list):
                return [self._found(each, field) for each in found]
            return self._found(found, field)

        return root

    def _found(self, found: Any, field: GraphQLField) -> Any:
        return replace(found, batch=self._batch(found.batch, field)) if isinstance(found, Find) else found


def declared(schema: GraphQLSchema, type_name: str, field_name: str) -> DeclaredField:
    """A field's declaration."""
    type_ = schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    definition = type_.fields[field_name].extensions["strawberry-definition"]
    assert isinstance(definition, DeclaredField)
    return definition


def _keys_of(schema: GraphQLSchema) -> frozenset[str]:
    """The columns that edges go by."""
    fields = [
        field for type_ in schema.type_map.values() if isinstance(type_, GraphQLObjectType) for field in type_.fields.values()
    ]
    definitions = [field.extensions.get("strawberry-definition") for field in fields]
    return frozenset(each.key for each in definitions if isinstance(each, EdgeField | ConnectionField))


def _columns_of(field: GraphQLField) -> list[str]:
    """The columns that are leaves of the field's type; none for a value and for an interface, whose rows are left alone."""
    type_ = get_named_type(field.type)
    if not isinstance(type_, GraphQLObjectType):
        return []
    definitions = [each.extensions["strawberry-definition"] for each in type_.fields.values()]
    columns = []
    for definition in definitions:
        declaration = getattr(definition, "declaration", None)
        if declaration is None:
            columns.append(str(definition.python_name))
        elif isinstance(declaration, Column) and declaration.encoder is None:
            columns.append(declaration.name)
    return columns
