"""Runs operations: which one of the document, whether its viewer may run it and can afford it, and its answer.

An operation is run by the engine; one that introspects the schema by graphql-core's executor, which knows how, and so is one
that has no plan, as an @include or @skip in it was given null: graphql-core tells where.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from math import inf
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, execute
from graphql.execution.values import VariableValues
from strawberry import Schema

from engine.cost import Estimate, dearest, total
from engine.document import Document, Documents, Operation
from engine.execution import Execution
from engine.explanation import explained, log_slow
from engine.measures import DocumentLimits
from engine.plan import Plan
from hub import graphql_errors
from hub.context import RequestContext
from hub.errors import CostCeilingExceeded, Forbidden, IntrospectionDisabled, PlanNotShown
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, WrongOperationKind
from hub.settings import Settings, ShowPlan
from hub.viewer import SCOPES, Viewer, ViewerKind

READ = "read"

SCOPE_OF_KIND = {OperationKind.QUERY: READ, OperationKind.MUTATION: "write", OperationKind.SUBSCRIPTION: "events"}


@dataclass(slots=True)
class Ready:
    """An operation of a valid document that its viewer may run, its variables: as they are taken, and as they were given."""

    document: Document
    operation: Operation
    variables: VariableValues
    given: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """The variables that costs are worked out from: what was given, else what the operation says."""
        return self.operation.defaults | self.given if self.operation.defaults else self.given


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
        self._show_plan = settings.show_plan
        self._slow_milliseconds = settings.slow_operation_milliseconds or inf

    async def run(self, asked: GraphQLRequest, context: RequestContext, *, allowed: frozenset[OperationKind]) -> Outcome:
        """Run what is asked, if it is of an allowed kind. What refuses it as a whole is raised; the rest is in the answer."""
        started = time.perf_counter()
        if asked.wants_plan and not self._shows_plan(context.viewer):
            raise PlanNotShown
        ready = self.ready(asked, context, allowed=allowed)
        if isinstance(ready, Outcome):
            return ready
        cost = await self.charge(ready, context)
        plan = self.plan(ready)
        if plan is None:
            data, errors = await self._by_graphql_core(ready, context)
        else:
            execution = Execution(context, ready.variables)
            data = await execution.run(plan)
            errors = execution.errors
        answer: dict[str, Any] = {}
        if errors:
            answer["errors"] = [graphql_errors.present(error, executed=True) for error in errors]
        answer["data"] = data
        answer["extensions"] = {"cost": cost}
        milliseconds = (time.perf_counter() - started) * 1000
        if asked.wants_plan:
            answer["extensions"]["plan"] = explained(context.reads, milliseconds)
        if milliseconds >= self._slow_milliseconds:
            log_slow(ready.operation, ready.document.text, context, cost["requested"], milliseconds)
        return Outcome(answer, executed=True)

    def _shows_plan(self, viewer: Viewer) -> bool:
        return self._show_plan is ShowPlan.EVERYONE or (self._show_plan is ShowPlan.STAFF and viewer.kind is ViewerKind.STAFF)

    def ready(self, asked: GraphQLRequest, context: RequestContext, *, allowed: frozenset[OperationKind]) -> Ready | Outcome:
        """The operation that is asked for and its variables; an Outcome where GraphQL itself refuses it, the rest is raised."""
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
        variables = operation.variables.coerce(given)
        if isinstance(variables, list):
            return _refused(variables, executed=True)
        return Ready(document, operation, variables, given)

    async def charge(
        self, ready: Ready, context: RequestContext, estimates: Sequence[Estimate] | None = None
    ) -> dict[str, Any]:
        """Hold what an operation costs against the viewer's ceiling, take it off its budget, and say so as clients are told.

        estimates: in the place of the operation's own.
        """
        viewer = context.viewer
        ceiling = self._ceilings[viewer.kind]
        operation = ready.operation
        if estimates is None and operation.fixed_cost is not None:
            cost = operation.fixed_cost
        else:
            cost = total(estimates or operation.estimates, ready.values)
        if cost > ceiling:
            raise CostCeilingExceeded(cost, ceiling, dearest(estimates or operation.estimates, ready.values))
        budget = await context.budget.spend(viewer, cost)
        return {"requested": cost, "ceiling": ceiling, **budget}

    def plan(self, ready: Ready) -> Plan | None:
        """The operation's plan; None where it has none, and graphql-core is to run it."""
        return None if ready.operation.introspects else self._documents.plan(ready.document, ready.operation, ready.variables)

    def _check_granted(self, operation: Operation, kind: OperationKind, viewer: Viewer) -> None:
        scope = SCOPE_OF_KIND[kind]
        if kind is OperationKind.SUBSCRIPTION and scope not in SCOPES[viewer.kind]:
            # Of those that no credential grants it, whoever reads may follow what it reads.
            scope = READ
        if scope not in viewer.scopes:
            raise Forbidden(f"This {kind.value} needs the scope {scope}, which the credential does not grant.")
        if operation.introspects and not self._allow_introspection:
            raise IntrospectionDisabled

    async def _by_graphql_core(self, ready: Ready, context: RequestContext) -> tuple[Any, list[GraphQLError]]:
        name = ready.operation.node.name.value if ready.operation.node.name else None
        result = execute(self._schema, ready.document.ast, None, context, variable_values=ready.given, operation_name=name)
        if isawaitable(result):
            result = await result
        return result.data, result.errors or []


def _refused(errors: list[GraphQLError], *, executed: bool) -> Outcome:
    return Outcome({"errors": [graphql_errors.present(error, executed=executed) for error in errors]}, executed=False)
