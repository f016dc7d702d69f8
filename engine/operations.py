"""Runs operations: which one of the document, whether its viewer may run it and can afford it, and its answer.

An operation is run by the engine; one that introspects the schema by graphql-core's executor, which knows how.
"""

from inspect import isawaitable
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, execute
from graphql.execution.values import VariableValues, get_variable_values
from strawberry import Schema

from engine.cost import dearest, total
from engine.document import Document, Documents, Operation
from engine.execution import Execution
from engine.measures import DocumentLimits
from hub import graphql_errors
from hub.context import RequestContext
from hub.errors import CostCeilingExceeded, Forbidden, IntrospectionDisabled
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, WrongOperationKind
from hub.settings import Settings
from hub.viewer import Viewer, ViewerKind

MOST_VARIABLE_ERRORS = 10

SCOPE_OF_KIND = {OperationKind.QUERY: "read", OperationKind.MUTATION: "write", OperationKind.SUBSCRIPTION: "events"}


class Operations:
    """The operations of one schema, within the limits of the settings."""

    def __init__(self, schema: Schema, settings: Settings) -> None:
        limits = DocumentLimits(
            characters=settings.document_max_characters,
            tokens=settings.document_max_tokens,
            depth=settings.document_max_depth,
            aliases=settings.document_max_aliases,
            directives=settings.document_max_directives,
            selection_sets=settings.document_max_selection_sets,
        )
        self._schema = schema._schema
        self._documents = Documents(schema._schema, limits, kept_characters=settings.documents_kept_characters)
        self._ceilings: dict[ViewerKind, int] = {kind: getattr(settings, f"cost_ceiling_{kind.value}") for kind in ViewerKind}
        self._allow_introspection = settings.introspection

    async def run(self, asked: GraphQLRequest, context: RequestContext, *, allowed: frozenset[OperationKind]) -> Outcome:
        """Run what is asked, if it is of an allowed kind. What refuses it as a whole is raised; the rest is in the answer."""
        try:
            document = self._documents.get(context.trusted.text_of(asked, context.viewer))
        except GraphQLSyntaxError as error:
            return _refused([error], executed=False)
        name, kind = document.choose(asked.operation_name)
        if kind not in allowed:
            raise WrongOperationKind(kind)
        if document.errors:
            return _refused(document.errors, executed=False)
        context.trusted.register(asked, context.viewer)
        operation = document.operations[name]
        self._check_granted(operation, kind, context.viewer)
        given = asked.variables or {}
        variables = get_variable_values(
            self._schema, operation.node.variable_definitions or (), given, max_errors=MOST_VARIABLE_ERRORS
        )
        if isinstance(variables, list):
            return _refused(variables, executed=True)
        cost = self._cost(operation, operation.defaults | given if operation.defaults else given, context.viewer)
        budget = await context.budget.spend(context.viewer, cost)
        data, errors = await self._execute(document, operation, variables, context, given)
        answer: dict[str, Any] = {}
        if errors:
            answer["errors"] = [graphql_errors.present(error, executed=True) for error in errors]
        answer["data"] = data
        ceiling = self._ceilings[context.viewer.kind]
        answer["extensions"] = {"cost": {"requested": cost, "ceiling": ceiling, **budget}}
        return Outcome(answer, executed=True)

    def _check_granted(self, operation: Operation, kind: OperationKind, viewer: Viewer) -> None:
        scope = SCOPE_OF_KIND[kind]
        if scope not in viewer.scopes:
            raise Forbidden(f"This {kind.value} needs the scope {scope}, which the credential does not grant.")
        if operation.introspects and not self._allow_introspection:
            raise IntrospectionDisabled

    def _cost(self, operation: Operation, variables: dict[str, Any], viewer: Viewer) -> int:
        cost = total(operation.estimates, variables)
        ceiling = self._ceilings[viewer.kind]
        if cost > ceiling:
            raise CostCeilingExceeded(cost, ceiling, dearest(operation.estimates, variables))
        return cost

    async def _execute(
        self,
        document: Document,
        operation: Operation,
        variables: VariableValues,
        context: RequestContext,
        given: dict[str, Any],
    ) -> tuple[Any, list[GraphQLError]]:
        if operation.introspects:
            name = operation.node.name.value if operation.node.name else None
            result = execute(self._schema, document.ast, None, context, variable_values=given, operation_name=name)
            if isawaitable(result):
                result = await result
            return result.data, result.errors or []
        execution = Execution(context, variables)
        data = await execution.run(self._documents.plan(document, operation, variables))
        return data, execution.errors


def _refused(errors: list[GraphQLError], *, executed: bool) -> Outcome:
    return Outcome({"errors": [graphql_errors.present(error, executed=executed) for error in errors]}, executed=False)
