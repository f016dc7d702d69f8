"""Documents made ready: parsed, measured, validated and priced once, then kept by their text and run many times."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    specified_rules,
    validate,
    value_from_ast_untyped,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from engine.compiler import boolean_variables, compile_operation
from engine.cost import Estimate, estimate, fixed_total
from engine.measures import DocumentLimits, read_document
from engine.plan import Plan
from engine.variables import Variables, names_of_variables
from hub.errors import BadRequest, DocumentLimitExceeded
from hub.graphql_request import OperationKind

MOST_VALIDATION_ERRORS = 10

# Strawberry checks @oneOf by a rule of its own.
RULES = (*specified_rules, OneOfInputValidationRule)

MOST_COMPARISONS = 25_000
"""Steps of comparing fields of the same name with each other, which grow with the square of how often a field is repeated.

This many take 0.1 s. A document without repeated fields needs none; the library's own limit is twenty times as high, and has
no other place to be set.
"""

overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MOST_COMPARISONS

PLANS_AN_OPERATION = 16
"""Plans kept of one operation, one for each set of the variables that @skip and @include look at."""


@dataclass(slots=True)
class Operation:
    """One operation of a valid document, ready to run. `fixed_cost`: what it costs where no variable decides about that.

    `used_below_root`: the variables that decide about anything but the arguments of its root fields; of subscriptions alone.
    """

    node: OperationDefinitionNode
    variables: Variables
    introspects: bool
    fixed_cost: int | None
    estimates: tuple[Estimate, ...]
    defaults: dict[str, Any]
    decisive: tuple[str, ...]
    used_below_root: frozenset[str]
    plans: OrderedDict[tuple[Any, ...], Plan] = field(default_factory=OrderedDict)


@dataclass(slots=True)
class Document:
    """A document that could be parsed: its operations by name, None for the one without, and why it is not valid."""

    text: str
    ast: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    kinds: dict[str | None, OperationKind]
    errors: list[GraphQLError]
    operations: dict[str | None, Operation]

    def choose(self, name: str | None) -> tuple[str | None, OperationKind]:
        """Which operation is to run, and its kind; BadRequest where it is not there, or none is named of several."""
        if name is None:
            if len(self.kinds) != 1:
                raise BadRequest("operationName: the document has several operations or none; name the one to run.")
            (name,) = self.kinds
        elif name not in self.kinds:
            raise BadRequest(f"operationName: the document has no operation {name[:100]!r}.")
        return name, self.kinds[name]


class Documents:
    """The documents of one schema: valid ones are kept up to a number of characters, the least recently used goes first.

    A plan takes about as much memory as its document, and counts as much.
    """

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits, *, kept_characters: int) -> None:
        self._schema = schema
        self._limits = limits
        self._most_characters = kept_characters
        self._characters = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """The document of a text; GraphQLSyntaxError where it cannot be parsed, DocumentLimitExceeded where it is too large."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
            return document
        document = self._make(text)
        if not document.errors:
            self._documents[text] = document
            self._grow(len(text))
        return document

    def plan(self, document: Document, operation: Operation, variables: VariableValues) -> Plan | None:
        """The plan of an operation for these variables; made once for those that decide about @skip and @include.

        None where one of them is null.
        """
        key = tuple(map(variables.coerced.get, operation.decisive)) if operation.decisive else ()
        plan = operation.plans.get(key)
        if plan is None:
            if None in key:
                return None
            fragments = {name: FragmentDetails(node) for name, node in document.fragments.items()}
            plan = operation.plans[key] = compile_operation(self._schema, operation.node, fragments, variables)
            if len(operation.plans) > PLANS_AN_OPERATION:
                operation.plans.popitem(last=False)
            elif self._documents.get(document.text) is document:
                self._grow(len(document.text))
        return plan

    def _grow(self, characters: int) -> None:
        self._characters += characters
        while self._characters > self._most_characters:
            _, oldest = self._documents.popitem(last=False)
            plans = sum(len(operation.plans) for operation in oldest.operations.values())
            self._characters -= len(oldest.text) * (1 + plans)

    def _make(self, text: str) -> Document:
        ast = read_document(text, self._limits)
        errors = validate(self._schema, ast, RULES, max_errors=MOST_VALIDATION_ERRORS)
        if any(isinstance(error, ValidationAbortedError) and not error.nodes for error in errors[:1]):
            raise DocumentLimitExceeded("comparisons_of_repeated_fields", None, MOST_COMPARISONS)
        fragments = {part.name.value: part for part in ast.definitions if isinstance(part, FragmentDefinitionNode)}
        nodes = {
            part.name.value if part.name else None: part
            for part in ast.definitions
            if isinstance(part, OperationDefinitionNode)
        }
        operations = {} if errors else {name: self._operation(node, fragments) for name, node in nodes.items()}
        kinds = {name: OperationKind(node.operation.value) for name, node in nodes.items()}
        return Document(text, ast, fragments, kinds, errors, operations)

    def _operation(self, node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Operation:
        estimates = estimate(self._schema, node, fragments)
        return Operation(
            node=node,
            variables=Variables(self._schema, node.variable_definitions or ()),
            introspects=_introspects([node, *fragments.values()]),
            fixed_cost=fixed_total(estimates),
            estimates=estimates,
            defaults={
                variable.variable.name.value: value_from_ast_untyped(variable.default_value)
                for variable in node.variable_definitions or ()
                if variable.default_value is not None
            },
            decisive=boolean_variables(node, fragments.values()),
            used_below_root=_used_below_root(node, fragments.values()),
        )


def _used_below_root(node: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]) -> frozenset[str]:
    if node.operation is not OperationType.SUBSCRIPTION:
        return frozenset()
    parts: list[Any] = list(fragments)
    for selection in node.selection_set.selections:
        if isinstance(selection, FieldNode):
            parts += [*(selection.directives or ()), *filter(None, [selection.selection_set])]
        else:
            parts.append(selection)
    return frozenset(name for part in parts for name in names_of_variables(part))


def _introspects(parts: list[Any]) -> bool:
    found = False

    class Introspection(Visitor):
        def enter_field(self, node: FieldNode, *_args: Any) -> None:
            nonlocal found
            found = found or node.name.value in ("__schema", "__type")

    for part in parts:
        visit(part, Introspection())
    return found
