"""Rows into dicts: a function made for each selection, which writes all of its fields at once and in the order of the answer.

A shaper is Python source of one comprehension, made of response keys (GraphQL names) and numbers of columns alone. What was
loaded for the rows it looks up by their keys. It checks each leaf as it goes: a value that its type would not write as it is
goes through the type's own coercion, and what that refuses ends the comprehension; the rows are then put together one by one,
which tells which fields of which rows failed.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from itertools import islice
from math import isfinite
from operator import itemgetter
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect

from engine.declarations import Column, Computed, ConnectionEdge, Edge, Row
from engine.moments import MOMENT
from engine.plan import Field, Joined, Leaf, ListOf, Selection, Value
from engine.results import FAILED

Shaper = Callable[[Sequence[Row], Mapping[str, Any]], list[dict[str, Any]]]

NAMED = -1
"""In place of the number of extra values of a record: the rows are mappings."""


def extras(selection: Selection, row: Row) -> int:
    """How many values a record has beyond the selection's columns, which come first; NAMED for all other rows."""
    if _is_mapping(cast(Hashable, type(row))):
        return NAMED
    width = len(selection.columns)
    return len(row) - width if tuple(islice(row.keys(), width)) == selection.columns else NAMED


@cache
def _is_mapping(type_: Hashable) -> bool:
    # What the abstract class is asked takes a microsecond each time.
    return issubclass(type_, Mapping)  # type: ignore[arg-type]


def shaper(selection: Selection, extra: int) -> Shaper:
    """The selection's function for rows of this form, and what was loaded for them by response key: rows -> dicts."""
    made: Shaper | None = selection.shapers.get(extra)
    if made is None:
        made = selection.shapers[extra] = _make(selection, extra)
    return made


Report = Callable[[Exception, list[int]], None]
"""Takes an error, and the places in lists, from the outermost in, at which it was met."""


def complete(value: Value, given: Any, report: Report) -> Any:
    """A leaf or a list of leaves, not null, as graphql-core completes it; FAILED, and reported, where it does not fit."""
    try:
        if isinstance(value, Leaf):
            return _coerce(value.type, given)
        assert isinstance(value, ListOf)
        if not isinstance(given, list | tuple):
            raise TypeError(f"Expected Iterable, but got {inspect(given)}.")
    except Exception as error:
        report(error, [])
        return FAILED
    items: list[Any] = []
    for place, item in enumerate(given):
        items.append(_complete_item(value, item, partial(_report_item, report, place)))
        if items[-1] is FAILED:
            if value.item_non_null:
                return FAILED
            items[-1] = None
    return items


def of_column(field: Field, row: Row) -> Any:
    """A leaf field's value before it is completed."""
    declaration = field.declaration
    assert isinstance(declaration, Column)
    given = row[declaration.name]
    return given if declaration.encoder is None else next(declaration.encoder(field.type_name)([given]))


def _complete_item(value: ListOf, item: Any, report: Report) -> Any:
    if item is not None:
        return complete(value.item, item, report)
    if not value.item_non_null:
        return None
    report(TypeError("Cannot return null in a list of non-nullable items."), [])
    return FAILED


def _report_item(report: Report, place: int, error: Exception, places: list[int]) -> None:
    report(error, [place, *places])


def _coerce(type_: GraphQLLeafType, given: Any) -> Any:
    coerced = type_.coerce_output_value(given)
    if coerced is None or coerced is Undefined:
        raise TypeError(
            f"Expected `{inspect(type_)}.coerce_output_value({inspect(given)})` to return non-nullable value,"
            f" returned: {inspect(coerced)}"
        )
    return coerced


def _make(selection: Selection, extra: int) -> Shaper:
    names: dict[str, Any] = {}
    if extra == NAMED:
        variables = {column: f"row[{column!r}]" for column in selection.columns}
        target = "row"
    else:
        variables = {column: f"v{index}" for index, column in enumerate(selection.columns)}
        target = ", ".join([*variables.values(), *(f"_{index}" for index in range(extra))]) + ","
    loads = {load.response_key: load for group in selection.loads for load in group}
    entries: list[str] = []
    takers: dict[str, str] = {}
    for key in selection.response_keys:
        if key in selection.leaves:
            field = selection.leaves[key]
            declaration = field.declaration
            assert isinstance(declaration, Column)
            if declaration.encoder is None:
                value = _expression(field, variables[declaration.name], names)
            else:
                taker, encode = f"take{len(takers)}", f"encode{len(takers)}"
                names[encode] = _of_all(declaration.encoder(field.type_name), selection, declaration.name, extra)
                takers[taker], value = f"{encode}(rows).__next__", f"{taker}()"
        elif key in selection.joined:
            value = _joined_row(selection.joined[key], variables, names)
        elif key in loads:
            taker, load = f"take{len(takers)}", loads[key].declaration
            if isinstance(load, Computed):
                takers[taker], value = f"iter(loaded[{key!r}]).__next__", f"{taker}()"
            else:
                assert isinstance(load, Edge | ConnectionEdge)
                takers[taker], value = f"loaded[{key!r}].__getitem__", f"{taker}({variables[load.key]})"
        else:
            value = repr(selection.type_name)
        entries.append(f"{key!r}: {value}")
    comprehension = f"[{{{', '.join(entries)}}} for {target} in rows]"
    source = f"lambda rows, loaded: (lambda {', '.join(takers)}: {comprehension})({', '.join(takers.values())})"
    made: Shaper = eval(source, {"__builtins__": {}, "iter": iter, **names})
    return made


