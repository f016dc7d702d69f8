"""Arguments: from what graphql-core coerced to the keywords that resolvers, batch functions and connections take.

Input objects become dicts of what the client gave, under the names that they have in Python; everything else is as it is.
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    VariableNode,
    Visitor,
    is_list_type,
    is_non_null_type,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values

from engine.plan import Arguments

Convert = Callable[[Any], Any]

NO_ARGUMENTS: dict[str, Any] = {}


def arguments_of(definition: GraphQLField, node: FieldNode) -> Arguments:
    """How a field's arguments come to be: once and for all where no variable is in them."""
    if not definition.args:
        return lambda _variables: NO_ARGUMENTS
    names = {name: (_python_name(argument), _converter(argument.type)) for name, argument in definition.args.items()}

    def coerce(variables: VariableValues | None) -> dict[str, Any]:
        return _renamed(names, get_argument_values(definition, node, variables))

    if any(_has_variables(argument) for argument in node.arguments or ()):
        return coerce
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


def _has_variables(argument: Any) -> bool:
    found = False

    class Variables(Visitor):
        def enter_variable(self, _node: VariableNode, *_args: Any) -> None:
            nonlocal found
            found = True

    visit(argument, Variables())
    return found
