"""The variables of an operation, coerced as graphql-core coerces them, and at once where their types are simple.

graphql-core works the types out anew at each request. Where all variables are of built-in scalars, and were given as JSON
writes those, nothing is left to be done but to look; every other case, and every error, is graphql-core's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    Node,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    visit,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MOST_ERRORS: Final = 10

_LARGEST_INT: Final = 2**31 - 1

_AS_THEY_ARE: Final[Mapping[Any, Callable[[Any], bool]]] = {
    GraphQLID: lambda value: type(value) is str,
    GraphQLString: lambda value: type(value) is str,
    GraphQLBoolean: lambda value: type(value) is bool,
    GraphQLInt: lambda value: type(value) is int and -_LARGEST_INT - 1 <= value <= _LARGEST_INT,
}
"""By type, which values are what they are coerced to."""


def names_of_variables(node: Node) -> set[str]:
    """The variables that stand in a part of a document."""
    names: set[str] = set()

    class Names(Visitor):
        def enter_variable(self, node: VariableNode, *_args: Any) -> None:
            names.add(node.name.value)

    visit(node, Names())
    return names


class Variables:
    """What an operation's definitions make of the values that a request gives."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._definitions = definitions
        signatures = [get_variable_signature(schema, definition) for definition in definitions]
        self._simple = [
            (signature.name, signature, _AS_THEY_ARE[get_nullable_type(signature.type)])
            for signature in signatures
            if isinstance(signature, GraphQLVariableSignature) and get_nullable_type(signature.type) in _AS_THEY_ARE
        ]
        self._are_simple = len(self._simple) == len(definitions)

    def coerce(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """given: values by name, as JSON has them -> the coerced ones; or MOST_ERRORS errors, and that there are more."""
        return self._as_they_are(given) or get_variable_values(self._schema, self._definitions, given, max_errors=MOST_ERRORS)

    def _as_they_are(self, given: dict[str, Any]) -> VariableValues | None:
        if not self._are_simple:
            return None
        values = VariableValues({}, {})
        for name, signature, fits in self._simple:
            value = given.get(name)
            if not fits(value):
                return None
            values.sources[name] = VariableValueSource(signature, value)
            values.coerced[name] = value
        return values
