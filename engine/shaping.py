"""Rows into dicts: a function made for each selection, which writes all of its leaves at once and in the order of the answer.

A shaper is Python source of one comprehension, made of response keys (GraphQL names) and numbers of columns alone. It checks
each value as it goes: one that its type would not write as it is goes through the type's own coercion, and what that refuses
ends the comprehension; the rows are then completed one by one, which tells which fields of which rows failed.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from math import isfinite
from typing import Any

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

from engine.declarations import Column, Row
from engine.plan import Field, Leaf, ListOf, Selection, Value

Shaper = Callable[[Sequence[Row]], list[dict[str, Any]]]

NAMED = -1
"""In place of the number of extra values of a record: the rows are mappings."""


def extras(selection: Selection, row: Row) -> int:
    """How many values a record has beyond the selection's columns, which come first; NAMED for all other rows."""
    if isinstance(row, Mapping):
        return NAMED
    width = len(selection.columns)
    return len(row) - width if tuple(islice(row.keys(), width)) == selection.columns else NAMED


def shaper(selection: Selection, extra: int) -> Shaper:
    """The selection's function for rows of this form: rows -> dicts, with None where a load's value goes."""
    made: Shaper | None = selection.shapers.get(extra)
    if made is None:
        made = selection.shapers[extra] = _make(selection, extra)
    return made


def complete(value: Value, given: Any) -> Any:
    """One value of a leaf or a list of leaves, as graphql-core completes it; raises where it does not fit."""
    if isinstance(value, Leaf):
        return _coerce(value.type, given)
    assert isinstance(value, ListOf)
    if not isinstance(given, list | tuple):
        raise TypeError(f"Expected Iterable, but got {inspect(given)}.")
    return [_complete_item(value, item) for item in given]


def of_column(field: Field, row: Row) -> Any:
    """A leaf field's value before it is completed."""
    declaration = field.declaration
    assert isinstance(declaration, Column)
    given = row[declaration.name]
    return given if declaration.encode is None else declaration.encode(field.type_name, given)


def _complete_item(value: ListOf, item: Any) -> Any:
    if item is None:
        if value.item_non_null:
            raise TypeError("Cannot return null in a list of non-nullable items.")
        return None
    return complete(value.item, item)


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
    entries = []
    for key in selection.response_keys:
        field = selection.leaves.get(key)
        if field is not None:
            entries.append(f"{key!r}: {_expression(field, variables, names)}")
        elif any(key == load.response_key for group in selection.loads for load in group):
            entries.append(f"{key!r}: None")
        else:
            entries.append(f"{key!r}: {selection.type_name!r}")
    source = f"lambda rows: [{{{', '.join(entries)}}} for {target} in rows]"
    made: Shaper = eval(source, {"__builtins__": {}, **names})
    return made


def _expression(field: Field, variables: dict[str, str], names: dict[str, Any]) -> str:
    declaration = field.declaration
    assert isinstance(declaration, Column)
    value = variables[declaration.name]
    if declaration.encode is not None:
        names["encode"] = declaration.encode
        return f"encode({field.type_name!r}, {value})"
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
    if isinstance(type_, GraphQLEnumType):
        names[f"names{number}"] = {name: name for name in _written_as_they_are(type_)}
        return f"{variable} if {variable}.__class__ is {_known(names, str)} and {variable} in names{number} else {otherwise}"
    return otherwise


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


def _checked(value: Value) -> Callable[[Any], Any]:
    """Completes a value that is not null; what it refuses is worked out again, row by row, to tell where it stands."""
    if not isinstance(value, Leaf):
        return partial(complete, value)
    coerce = value.type.coerce_output_value

    def completed(given: Any) -> Any:
        coerced = None if given is None else coerce(given)
        if coerced is None or coerced is Undefined:
            raise TypeError
        return coerced

    return completed
