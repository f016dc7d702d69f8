"""Variables that are only looked at come out as graphql-core coerces them; whatever else is given is graphql-core's."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values

from engine.variables import MOST_ERRORS, Variables

SCHEMA = build_schema("""
    enum Colour { RED }
    input Box { id: ID! }
    type Query { any(id: ID, text: String, whole: Int, part: Float, flag: Boolean, colour: Colour, box: Box, many: [Int]): Int }
""")

TYPES = ["ID", "ID!", "String", "String!", "Int", "Int!", "Boolean", "Boolean!", "Float", "Colour", "Box", "[Int]", "[Int!]!"]

GIVEN: list[Any] = [
    None, "", "a", "RED", "1", 0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**30, 1.0, 1.5, True, False, [], [1], [None],
    {}, {"id": "a"}, {"id": None},
]  # fmt: skip


def both(definitions: str, given: dict[str, Any]) -> tuple[Any, Any]:
    """What graphql-core and what the operation make of these values: coerced and their sources, or the errors' texts."""
    (operation,) = parse(f"query({definitions}) {{ __typename }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    nodes = operation.variable_definitions or ()
    found = (
        get_variable_values(SCHEMA, nodes, given, max_errors=MOST_ERRORS),
        Variables(SCHEMA, nodes).coerce(given),
    )
    reference, own = (
        (values.coerced, {name: source.value for name, source in values.sources.items()})
        if isinstance(values, VariableValues)
        else [str(error) for error in values]
        for values in found
    )
    return reference, own


@pytest.mark.parametrize("default", ["", " = null", " = 1"])
@pytest.mark.parametrize("type_", TYPES)
def test_each_value_for_each_type(type_: str, default: str) -> None:
    for value in GIVEN:
        reference, own = both(f"$a: {type_}{default}", {"a": value})
        assert own == reference, value
        if isinstance(reference, tuple):
            assert type(own[0].get("a")) is type(reference[0].get("a")), value
    reference, own = both(f"$a: {type_}{default}", {})
    assert own == reference


def test_several_at_once_and_what_nobody_asked_for() -> None:
    for given in ({"a": "x", "b": 1}, {"a": "x"}, {"b": 1}, {"a": "x", "b": "1"}, {"a": "x", "b": 1, "c": []}):
        reference, own = both("$a: ID!, $b: Int", given)
        assert own == reference, given
        if isinstance(reference, tuple):
            assert list(own[0]) == list(reference[0])


def test_no_variables() -> None:
    (operation,) = parse("{ __typename }").definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert Variables(SCHEMA, operation.variable_definitions or ()).coerce({"a": 1}) == VariableValues({}, {})
