"""Runs a plan breadth-first: for the rows of a level each load is read once, then all of its rows are shaped together.

Rows that several parents lead to are read and shaped once, and the same dict stands in every place. Where nothing failed, a
level is one comprehension that looks up what was loaded by the keys of its rows; where something did, its rows are put together
one by one, so that each error is told of its own place, and null goes as far up as it must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate, chain
from types import NoneType
from typing import Any

from graphql import GraphQLError, located_error

from engine import connections, roots
from engine.declarations import Columns, Connection, Row
from engine.level import Level, Loaded
from engine.patience import each
from engine.plan import Abstract, ConnectionOf, Field, Joined, Leaf, ListOf, Object, Plan, Selection, Value
from engine.results import FAILED, Path, Trace, below, only
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
            return await self._run_in_series(plan, data)
        values = await each([partial(roots.answer, self, field) for field in plan.fields])
        for field, value in zip(plan.fields, values, strict=True):
            if value is FAILED:
                if field.non_null:
                    return None
                value = None
            data[field.response_key] = value
        return data

    async def _run_in_series(self, plan: Plan, data: dict[str, Any]) -> dict[str, Any] | None:
        for field in plan.fields:
            value = await roots.answer(self, field)
            if value is FAILED and field.non_null:
                return None
            data[field.response_key] = None if value is FAILED else value
        return data

    def apart(self) -> Execution:
        """Another run for the same request, whose errors are its own."""
        return Execution(self.context, self.variables)

    def report(self, error: BaseException, field: Field, paths: Iterator[Path]) -> None:
        """Note an error of a field, at every path at which it is met; what is no Exception ends the request."""
        if not isinstance(error, Exception):
            raise error
        self.errors.extend(located_error(error, field.nodes, path) for path in paths)

    async def checked(self, field: Field, values: Sequence[Any], trace: Trace) -> list[Any]:
        """As `complete`, for the places of a field: null in one that is non-null is reported, and FAILED."""
        value = field.value
        if _all_present(values):
            # Most of what is read is rows, or lists of rows.
            if type(value) is Object:
                return await self.objects(value.selection, values, trace)
            if type(value) is ListOf:
                completed = await self._lists(value, values, field, trace)
            else:
                completed = await self._complete_present(value, values, field, trace)
        else:
            completed = await self.complete(value, values, field, trace)
        if field.non_null and None in completed:
            for index, given in enumerate(completed):
                if given is None:
                    error = TypeError(f"Cannot return null for non-nullable field {field.type_name}.{field.name}.")
                    self.report(error, field, trace(index))
                    completed[index] = FAILED
        return completed

    async def complete(self, value: Value, values: Sequence[Any], field: Field, trace: Trace) -> list[Any]:
        """values: n as they were read, exceptions among them -> n as they are answered, None, or FAILED."""
        if _all_present(values):
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
                return [complete(value, given, self._reporter(field, trace, index)) for index, given in enumerate(values)]
            case Abstract(selections):
                return await self._typed(selections, values, trace)
            case ConnectionOf():
                return [await self._root_connection(value, opened, only(trace, index)) for index, opened in enumerate(values)]
        raise AssertionError(value)

    async def _root_connection(self, value: ConnectionOf, opened: Connection, trace: Trace) -> Any:
        (done,) = await connections.complete(self, value, await connections.read(self, opened, [None], value), trace)
        return done

    def _reporter(self, field: Field, trace: Trace, index: int) -> Callable[[Exception, list[int]], None]:
        """Reports errors of a leaf, or of what is at these places within a list of them."""

        def report(error: Exception, places: list[int]) -> None:
            self.report(error, field, ([*path, *places] for path in trace(index)))

        return report

    async def _lists(self, value: ListOf, lists: Sequence[Any], field: Field, trace: Trace) -> list[Any]:
        if set(map(type, lists)) - {list}:
            wrong = TypeError(f"{field.type_name}.{field.name}: a list was to be read")
            return await self.complete(value, [given if type(given) is list else wrong for given in lists], field, trace)
        lengths = list(map(len, lists))

        def trace_item(number: int) -> Iterator[Path]:
            for owner, length in enumerate(lengths):
                if number < length:
                    return ([*path, number] for path in trace(owner))
                number -= length
            raise IndexError(number)

        rows = list(chain.from_iterable(lists)) if len(lists) > 1 else lists[0]
        if type(value.item) is Object and _all_present(rows):
            items = await self.objects(value.item.selection, rows, trace_item)
        else:
            items = await self.complete(value.item, rows, field, trace_item)
        if not self.errors and len(lists) == 1 and not (value.item_non_null and None in items):
            return [items]
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

        await each([partial(of_type, type_name, indexes) for type_name, indexes in by_type.items()])
        return done

    async def objects(self, selection: Selection, rows: Sequence[Row], trace: Trace) -> list[Any]:
        """rows: n of one type -> n dicts as they are answered, or FAILED."""
        if not rows:
            return []
        extra = extras(selection, rows[0])
        loaded: dict[str, Loaded] = {}
        if selection.loads:
            loaded = await Level(self, selection, rows, extra, trace).load()
        if not (self.errors and any(map(_has_failed, loaded.values()))):
            shaped = shaped_at_once(selection, rows, extra, loaded)
            if shaped is not None:
                return shaped
        return [self._shape(selection, row, index, loaded, trace) for index, row in enumerate(rows)]

    def _shape(self, selection: Selection, row: Row, index: int, loaded: dict[str, Loaded], trace: Trace) -> Any:
        """As a shaper does, one value after the other, so that each error is told of its own field."""
        out: dict[str, Any] = dict.fromkeys(selection.response_keys, selection.type_name)
        failed = False
        for key, field in selection.leaves.items():
            out[key] = self._leaf(field, row, self._reporter(field, below(trace, field.response_key), index))
        for key, joined in selection.joined.items():
            out[key] = self._shape_joined(joined, row, index, trace)
        for field in chain.from_iterable(selection.loads):
            values = loaded[field.response_key]
            out[field.response_key] = values[index] if isinstance(values, list) else values.get(row[field.key])
        for field in selection.fields:
            if out[field.response_key] is FAILED:
                out[field.response_key] = None
                failed = failed or field.non_null
        return FAILED if failed else out

    def _shape_joined(self, joined: Joined, row: Row, index: int, trace: Trace) -> Any:
        if row[joined.presence] is None:
            return None
        part = {column: row[joined.prefix + column] for column in joined.selection.columns}
        return self._shape(joined.selection, part, index, {}, below(trace, joined.field.response_key))

    def _leaf(self, field: Field, row: Row, report: Callable[[Exception, list[int]], None]) -> Any:
        try:
            given = of_column(field, row)
            if given is None and field.non_null:
                raise TypeError(f"Cannot return null for non-nullable field {field.type_name}.{field.name}.")
        except Exception as error:
            report(error, [])
            return FAILED
        return None if given is None else complete(field.value, given, report)

    async def values(self, batch: Any, keys: list[Any], columns: Columns | None, arguments: dict[str, Any]) -> Sequence[Any]:
        """What a batch function has for these keys: n -> n values, exceptions where it failed."""
        try:
            values: Sequence[Any] = await batch(self.context, keys, columns=columns, **arguments)
        except Exception as error:
            return [error] * len(keys)
        if len(values) != len(keys):
            return [TypeError(f"{len(values)} values were read for {len(keys)} keys")] * len(keys)
        return values


def shaped_at_once(
    selection: Selection, rows: Sequence[Row], extra: int, loaded: Mapping[str, Loaded]
) -> list[dict[str, Any]] | None:
    """rows: n of one type -> n dicts as they are answered; None where something does not fit: it is found row by row."""
    try:
        return shaper(selection, extra)(rows, loaded)
    except Exception:
        return None


def _has_failed(loaded: Loaded) -> bool:
    return FAILED in (loaded if isinstance(loaded, list) else loaded.values())


def _all_present(values: Sequence[Any]) -> bool:
    """Whether none is null, and none says why it is not there."""
    return all(map(_is_present, set(map(type, values))))


@cache
def _is_present(kind: Any) -> bool:
    return kind is not NoneType and not issubclass(kind, BaseException)
