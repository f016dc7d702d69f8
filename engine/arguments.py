"""Arguments: from what graphql-core coerced to the keywords that resolvers, batch functions and connections take.

Input objects become dicts of what the client gave, under the names that they have in Python; everything else is as it is.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from engine.plan import Arguments
from engine.variables import names_of_variables

Convert = Callable[[Any], Any]

Fill = Callable[[dict[str, Any]], Any]
"""Makes a value, in which variables stand, of the variables' values."""

NO_ARGUMENTS: dict[str, Any] = {}


def arguments_of(definition: GraphQLField, node: FieldNode) -> Arguments:
    """How a field's arguments come to be: once and for all where no variable is in them."""
    if not definition.args:
        return lambda _variables: NO_ARGUMENTS
    names = {name: (_python_name(argument), _converter(argument.type)) for name, argument in definition.args.items()}

    def coerce(variables: VariableValues | None) -> dict[str, Any]:
        return _renamed(names, get_argument_values(definition, node, variables))

    used = {name for argument in node.arguments or () for name in names_of_variables(argument)}
    if used:
        fill = _template(definition, node, used)
        return coerce if fill is None else _filled(names, used, fill, otherwise=coerce)
    try:
        constant = coerce(None)
    except GraphQLError:
        return coerce
    return lambda _variables: constant


def _converter(type_: GraphQLInputType) -> Convert | None:
    """What turns a value of the type into what Python takes; None where it is that already."""
    if is_non_null_type(type_):
        return _converter(type_.of_type)
    if is_list_type(type_):
        item = _converter(type_.of_type)
        return None if item is None else lambda value: None if value is None else [item(each) for each in value]
    if isinstance(type_, GraphQLInputObjectType):
        names = {name: (_python_name(field), _converter(field.type)) for name, field in type_.fields.items()}
        return lambda value: None if value is None else _renamed(names, value)
    return None


def _renamed(names: dict[str, tuple[str, Convert | None]], values: dict[str, Any]) -> dict[str, Any]:
    renamed = {}
    for name, value in values.items():
        python_name, convert = names[name]
        renamed[python_name] = value if convert is None else convert(value)
    return renamed


def _python_name(definition: Any) -> str:
    name: str = definition.extensions["strawberry-definition"].python_name
    return name


class _Variable:
    """In the place of a variable's value."""

    def __init__(self, name: str) -> None:
        self.name = name


def _template(definition: GraphQLField, node: FieldNode, used: Iterable[str]) -> Fill | None:
    """What makes the coerced arguments of values that are all given and not null; None where it takes graphql-core itself.

    A variable's value is put where the variable stands, unlooked at: it was coerced when the request came, and validation has
    compared the types.
    """
    places = {name: _Variable(name) for name in used}
    try:
        template = get_argument_values(definition, node, VariableValues({}, places))
    except Exception:
        # A scalar of its own kind takes a literal apart, with the variables in it.
        return None
    found: set[str] = set()
    fill = _fill(template, found)
    return fill if found == places.keys() else None


def _fill(value: Any, found: set[str]) -> Fill | None:
    """None where no variable is in the value: it is the same for all. found: takes the names of those that are."""
    if isinstance(value, _Variable):
        found.add(value.name)
        return itemgetter(value.name)
    if isinstance(value, dict):
        fills = {name: fill for name, each in value.items() if (fill := _fill(each, found)) is not None}
        return (lambda given: value | {name: fill(given) for name, fill in fills.items()}) if fills else None
    if isinstance(value, list):
        items = [(each, _fill(each, found)) for each in value]
        if all(fill is None for _, fill in items):
            return None
        return lambda given: [each if fill is None else fill(given) for each, fill in items]
    return None


def _filled(names: dict[str, tuple[str, Convert | None]], used: Iterable[str], fill: Fill, otherwise: Arguments) -> Arguments:
    def filled(variables: VariableValues) -> dict[str, Any]:
        given = variables.coerced
        for name in used:
            if given.get(name) is None:
                return otherwise(variables)
        return _renamed(names, fill(given))

    return filled
