"""Compiles an operation into a plan: fields collected and merged as graphql-core does it, each with what its declaration reads.

A plan holds for one set of the boolean variables that @skip and @include look at; all other variables are filled in when it
runs.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from engine.arguments import arguments_of
from engine.declarations import Column, Columns, Computed, ConnectionEdge, Declaration, Edge, Kept, Part
from engine.plan import (
    Abstract,
    ConnectionOf,
    Field,
    Joined,
    Leaf,
    ListOf,
    Object,
    Parts,
    Plan,
    Selection,
    Value,
    row_selections,
)


def compile_operation(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDetails],
    variables: VariableValues,
) -> Plan:
    """The plan of an operation that has been validated."""
    return _Compilation(schema, operation, fragments, variables).plan()


class _Compilation:
    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._place = (0, "")

    def plan(self) -> Plan:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        collected = collect_fields(self._schema, self._fragments, self._variables, root, self._operation).grouped_field_set
        fields = self._fields(root, collected)
        return Plan(root.name, list(collected), fields, serial=root is self._schema.mutation_type)

    def _fields(self, type_: GraphQLObjectType, collected: dict[str, list[FieldDetails]]) -> list[Field]:
        return [
            self._field(type_, response_key, details)
            for response_key, details in collected.items()
            if details[0].node.name.value != "__typename"
        ]

    def _field(self, type_: GraphQLObjectType, response_key: str, details: list[FieldDetails]) -> Field:
        node = details[0].node
        definition = self._schema.get_field(type_, node.name.value)
        assert definition is not None
        declaration = _declaration(definition)
        around = self._place
        level, path = around
        self._place = level + (not isinstance(declaration, Column | Part)), f"{path}.{response_key}" if path else response_key
        place, value = self._place, self._value(definition.type, details)
        self._place = around
        return Field(
            response_key=response_key,
            name=node.name.value,
            type_name=type_.name,
            nodes=[detail.node for detail in details],
            declaration=declaration,
            value=value,
            non_null=is_non_null_type(definition.type),
            arguments=arguments_of(definition, node),
            kept=None if node.arguments else _kept(declaration, value),
            place=place,
        )

    def _value(self, type_: GraphQLOutputType, details: list[FieldDetails]) -> Value:
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_):
            return ListOf(self._value(type_.of_type, details), is_non_null_type(type_.of_type))
        named = get_named_type(type_)
        if is_leaf_type(named):
            return Leaf(named)
        if is_abstract_type(named):
            return Abstract({each.name: self._selection(each, details) for each in self._schema.get_possible_types(named)})
        assert isinstance(named, GraphQLObjectType)
        if any(isinstance(_declaration(field), Part) for field in named.fields.values()):
            parts = self._parts(named, details)
            if _is_connection(named):
                return ConnectionOf(parts, *_share_page(parts), _kept_nodes(parts))
            return parts
        return Object(self._selection(named, details))

    def _collect(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> dict[str, list[FieldDetails]]:
        return collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, type_, details
        ).grouped_field_set

    def _parts(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Parts:
        collected = self._collect(type_, details)
        return Parts(type_.name, list(collected), self._fields(type_, collected))

    def _selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        collected = self._collect(type_, details)
        fields = self._fields(type_, collected)
        leaves = {
            field.response_key: field
            for field in fields
            if isinstance(field.declaration, Column) and not _holds_objects(field.value)
        }
        joined = {field.response_key: found for field in fields if (found := _joined(field)) is not None}
        loads = _together([field for field in fields if field.response_key not in leaves and field.response_key not in joined])
        columns = _columns([field for field in fields if field.response_key not in joined])
        for each in joined.values():
            columns += (each.presence, *(f"{each.prefix}{column}" for column in each.selection.columns))
        return Selection(type_.name, list(collected), fields, leaves, joined, loads, tuple(dict.fromkeys(columns)))


def boolean_variables(operation: OperationDefinitionNode, fragments: Iterable[Any]) -> tuple[str, ...]:
    """The variables that @skip and @include look at: what a plan depends on."""
    names: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: Any, *_args: Any) -> None:
            if node.name.value in ("skip", "include"):
                names.update(
                    argument.value.name.value for argument in node.arguments if isinstance(argument.value, VariableNode)
                )

    for part in (operation, *fragments):
        visit(part, Directives())
    return tuple(sorted(names))


def _declaration(definition: GraphQLField) -> Declaration:
    strawberry = definition.extensions["strawberry-definition"]
    declared: Declaration | None = getattr(strawberry, "declaration", None)
    return Column(strawberry.python_name) if declared is None else declared


def _joined(field: Field) -> Joined | None:
    """The edge as one whose row is read with its parent's, where nothing but columns is asked of it."""
    declaration, value = field.declaration, field.value
    if not isinstance(declaration, Edge) or declaration.joined is None or field.non_null or not isinstance(value, Object):
        return None
    if value.selection.loads or value.selection.joined:
        return None
    return Joined(field, value.selection, f"{declaration.joined}.")


