"""What of a schema operations ask for: fields, arguments, fields of input objects, and how they ask for them."""

from collections import Counter
from collections.abc import Iterable, Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)


def coordinates(schema: GraphQLSchema) -> set[str]:
    """Every field, argument and input field that queries reach: `Type.field`, `Type.field(argument:)`, `Input.field`."""
    return set(_coordinates(schema))


def asked(schema: GraphQLSchema, documents: Iterable[DocumentNode]) -> Counter[str]:
    """How often documents ask for each of the schema's coordinates; for arguments also how often by a variable (`… $`)."""
    found: Counter[str] = Counter()
    for document in documents:
        info = TypeInfo(schema)
        visit(document, TypeInfoVisitor(info, _Asked(schema, info, found)))
    return found


def _reached(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """The types of fields and arguments from the root of queries on."""
    assert schema.query_type is not None
    found: dict[str, GraphQLNamedType] = {}
    waiting: list[GraphQLNamedType] = [schema.query_type]
    while waiting:
        type_ = waiting.pop()
        if type_.name in found:
            continue
        found[type_.name] = type_
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            waiting += [get_named_type(field.type) for field in type_.fields.values()]
            waiting += [get_named_type(argument.type) for field in type_.fields.values() for argument in field.args.values()]
        if isinstance(type_, GraphQLInputObjectType):
            waiting += [get_named_type(field.type) for field in type_.fields.values()]
        if isinstance(type_, GraphQLInterfaceType):
            waiting += schema.get_possible_types(type_)
    return list(found.values())


class _Asked(Visitor):
    def __init__(self, schema: GraphQLSchema, info: TypeInfo, found: Counter[str]) -> None:
        super().__init__()
        self._schema = schema
        self._info = info
        self._found = found

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        parent = self._info.get_parent_type()
        assert parent is not None
        field = f"{parent.name}.{node.name.value}"
        self._found[field] += 1
        for argument in node.arguments or ():
            coordinate = f"{field}({argument.name.value}:)"
            self._found[coordinate] += 1
            if isinstance(argument.value, VariableNode):
                self._found[f"{coordinate} $"] += 1
        self._directives(node)

    def enter_inline_fragment(self, node: InlineFragmentNode, *_args: object) -> None:
        on = "…" if node.type_condition is None else self._kind(node.type_condition.name.value)
        self._found[f"inline fragment on {on}"] += 1
        self._directives(node)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: object) -> None:
        self._found["fragment spread"] += 1
        self._directives(node)

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
        parent = get_named_type(self._info.get_parent_input_type())
        if isinstance(parent, GraphQLInputObjectType):
            self._found[f"{parent.name}.{node.name.value}"] += 1

    def _kind(self, name: str) -> str:
        return "an interface" if isinstance(self._schema.type_map[name], GraphQLInterfaceType) else "an object"

    def _directives(self, node: FieldNode | InlineFragmentNode | FragmentSpreadNode) -> None:
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                by = "$" if isinstance(argument.value, VariableNode) else "constant"
                self._found[f"@{directive.name.value} {by}"] += 1


def _coordinates(schema: GraphQLSchema) -> Iterator[str]:
    for type_ in _reached(schema):
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}"
                yield from (f"{type_.name}.{name}({argument}:)" for argument in field.args)
        elif isinstance(type_, GraphQLInputObjectType):
            yield from (f"{type_.name}.{name}" for name in type_.fields)