def _joined_row(joined: Joined, variables: dict[str, str], names: dict[str, Any]) -> str:
    """The dict of a row that stands in another; null where it is not there."""
    entries = []
    for key in joined.selection.response_keys:
        field = joined.selection.leaves.get(key)
        if field is None:
            entries.append(f"{key!r}: {joined.selection.type_name!r}")
            continue
        assert isinstance(field.declaration, Column)
        variable = variables[joined.prefix + field.declaration.name]
        if field.declaration.encoder is None:
            entries.append(f"{key!r}: {_expression(field, variable, names)}")
        else:
            encode = f"encode_one{len(names)}"
            names[encode] = _of_one(field.declaration.encoder(field.type_name))
            entries.append(f"{key!r}: {encode}({variable})")
    return f"None if {variables[joined.presence]} is None else {{{', '.join(entries)}}}"


def _of_one(encode: Callable[[Iterable[Any]], Iterator[Any]]) -> Callable[[Any], Any]:
    return lambda value: next(encode([value]))


def _of_all(
    encode: Callable[[Iterable[Any]], Iterator[Any]], selection: Selection, column: str, extra: int
) -> Callable[[Sequence[Row]], Iterator[Any]]:
    """What the encoder makes of the column's values of all rows."""
    of_row = itemgetter(column if extra == NAMED else selection.columns.index(column))
    return lambda rows: encode(map(of_row, rows))


def _expression(field: Field, value: str, names: dict[str, Any]) -> str:
    number = len(names)
    names[f"complete{number}"] = _checked(field.value)
    completed = _quick(field.value, value, f"complete{number}({value})", number, names)
    return completed if field.non_null else f"None if {value} is None else {completed}"


def _quick(value: Value, variable: str, otherwise: str, number: int, names: dict[str, Any]) -> str:
    """An expression that is the value itself where its type writes it as it is, and `otherwise` elsewhere."""
    if isinstance(value, ListOf):
        if not isinstance(value.item, Leaf) or value.item.type not in (GraphQLString, GraphQLID):
            return otherwise
        names["are_strings"] = _are_strings
        return f"{variable} if {variable}.__class__ is {_known(names, list)} and are_strings({variable}) else {otherwise}"
    if not isinstance(value, Leaf):
        return otherwise
    type_ = value.type
    if type_ in (GraphQLString, GraphQLID):
        return f"{variable} if {variable}.__class__ is str_ else {otherwise}".replace("str_", _known(names, str))
    if type_ is GraphQLInt:
        return (
            f"{variable} if {variable}.__class__ is {_known(names, int)} and -2147483648 <= {variable} <= 2147483647"
            f" else {otherwise}"
        )
    if type_ is GraphQLFloat:
        names["isfinite"] = isfinite
        return f"{variable} if {variable}.__class__ is {_known(names, float)} and isfinite({variable}) else {otherwise}"
    if type_ is GraphQLBoolean:
        return f"{variable} if {variable}.__class__ is {_known(names, bool)} else {otherwise}"
    if type_ is MOMENT:
        names["utc"] = UTC
        return f"{variable} if {variable}.__class__ is {_known(names, datetime)} and {variable}.tzinfo is utc else {otherwise}"
    if isinstance(type_, GraphQLEnumType):
        names[f"names{number}"] = {name: name for name in _written_as_they_are(type_)}
        return f"{variable} if {variable}.__class__ is {_known(names, str)} and {variable} in names{number} else {otherwise}"
    # What a scalar of another kind makes of a value is tested in place: a call of Python's own would cost as much again.
    names[f"coerce{number}"], names["Undefined"] = type_.coerce_output_value, Undefined
    made = f"(made := coerce{number}({variable}))"
    return f"made if {made} is not None and made is not Undefined else {otherwise}"


def _written_as_they_are(type_: GraphQLEnumType) -> list[str]:
    """The enum's names that stand for themselves in rows."""
    found = []
    for name in type_.values:
        try:
            if type_.coerce_output_value(name) == name:
                found.append(name)
        except Exception:
            continue
    return found


def _known(names: dict[str, Any], class_: type) -> str:
    name = f"{class_.__name__}_"
    names[name] = class_
    return name


def _are_strings(values: list[Any]) -> bool:
    return not set(map(type, values)) - {str}


def _raise(error: Exception, _places: list[int]) -> None:
    raise error


def _checked(value: Value) -> Callable[[Any], Any]:
    """Completes a value that is not null; what it refuses is worked out again, row by row, to tell where it stands."""
    if not isinstance(value, Leaf):
        return partial(complete, value, report=_raise)
    coerce = value.type.coerce_output_value

    def completed(given: Any) -> Any:
        coerced = None if given is None else coerce(given)
        if coerced is None or coerced is Undefined:
            raise TypeError
        return coerced

    return completed
