"""Runs a plan breadth-first: the rows of a level are shaped together, then each of its loads is read once for all of them.

Rows that several parents lead to are read and shaped once, and the same dict stands in every place.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from inspect import isawaitable
from itertools import accumulate, chain
from operator import itemgetter
from types import NoneType
from typing import Any

from graphql import GraphQLError, located_error

from engine import connections, roots
from engine.declarations import Columns, Computed, Connection, ConnectionEdge, Edge, Row
from engine.plan import Abstract, ConnectionOf, Field, Leaf, ListOf, Object, Plan, Selection, Value
from engine.results import FAILED, Path, Trace
from engine.shaping import complete, extras, of_column, shaper


class Execution:
    """One run of a plan, for a request's context and variable values."""

    def __init__(self, context: Any, variables: Any) -> None:
        self.context = context
        self.variables = variables
        self.errors: list[GraphQLError] = []

    async def run(self, plan: Plan) -> dict[str, Any] | None:
        """The answer's data; None where a non-null root field failed. What went wrong is in `errors`."""
        data: dict[str, Any] = dict.fromkeys(plan.response_keys, plan.type_name)
        if plan.serial:
            values = [await roots.answer(self, field) for field in plan.fields]
        elif len(plan.fields) == 1:
            values = [await roots.answer(self, plan.fields[0])]
        else:
            values = await asyncio.gather(*(roots.answer(self, field) for field in plan.fields))
        for field, value in zip(plan.fields, values, strict=True):
            if value is FAILED:
                if field.non_null:
                    return None
                value = None
            data[field.response_key] = value
        return data

    def report(self, error: BaseException, field: Field, paths: Iterator[Path]) -> None:
        """Note an error of a field, at every path at which it is met; what is no Exception ends the request."""
        if not isinstance(error, Exception):
            raise error
        self.errors.extend(located_error(error, field.nodes, path) for path in paths)

    async def checked(self, field: Field, values: Sequence[Any], trace: Trace) -> list[Any]:
        """As `complete`, for the places of a field: null in one that is non-null is reported, and FAILED."""
        completed = await self.complete(field.value, values, field, trace)
        if field.non_null:
            for index, value in enumerate(completed):
                if value is None:
                    error = TypeError(f"Cannot return null for non-nullable field {field.type_name}.{field.name}.")
                    self.report(error, field, trace(index))
                    completed[index] = FAILED
        return completed

    async def complete(self, value: Value, values: Sequence[Any], field: Field, trace: Trace) -> list[Any]:
        """values: n as they were read, exceptions among them -> n as they are answered, None, or FAILED."""
        kinds = set(map(type, values))
        if NoneType not in kinds and not any(issubclass(kind, BaseException) for kind in kinds):
            return await self._complete_present(value, values, field, trace)
        completed: list[Any] = list(values)
        present: list[int] = []
        for index, given in enumerate(values):
            if isinstance(given, BaseException):
                self.report(given, field, trace(index))
                completed[index] = FAILED
            elif given is not None:
                present.append(index)
        if present:
            kept = [completed[index] for index in present]
            done = await self._complete_present(value, kept, field, lambda number: trace(present[number]))
            for index, result in zip(present, done, strict=True):
                completed[index] = result
        return completed

    async def _complete_present(self, value: Value, values: Sequence[Any], field: Field, trace: Trace) -> list[Any]:
        match value:
            case Object(selection):
                return await self.objects(selection, values, trace)
            case ListOf():
                return await self._lists(value, values, field, trace)
            case Leaf():
                return [self._leaf(value, given, field, trace, index) for index, given in enumerate(values)]
            case Abstract(selections):
                return await self._typed(selections, values, trace)
            case ConnectionOf():
                return [await self._root_connection(value, opened, _one(trace, index)) for index, opened in enumerate(values)]
        raise AssertionError(value)

    async def _root_connection(self, value: ConnectionOf, opened: Connection, trace: Trace) -> Any:
        (done,) = await connections.complete(self, value, await connections.read(opened, [None], value), trace)
        return done

    def _leaf(self, value: Leaf, given: Any, field: Field, trace: Trace, index: int) -> Any:
        try:
            return complete(value, given)
        except Exception as error:
            self.report(error, field, trace(index))
            return FAILED

    async def _lists(self, value: ListOf, lists: Sequence[Any], field: Field, trace: Trace) -> list[Any]:
        for given in lists:
            if not isinstance(given, list):
                raise TypeError(f"{field.type_name}.{field.name}: a list was to be read, not {type(given).__name__}")
        lengths = list(map(len, lists))

        def trace_item(number: int) -> Iterator[Path]:
            for owner, length in enumerate(lengths):
                if number < length:
                    return ([*path, number] for path in trace(owner))
                number -= length
            raise IndexError(number)

        items = await self.complete(value.item, list(chain.from_iterable(lists)), field, trace_item)
        ends = list(accumulate(lengths))
        done: list[Any] = [items[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        if self.errors or (value.item_non_null and None in items):
            for owner, part in enumerate(done):
                done[owner] = self._list(value, part, field, trace_item, ends[owner] - lengths[owner])
        return done

    def _list(self, value: ListOf, part: list[Any], field: Field, trace_item: Trace, start: int) -> Any:
        failed = False
        for index, item in enumerate(part):
            if item is FAILED:
                part[index] = None
                failed = True
            elif item is None and value.item_non_null:
                error = TypeError(f"Cannot return null for non-nullable field {field.type_name}.{field.name}.")
                self.report(error, field, trace_item(start + index))
                failed = True
        return FAILED if failed and value.item_non_null else part

    async def _typed(self, selections: dict[str, Selection], values: Sequence[roots.Typed], trace: Trace) -> list[Any]:
        by_type: dict[str, list[int]] = {}
        for index, value in enumerate(values):
            by_type.setdefault(value.type_name, []).append(index)
        done: list[Any] = [None] * len(values)

        async def of_type(type_name: str, indexes: list[int]) -> None:
            rows = [values[index].row for index in indexes]
            for index, result in zip(
                indexes, await self.objects(selections[type_name], rows, lambda number: trace(indexes[number])), strict=True
            ):
                done[index] = result

        await gathered([of_type(type_name, indexes) for type_name, indexes in by_type.items()])
        return done

    async def objects(self, selection: Selection, rows: Sequence[Row], trace: Trace) -> list[Any]:
        """rows: n of one type -> n dicts as they are answered, or FAILED."""
        if not rows:
            return []
        try:
            shaped: list[Any] = shaper(selection, extras(selection, rows[0]))(rows)
            failed: set[int] = set()
        except Exception:
            shaped, failed = self._shape_slowly(selection, rows, trace)
        if selection.loads:
            loads = [self._load(group, rows, shaped, failed, trace) for group in selection.loads]
            await gathered(loads)
        for index in failed:
            shaped[index] = FAILED
        return shaped

    def _shape_slowly(self, selection: Selection, rows: Sequence[Row], trace: Trace) -> tuple[list[Any], set[int]]:
        """As a shaper does, one value after the other, so that each error is told of its own field."""
        failed: set[int] = set()
        shaped = []
        for index, row in enumerate(rows):
            out: dict[str, Any] = dict.fromkeys(selection.response_keys, selection.type_name)
            for group in selection.loads:
                out.update(dict.fromkeys((field.response_key for field in group), None))
            for key, field in selection.leaves.items():
                out[key] = None
                try:
                    given = of_column(field, row)
                    if given is not None:
                        out[key] = complete(field.value, given)
                    elif field.non_null:
                        raise TypeError(f"Cannot return null for non-nullable field {field.type_name}.{field.name}.")
                except Exception as error:
                    self.report(error, field, ([*path, key] for path in trace(index)))
                    if field.non_null:
                        failed.add(index)
            shaped.append(out)
        return shaped, failed

    async def _load(self, group: list[Field], rows: Sequence[Row], shaped: list[Any], failed: set[int], trace: Trace) -> None:
        """Read what a group of fields needs, once, and put each field's values into its place."""
        field = group[0]
        declaration = field.declaration
        if isinstance(declaration, Computed):
            values = await self._computed(declaration, field, rows, trace)
            self._place(field, values, shaped, failed)
            return
        try:
            arguments = field.arguments(self.variables)
        except GraphQLError as error:
            for each in group:
                self.report(error, each, (path for index in range(len(rows)) for path in _below(trace, each)(index)))
                self._place(each, [FAILED] * len(rows), shaped, failed)
            return
        if isinstance(declaration, ConnectionEdge):
            await self._connections(group, declaration, arguments, rows, shaped, failed, trace)
            return
        assert isinstance(declaration, Edge)
        keys_of = {each.response_key: list(map(itemgetter(_key(each)), rows)) for each in group}
        distinct = [key for key in dict.fromkeys(chain.from_iterable(keys_of.values())) if key is not None]
        selection = _first_selection(field.value)
        columns = None if selection is None else selection.columns
        found = await self.values(declaration.batch, distinct, columns, arguments) if distinct else ()
        by_key = dict(zip(distinct, found, strict=True))
        await gathered([self._edge(each, keys_of[each.response_key], by_key, shaped, failed, trace) for each in group])

    async def _edge(
        self, field: Field, keys: list[Any], by_key: dict[Any, Any], shaped: list[Any], failed: set[int], trace: Trace
    ) -> None:
        distinct = list(dict.fromkeys(keys))

        def trace_value(number: int) -> Iterator[Path]:
            key = distinct[number]
            return ([*path, field.response_key] for index, each in enumerate(keys) if each == key for path in trace(index))

        done = await self.checked(field, list(map(by_key.get, distinct)), trace_value)
        if len(distinct) < len(keys):
            completed = dict(zip(distinct, done, strict=True))
            done = [completed[key] for key in keys]
        self._place(field, done, shaped, failed)

    async def _computed(self, declaration: Computed, field: Field, rows: Sequence[Row], trace: Trace) -> list[Any]:
        values: list[Any] = []
        waiting: list[int] = []
        for index, row in enumerate(rows):
            try:
                value = declaration.resolver(row, self.context, **field.arguments(self.variables))
                if isawaitable(value):
                    waiting.append(index)
            except Exception as error:
                value = error
            values.append(value)
        if waiting:
            awaited = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
            for index, value in zip(waiting, awaited, strict=True):
                values[index] = value
        return await self.checked(field, values, _below(trace, field))

    async def _connections(
        self,
        group: list[Field],
        declaration: ConnectionEdge,
        arguments: dict[str, Any],
        rows: Sequence[Row],
        shaped: list[Any],
        failed: set[int],
        trace: Trace,
    ) -> None:
        keys = [row[declaration.key] for row in rows]
        distinct = list(dict.fromkeys(keys))
        try:
            connection = declaration.open(self.context, **arguments)
        except Exception as error:
            for each in group:
                self.report(error, each, (path for index in range(len(rows)) for path in _below(trace, each)(index)))
                self._place(each, [FAILED] * len(rows), shaped, failed)
            return
        shared = group[0].value
        assert isinstance(shared, ConnectionOf)
        read = await connections.read(connection, distinct, shared)
        for each in group:
            assert isinstance(each.value, ConnectionOf)

            def trace_value(number: int, each: Field = each) -> Iterator[Path]:
                key = distinct[number]
                return ([*path, each.response_key] for index, other in enumerate(keys) if other == key for path in trace(index))

            done = await connections.complete(self, each.value, read, trace_value)
            completed = dict(zip(distinct, done, strict=True))
            self._place(each, [completed[key] for key in keys], shaped, failed)

    def _place(self, field: Field, values: list[Any], shaped: list[Any], failed: set[int]) -> None:
        """Put a load's values where they belong; without an error reported so far, none of them can have failed."""
        key = field.response_key
        if not self.errors:
            for row, value in zip(shaped, values, strict=True):
                row[key] = value
            return
        for index, value in enumerate(values):
            if value is not FAILED:
                shaped[index][key] = value
            elif field.non_null:
                failed.add(index)

    async def values(self, batch: Any, keys: list[Any], columns: Columns | None, arguments: dict[str, Any]) -> Sequence[Any]:
        try:
            values: Sequence[Any] = await batch(self.context, keys, columns=columns, **arguments)
        except Exception as error:
            return [error] * len(keys)
        return values


async def gathered(work: Sequence[Awaitable[None]]) -> None:
    """Do all of it at once; a single piece without the cost of a task."""
    if len(work) == 1:
        await work[0]
    elif work:
        await asyncio.gather(*work)


def _below(trace: Trace, field: Field) -> Trace:
    return lambda index: ([*path, field.response_key] for path in trace(index))


def _one(trace: Trace, index: int) -> Trace:
    return lambda _number: trace(index)


def _key(field: Field) -> str:
    assert isinstance(field.declaration, Edge)
    return field.declaration.key


def _first_selection(value: Value) -> Selection | None:
    match value:
        case Object(selection):
            return selection
        case ListOf(item):
            return _first_selection(item)
    return None
