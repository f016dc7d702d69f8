"""Runs an operation through graphql-core's executor and through the engine, and says how the two answers differ."""

import asyncio
from collections.abc import Awaitable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, execute, get_operation_ast
from graphql.execution.collect_fields import FragmentDetails
from graphql.language import FragmentDefinitionNode
from strawberry import Schema
from strawberry.dataloader import DataLoader
from strawberry.exceptions import WrongNumberOfResultsReturned

from engine.compiler import compile_operation
from engine.execution import Execution
from engine.variables import Variables
from hub.context import Batch, RequestContext
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
    if isinstance(context, RequestContext):
        context = _Shielded(context)
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
    values = Variables(schema._schema, operation.variable_definitions or ()).coerce(variables)
    if isinstance(values, list):
        return Ran(None, values)
    execution = Execution(context, values)
    data = await execution.run(compile_operation(schema._schema, operation, fragments, values))
    return Ran(data, execution.errors)


class _Shielded:
    """A request's context whose loaders' futures outlive who waits for them.

    Where a field fails at once, graphql-core cancels its siblings, and with them the futures that DataLoader shares with
    other fields: these would then end the whole operation with CancelledError.
    """

    def __init__(self, context: RequestContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def loader(self, batch: Batch, **arguments: Hashable) -> Any:
        """As the context's own."""
        return _ShieldedLoader(self._context.loader(batch, **arguments))


class _ShieldedLoader:
    def __init__(self, loader: DataLoader[Any, Any]) -> None:
        self._loader = loader

    def load(self, key: Any) -> Awaitable[Any]:
        return asyncio.shield(self._loader.load(key))

    def load_many(self, keys: Iterable[Any]) -> Awaitable[list[Any]]:
        return asyncio.gather(*(self.load(key) for key in keys))


def difference(reference: Ran, ours: Ran) -> str | None:
    """How the answers differ; None where they agree: data to the byte, errors as a set by path, code and locations.

    Below a place that became null for what failed in it, which of several errors are told depends on timing: there the
    place itself must agree.
    """
    if reference.data_bytes != ours.data_bytes:
        return f"data:\n  {reference.data_bytes[:2000]!r}\n  {ours.data_bytes[:2000]!r}"
    expected, found = (_told(ran) for ran in (reference, ours))
    if expected != found:
        return f"errors:\n  {sorted(expected - found)}\n  {sorted(found - expected)}"
    return None


def _told(ran: Ran) -> set[tuple[str, str, str]]:
    return {_place(ran.data, error) for error in ran.errors}


def _place(data: Any, error: GraphQLError) -> tuple[str, str, str]:
    """Where the answer is null for an error; its code and its locations where that is the failed field itself."""
    path = list(error.path or ())
    at = data
    for depth, step in enumerate(path):
        if at is None:
            return str(path[:depth]), "", ""
        at = at[step]
    return str(path), _code(error), str(error.locations)


def _code(error: GraphQLError) -> str:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, HubError):
        return cause.code
    # The two have their own words for a value that its type does not take, for null where there may be none, and for a batch
    # that gives too few values.
    return "" if isinstance(cause, GraphQLError | TypeError | WrongNumberOfResultsReturned) else type(cause).__name__
