"""Runs a plan breadth-first: for the rows of a level each load is read once, then all of its rows are shaped together.

Rows that several parents lead to are read and shaped once, and the same dict stands in every place. Where nothing failed, a
level is one comprehension that looks up what was loaded by the keys of its rows; where something did, its rows are put together
one by one, so that each error is told of its own place, and null goes as far up as it must.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from inspect import isawaitable
from itertools import accumulate, chain
from operator import itemgetter
from types import NoneType
from typing import Any

from graphql import GraphQLError, located_error

from engine import connections, roots
from engine.arguments import NO_ARGUMENTS
from engine.declarations import Columns, Computed, Connection, ConnectionEdge, Edge, Row
from engine.patience import each
from engine.plan import Abstract, ConnectionOf, Field, Joined, Leaf, ListOf, Object, Plan, Selection, Value
from engine.results import FAILED, Path, Trace, below, of_keys, only
from engine.shaping import NAMED, complete, extras, of_column, shaper
from hub.context import ASKED_BY

Loaded = dict[Any, Any] | list[Any]
"""What a load gave: by the rows' keys, or (of a computed field) in the order of the rows; FAILED where it failed."""


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

    def apart(self) -> "Execution":
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
        missing = [group for group in selection.loads if not self._at_hand(group, selection, extra, rows, loaded)]
        if len(missing) == 1:
            await self._load(missing[0], selection, extra, rows, loaded, trace)
        elif missing:
            await each([partial(self._load, group, selection, extra, rows, loaded, trace) for group in missing])
        if not (self.errors and any(map(_has_failed, loaded.values()))):
            try:
                return shaper(selection, extra)(rows, loaded)
            except Exception:
                # What does not fit is found, and told, row by row.
                pass
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
            out[field.response_key] = values[index] if isinstance(values, list) else values.get(_key_of(field, row))
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

    def _at_hand(
        self, group: list[Field], selection: Selection, extra: int, rows: Sequence[Row], loaded: dict[str, Loaded]
    ) -> bool:
        """Whether all that a field leads to was kept, as it is answered: then there is nothing to be done but to note it."""
        field = group[0]
        if field.kept is None or len(group) > 1:
            return False
        shaped = self.context.shaped(field, field.kept)
        if shaped is None or not all(map(shaped.values.__contains__, _keys(field, selection, extra, rows))):
            return False
        loaded[field.response_key] = shaped.values
        return True

    async def _load(
        self,
        group: list[Field],
        selection: Selection,
        extra: int,
        rows: Sequence[Row],
        loaded: dict[str, Loaded],
        trace: Trace,
    ) -> None:
        """Read what a group of fields needs, once, and note what each field's values are."""
        field = group[0]
        declaration = field.declaration
        ASKED_BY.set(field.place)
        if isinstance(declaration, Computed):
            loaded[field.response_key] = await self._computed(declaration, field, rows, trace)
            return
        try:
            arguments = field.arguments(self.variables)
        except GraphQLError as error:
            self._fail(error, group, rows, loaded, trace)
            return
        keys_of = {one.response_key: _keys(one, selection, extra, rows) for one in group}
        if isinstance(declaration, ConnectionEdge):
            await self._connections(group, declaration, arguments, keys_of, rows, loaded, trace)
            return
        assert isinstance(declaration, Edge)
        distinct = list(dict.fromkeys(chain.from_iterable(keys_of.values())))
        shaped = None if field.kept is None or len(group) > 1 else self.context.shaped(field, field.kept)
        if shaped is not None:
            loaded[field.response_key] = await self._kept_edge(field, distinct, keys_of[field.response_key], shaped, trace)
            return
        by_key = await self._read_edge(field, distinct, arguments)
        if len(group) == 1:
            loaded[field.response_key] = await self._edge(field, distinct, keys_of[field.response_key], by_key, trace)
            return

        async def complete_edge(one: Field) -> None:
            keys = keys_of[one.response_key]
            loaded[one.response_key] = await self._edge(one, list(dict.fromkeys(keys)), keys, by_key, trace)

        await each([partial(complete_edge, one) for one in group])

    async def _read_edge(self, field: Field, distinct: list[Any], arguments: dict[str, Any]) -> dict[Any, Any]:
        """What an edge leads to by key, as it was read; nothing for the key null."""
        assert isinstance(field.declaration, Edge)
        keys = [key for key in distinct if key is not None] if None in distinct else distinct
        if not keys:
            return {}
        row_selection = _first_selection(field.value)
        columns = None if row_selection is None else row_selection.columns
        return dict(zip(keys, await self.values(field.declaration.batch, keys, columns, arguments), strict=True))

    async def _edge(
        self, field: Field, distinct: list[Any], keys: list[Any], by_key: dict[Any, Any], trace: Trace
    ) -> dict[Any, Any]:
        done = await self.checked(field, list(map(by_key.get, distinct)), of_keys(trace, field.response_key, distinct, keys))
        return dict(zip(distinct, done, strict=True))

    async def _kept_edge(self, field: Field, distinct: list[Any], keys: list[Any], shaped: Any, trace: Trace) -> dict[Any, Any]:
        """As `_edge`, of what was kept as it is answered, with what is not there yet read and kept."""
        kept: dict[Any, Any] = shaped.values
        missing = [key for key in distinct if key not in kept]
        if not missing:
            return kept
        errors = len(self.errors)
        by_key = await self._read_edge(field, missing, NO_ARGUMENTS)
        found = await self._edge(field, missing, keys, by_key, trace)
        whole = {key: kept[key] for key in distinct if key in kept} | found
        if len(self.errors) == errors:
            shaped.keep(found)
        return whole

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
        return await self.checked(field, values, below(trace, field.response_key))

    async def _connections(
        self,
        group: list[Field],
        declaration: ConnectionEdge,
        arguments: dict[str, Any],
        keys_of: dict[str, list[Any]],
        rows: Sequence[Row],
        loaded: dict[str, Loaded],
        trace: Trace,
    ) -> None:
        keys = keys_of[group[0].response_key]
        distinct = list(dict.fromkeys(keys))
        try:
            connection = declaration.open(self.context, **arguments)
        except Exception as error:
            self._fail(error, group, rows, loaded, trace)
            return
        field = group[0]
        shaped = None if field.kept is None or len(group) > 1 else self.context.shaped(field, field.kept)
        kept = {} if shaped is None else {key: shaped.values[key] for key in distinct if key in shaped.values}
        missing = [key for key in distinct if key not in kept]
        errors = len(self.errors)
        assert isinstance(field.value, ConnectionOf)
        read = await connections.read(self, connection, missing, field.value)
        for one in group:
            assert isinstance(one.value, ConnectionOf)
            done = await connections.complete(self, one.value, read, of_keys(trace, one.response_key, missing, keys))
            found = dict(zip(missing, done, strict=True))
            if shaped is not None and len(self.errors) == errors:
                shaped.keep(found)
            loaded[one.response_key] = kept | found

    def _fail(self, error: Exception, group: list[Field], rows: Sequence[Row], loaded: dict[str, Loaded], trace: Trace) -> None:
        """Nothing of these fields could be read, for any row."""
        for field in group:
            self.report(error, field, (path for index in range(len(rows)) for path in below(trace, field.response_key)(index)))
            loaded[field.response_key] = [FAILED] * len(rows)

    async def values(self, batch: Any, keys: list[Any], columns: Columns | None, arguments: dict[str, Any]) -> Sequence[Any]:
        try:
            values: Sequence[Any] = await batch(self.context, keys, columns=columns, **arguments)
        except Exception as error:
            return [error] * len(keys)
        if len(values) != len(keys):
            return [TypeError(f"{len(values)} values were read for {len(keys)} keys")] * len(keys)
        return values


def _has_failed(loaded: Loaded) -> bool:
    return FAILED in (loaded if isinstance(loaded, list) else loaded.values())


def _all_present(values: Sequence[Any]) -> bool:
    """Whether none is null, and none says why it is not there."""
    return not any(kind is NoneType or issubclass(kind, BaseException) for kind in set(map(type, values)))


def _keys(field: Field, selection: Selection, extra: int, rows: Sequence[Row]) -> list[Any]:
    """The keys that the field's edge has of the rows."""
    name = _key(field)
    return list(map(itemgetter(name if extra == NAMED else selection.columns.index(name)), rows))


def _key(field: Field) -> str:
    assert isinstance(field.declaration, Edge | ConnectionEdge)
    return field.declaration.key


def _key_of(field: Field, row: Row) -> Any:
    return row[_key(field)]


def _first_selection(value: Value) -> Selection | None:
    match value:
        case Object(selection):
            return selection
        case ListOf(item):
            return _first_selection(item)
    return None