def _kept(declaration: Declaration, value: Value) -> tuple[Kept, ...] | None:
    """What an edge or a connection depends on, with all below it; None where something there is no reference data."""
    match declaration:
        case Edge(batch):
            kept: Kept | None = getattr(batch, "kept", None)
        case ConnectionEdge():
            kept = declaration.kept
        case _:
            kept = None
    selections = row_selections(value)
    if kept is None or (isinstance(declaration, Edge) and len(selections) != 1):
        return None
    below = _kept_below(selections)
    return None if below is None else tuple(dict.fromkeys((kept, *below)))


def _kept_nodes(parts: Parts) -> tuple[Kept, ...] | None:
    """What the nodes of a connection depend on beside their own rows; None where something there is no reference data."""
    selections = row_selections(parts)
    are_nodes = any(isinstance(field.declaration, Part) and field.declaration.name == "nodes" for field in parts.fields)
    return _kept_below(selections) if are_nodes and len(selections) == 1 else None


def _kept_below(selections: list[Selection]) -> tuple[Kept, ...] | None:
    found: list[Kept] = []
    for selection in selections:
        if selection.joined:
            return None
        for field in chain.from_iterable(selection.loads):
            if field.kept is None:
                return None
            found += field.kept
    return tuple(found)


def _columns(fields: list[Field]) -> Columns:
    columns: dict[str, None] = {}
    for field in fields:
        match field.declaration:
            case Column(name):
                columns[name] = None
            case Edge(_, key) | ConnectionEdge(_, key):
                columns[key] = None
            case Computed(_, needed):
                columns.update(dict.fromkeys(needed))
    return tuple(columns)


def _together(fields: list[Field]) -> list[list[Field]]:
    """Fields grouped by the read that answers them; edges of one read get the same columns, as they get the same rows."""
    groups: dict[Any, list[Field]] = {}
    for field in fields:
        arguments = tuple(print_ast(argument) for argument in field.nodes[0].arguments or ())
        match field.declaration:
            case Edge(batch):
                identity: Any = (batch, arguments)
            case ConnectionEdge():
                identity = (field.declaration, arguments)
            case _:
                identity = field
        groups.setdefault(identity, []).append(field)
    for group in groups.values():
        if len(group) > 1:
            columns = _share_columns([found for field in group for found in row_selections(field.value)])
            connections = [field.value for field in group if isinstance(field.value, ConnectionOf)]
            asked = frozenset(name for connection in connections for name in connection.asked)
            for connection in connections:
                # What one of them makes of the rows is not what the other does.
                connection.columns, connection.asked, connection.kept = columns, asked, None
    return list(groups.values())


def _share_page(parts: Parts) -> tuple[Columns, frozenset[str]]:
    selections = row_selections(parts)
    asked = frozenset(name for field in parts.fields for name in _part_names(field))
    return _share_columns(selections), asked


def _share_columns(selections: list[Selection]) -> Columns:
    columns = tuple(dict.fromkeys(column for selection in selections for column in selection.columns))
    for selection in selections:
        selection.columns = columns
    return columns


def _part_names(field: Field) -> list[str]:
    assert isinstance(field.declaration, Part)
    names = [field.declaration.name]
    value = field.value.item if isinstance(field.value, ListOf) else field.value
    if isinstance(value, Parts):
        names += [f"{field.declaration.name}.{name}" for sub in value.fields for name in _part_names(sub)]
    return names


def _is_connection(type_: GraphQLObjectType) -> bool:
    return "pageInfo" in type_.fields


def _holds_objects(value: Value) -> bool:
    return not isinstance(value, Leaf) and not (isinstance(value, ListOf) and not _holds_objects(value.item))
