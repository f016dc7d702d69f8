"""Root fields: what their resolvers answer, with every row that they only name read, once for each type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from engine.arguments import NO_ARGUMENTS
from engine.declarations import Batch, Find, Root, Row
from engine.patience import each
from engine.plan import Abstract, Field, ListOf, Object, Selection, Value
from engine.results import Path
from hub.context import ASKED_BY

if TYPE_CHECKING:
    from engine.execution import Execution


class Typed:
    """A row and the name of its type, in the place of an interface."""

    __slots__ = ("row", "type_name")

    def __init__(self, type_name: str, row: Row) -> None:
        self.type_name = type_name
        self.row = row


async def answer(execution: Execution, field: Field) -> Any:
    """A root field's value as it is answered, or FAILED."""
    declaration = field.declaration
    assert isinstance(declaration, Root)

    def trace(_index: int) -> Iterator[Path]:
        yield [field.response_key]

    ASKED_BY.set(field.place)
    try:
        value = declaration.resolver(execution.context, **field.arguments(execution.variables))
        if type(value) is dict:
            if type(field.value) is Object:
                return (await execution.objects(field.value.selection, [value], trace))[0]
        else:
            if isawaitable(value):
                value = await value
            value = await _found(execution, field.value, value)
    except Exception as error:
        value = error
    (completed,) = await execution.checked(field, [value], trace)
    return completed


async def _found(execution: Execution, expected: Value, value: Any) -> Any:
    """What a resolver gave, with the rows that each Find in it names."""
    if isinstance(value, Find):
        if value.type_name is not None:
            return (await _read(execution, expected, [value]))[0]
        columns = _selection(expected, None).columns
        return (await execution.values(value.batch, [value.key], columns, NO_ARGUMENTS))[0]
    if isinstance(value, list) and any(isinstance(item, Find) for item in value):
        assert isinstance(expected, ListOf)
        return await _read(execution, expected.item, value)
    return value


async def _read(execution: Execution, expected: Value, values: Sequence[Any]) -> list[Any]:
    keys_of: dict[tuple[Batch, str | None], dict[Any, None]] = {}
    for value in values:
        if isinstance(value, Find):
            keys_of.setdefault((value.batch, value.type_name), {})[value.key] = None
    found: dict[tuple[Batch, Any], Any] = {}

    async def read(batch: Batch, type_name: str | None, keys: list[Any]) -> None:
        rows = await execution.values(batch, keys, _selection(expected, type_name).columns, NO_ARGUMENTS)
        for key, row in zip(keys, rows, strict=True):
            present = row is not None and not isinstance(row, BaseException)
            found[batch, key] = Typed(type_name, row) if present and type_name is not None else row

    await each([partial(read, batch, type_name, list(keys)) for (batch, type_name), keys in keys_of.items()])
    return [found[value.batch, value.key] if isinstance(value, Find) else value for value in values]


def _selection(value: Value, type_name: str | None) -> Selection:
    match value:
        case ListOf(item):
            return _selection(item, type_name)
        case Abstract(selections):
            assert type_name is not None
            return selections[type_name]
        case Object(selection):
            return selection
    raise AssertionError(value)
