"""Runs an operation through graphql-core's executor and through the engine, and says how the two answers differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, execute, get_operation_ast
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import get_variable_values
from graphql.language import FragmentDefinitionNode
from strawberry import Schema

from engine.compiler import compile_operation
from engine.execution import Execution
from hub.errors import HubError


@dataclass(frozen=True)
class Ran:
    """What an executor answered."""

    data: Any
    errors: Sequence[GraphQLError]

    @property
    def data_bytes(self) -> bytes:
        """The data as it is sent."""
        return orjson.dumps(self.data, option=orjson.OPT_UTC_Z)


async def by_graphql_core(schema: Schema, document: DocumentNode, variables: dict[str, Any], context: Any) -> Ran:
    """The reference."""
    result = execute(schema._schema, document, variable_values=variables, context_value=context)
    if isawaitable(result):
        result = await result
    return Ran(result.data, result.errors or ())


async def by_engine(schema: Schema, document: DocumentNode, variables: dict[str, Any], context: Any) -> Ran:
    """The engine, from a plan made for these variables."""
    operation = get_operation_ast(document)
    assert operation is not None
    fragments = {
        part.name.value: FragmentDetails(part) for part in document.definitions if isinstance(part, FragmentDefinitionNode)
    }
    values = get_variable_values(schema._schema, operation.variable_definitions or (), variables)
    if isinstance(values, list):
        return Ran(None, values)
    execution = Execution(context, values)
    data = await execution.run(compile_operation(schema._schema, operation, fragments, values))
    return Ran(data, execution.errors)


def difference(reference: Ran, ours: Ran) -> str | None:
    """How the answers differ; None where they agree: data to the byte, errors as a set by path and code.

    Below a place that became null for what failed in it, which of several errors are told depends on timing: there the
    place itself must agree.
    """
    if reference.data_bytes != ours.data_bytes:
        return f"data:\n  {reference.data_bytes[:2000]!r}\n  {ours.data_bytes[:2000]!r}"
    expected, found = (_told(ran) for ran in (reference, ours))
    if expected != found:
        return f"errors:\n  {sorted(expected - found)}\n  {sorted(found - expected)}"
    return None


def _told(ran: Ran) -> set[tuple[str, str]]:
    return {_place(ran.data, error) for error in ran.errors}


def _place(data: Any, error: GraphQLError) -> tuple[str, str]:
    """Where the answer is null for an error, and its code where that is the failed field itself."""
    path = list(error.path or ())
    at = data
    for depth, step in enumerate(path):
        if at is None:
            return str(path[:depth]), ""
        at = at[step]
    return str(path), _code(error)


def _code(error: GraphQLError) -> str:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause.code if isinstance(cause, HubError) else type(cause).__name__
