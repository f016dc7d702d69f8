"""Runs operations on the schema: which one of the document, whether it may run, its answer with errors as clients see them."""

from functools import lru_cache
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, parse
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from hub import graphql_errors
from hub.context import RequestContext
from hub.errors import BadRequest
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, WrongOperationKind


class Operations:
    """The operations of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    async def run(self, asked: GraphQLRequest, context: RequestContext, *, allowed: frozenset[OperationKind]) -> Outcome:
        """Run what is asked, if it is of an allowed kind; BadRequest where there is no such operation."""
        if asked.operation_name is None and _operation_count(asked.query) > 1:
            raise BadRequest(_which_operation(None))
        try:
            result = await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
                allowed_operation_types={OperationType(kind.value) for kind in allowed},
            )
        except CannotGetOperationTypeError:
            raise BadRequest(_which_operation(asked.operation_name)) from None
        except InvalidOperationTypeError as error:
            raise WrongOperationKind(OperationKind(error.operation_type.value)) from None
        executed = not isinstance(result, PreExecutionError)
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [graphql_errors.present(error, executed=executed) for error in result.errors]
        if executed and not (result.data is None and _failed_before_running(result.errors)):
            answer["data"] = result.data
        return Outcome(answer, executed="data" in answer)


def _failed_before_running(errors: Any) -> bool:
    """Variables that do not fit are found by the executor, but are an error of the request: no error of theirs has a path."""
    return bool(errors) and all(error.path is None for error in errors)


def _which_operation(name: str | None) -> str:
    if name is None:
        return "operationName: the document has several operations or none; name the one to run."
    return f"operationName: the document has no operation {name[:100]!r}."


@lru_cache(maxsize=1024)
def _operation_count(query: str) -> int:
    """How many operations a document has; Strawberry would run the first of several. 0 for one that cannot be parsed."""
    try:
        return sum(isinstance(part, OperationDefinitionNode) for part in parse(query, no_location=True).definitions)
    except GraphQLError:
        return 0
