"""Operations made at random over the served schema: every kind of field, argument, fragment, directive and variable.

The same seed makes the same operation. What it asks for is valid, as documents that reach an executor are; its values are not
always: pages out of range, ids of other types and of nothing, cursors of other connections.
"""

from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from hub import global_id
from hub.vocabulary import Phase

TEXTS = ["東京", "会計", "a", "", "  ", "株式会社", "クラウド", "x" * 201, "\u0000", "JP-13", "JP", "1010001000006", "SMART"]
TYPES = ["Partner", "Engagement", "Client", "Handoff", "Course", "Member", "Post", "Association", "Certification", "Nothing"]
DATES = ["2026-04-01", "2025-12-31", "2026-06-30"]
TIMES = ["2026-04-01T00:00:00Z", "2026-01-01T09:00:00+09:00"]

MOMENTARY = {"Source.state", "Source.latencyMs", "Source.checkedAt"}
"""Fields that are never asked for: what they say is of the moment, and may differ between two runs."""

RULES = (*specified_rules, OneOfInputValidationRule)
"""What makes a document valid."""


@dataclass
class Operation:
    """A document and the values of its variables."""

    seed: int
    text: str
    document: DocumentNode
    variables: dict[str, Any]

    def __str__(self) -> str:
        return f"seed {self.seed}\n{self.text}\n{self.variables}"


@dataclass
class _Draft:
    random: Random
    schema: GraphQLSchema
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    breadth: int = 5

    def selection(self, type_: GraphQLOutputType, depth: int) -> str:
        """A selection set on a type: fields, aliases, fragments, directives."""
        named = get_named_type(type_)
        if is_abstract_type(named):
            return self.abstract(named, depth)
        assert isinstance(named, GraphQLObjectType)
        names = [name for name in named.fields if f"{named.name}.{name}" not in MOMENTARY]
        leaves = [name for name in names if is_leaf_type(get_named_type(named.fields[name].type))]
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, self.breadth)))
        if depth <= 0:
            chosen = [name for name in chosen if name in leaves] or leaves[:1]
        parts = [part for name in chosen if depth > 0 or name in leaves for part in self.fields(named, name, depth)]
        if self.random.random() < 0.3 or not parts:
            parts.append("__typename" if self.random.random() < 0.7 else "kind: __typename")
        if self.random.random() < 0.15:
            parts.append(f"... {self.directive()} {{ {' '.join(parts[:2])} }}")
        if self.random.random() < 0.15:
            parts.append(f"... on {named.name} {{ {parts[0]} }}")
        if self.random.random() < 0.15:
            parts.append(self.spread(named.name, " ".join(parts[-2:])))
        if any(interface.name == "Node" for interface in named.interfaces) and self.random.random() < 0.15:
            parts.append("... on Node { id __typename }")
        self.random.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def abstract(self, type_: Any, depth: int) -> str:
        first, second, *others = self.random.sample(list(self.schema.get_possible_types(type_)), 4)
        of_type = {
            each: f"... on {each.name} {self.now_and_then()} {self.selection(each, depth - 1)}" for each in (second, *others)
        }
        parts = [
            "id __typename",
            self.spread(first.name, self.selection(first, depth - 1)[1:-1]),
            f"... on {type_.name} {{ {of_type.pop(second)} again: id }}",
            self.spread(type_.name, f"{of_type.popitem()[1]} kind: __typename"),
            *of_type.values(),
        ]
        self.random.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def fields(self, type_: GraphQLObjectType, name: str, depth: int) -> list[str]:
        """A field; now and then under two names, with arguments for each, or twice under one name, to be merged."""
        definition = type_.fields[name]
        head = self.head(name, definition)
        found = [f"{head} {self.below(definition, depth)}"]
        if definition.args and self.random.random() < 0.15:
            found.append(f"{self.head(name, definition)} {self.below(definition, depth)}")
        if not is_leaf_type(get_named_type(definition.type)) and self.random.random() < 0.15:
            found.append(f"{head} {self.below(definition, depth)}")
        return found

    def head(self, name: str, definition: GraphQLField) -> str:
        """What stands before a field's selection: alias, name, arguments, directive."""
        # An alias of its own for what has arguments: the same key with other arguments would not be valid.
        composite = not is_leaf_type(get_named_type(definition.type))
        named = definition.args or composite or self.random.random() < 0.2
        alias = f"a{self.random.randrange(10**6)}: " if named else ""
        return f"{alias}{name}{self.arguments(definition.args)} {self.now_and_then()}"

    def below(self, definition: GraphQLField, depth: int) -> str:
        """A field's selection, where its type has one."""
        return "" if is_leaf_type(get_named_type(definition.type)) else self.selection(definition.type, depth - 1)

    def spread(self, type_name: str, body: str) -> str:
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {type_name} {{ {body} }}")
        return f"...{name}"

    def now_and_then(self) -> str:
        """A directive, or mostly none."""
        return self.directive() if self.random.random() < 0.08 else ""

    def directive(self) -> str:
        name = self.random.choice(["include", "skip"])
        value = self.random.random() < 0.6
        if self.random.random() < 0.5:
            return f"@{name}(if: {'true' if value else 'false'})"
        return f"@{name}(if: ${self.variable('Boolean!', value)})"

    def variable(self, type_: GraphQLInputType | str, value: Any) -> str:
        """A variable of this value: given, or its default, or a default that what is given hides; or of none, not given."""
        name = f"v{len(self.definitions)}"
        default = ""
        if not isinstance(type_, str) and value is not None and self.random.random() < 0.2:
            default = f" = {_literal(value, type_)}"
        self.definitions.append(f"${name}: {type_}{default}")
        missing = default or (value is None and not isinstance(type_, str) and not is_non_null_type(type_))
        if not missing or self.random.random() < 0.5:
            self.variables[name] = value
        return name

    def arguments(self, definitions: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, definition in definitions.items():
            if not is_non_null_type(definition.type) and self.random.random() < 0.6:
                continue
            value = self._required(name, definition.type)
            if self.random.random() < 0.4:
                given.append(f"{name}: ${self.variable(definition.type, value)}")
            else:
                given.append(f"{name}: {self.literal(value, definition.type)}")
        return f"({', '.join(given)})" if given else ""

    def literal(self, value: Any, type_: GraphQLInputType) -> str:
        """A value as it is written in a document, with variables within it now and then."""
        if is_non_null_type(type_):
            type_ = type_.of_type
        if isinstance(value, list) and is_list_type(type_):
            return f"[{', '.join(self._within(item, type_.of_type) for item in value)}]"
        if isinstance(value, dict) and isinstance(type_, GraphQLInputObjectType):
            types = {key: each.type for key, each in type_.fields.items()}
            if _is_one_of(type_):
                types = {key: GraphQLNonNull(each) for key, each in types.items()}
            return "{" + ", ".join(f"{key}: {self._within(item, types[key])}" for key, item in value.items()) + "}"
        return _literal(value, type_)

    def _within(self, value: Any, type_: GraphQLInputType) -> str:
        return f"${self.variable(type_, value)}" if self.random.random() < 0.15 else self.literal(value, type_)

    def value(self, name: str, type_: GraphQLInputType) -> Any:
        """A value that the type takes; not always one that the field does."""
        if is_non_null_type(type_):
            return self.value(name, type_.of_type)
        if self.random.random() < 0.05 and not is_list_type(type_):
            return None
        if is_list_type(type_):
            return [
                item
                for _ in range(self.random.randrange(4))
                if (item := self.value(name, type_.of_type)) is not None or not is_non_null_type(type_.of_type)
            ]
        if isinstance(type_, GraphQLInputObjectType):
            if _is_one_of(type_):
                chosen = self.random.choice(list(type_.fields))
                value = None
                while value is None:
                    value = self.value(chosen, type_.fields[chosen].type)
                return {chosen: value}
            return {
                key: value
                for key, each in type_.fields.items()
                if is_non_null_type(each.type) or self.random.random() < 0.3
                if (value := self._required(key, each.type)) is not None or not is_non_null_type(each.type)
            }
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        return self.scalar(name, str(type_))

    def _required(self, name: str, type_: GraphQLInputType) -> Any:
        value = self.value(name, type_)
        while value is None and is_non_null_type(type_):
            value = self.value(name, type_)
        return value

    def scalar(self, name: str, type_name: str) -> Any:
        match type_name:
            case "Int":
                return self.random.choice([1, 2, 3, 3, 5, 100, 0, -1, 101])
            case "Float":
                return self.random.choice([0.5, 1, 2, 10, -1, 1e9])
            case "Boolean":
                return self.random.random() < 0.5
            case "Date":
                return self.random.choice(DATES)
            case "DateTime":
                return self.random.choice(TIMES)
            case "ID":
                if self.random.random() < 0.1:
                    return "nonsense"
                return global_id.encode(self.random.choice(TYPES), self.random.choice([1, 2, 3, 17, 10**12]))
        if name in ("after", "before"):
            return self.random.choice(["", "nonsense", "WzEsMl0"])
        if name == "timeZone":
            return self.random.choice(["Asia/Tokyo", "Europe/Berlin", "Asia/Edo", ""])
        if name == "locale":
            return self.random.choice(["ja", "en", "xx"])
        return self.random.choice([*TEXTS, Phase.AWARENESS.value])


def make(schema: GraphQLSchema, seed: int) -> Operation:
    """The operation of a seed. Fields of different types under one interface may conflict: then the next draft is tried."""
    drafts = (_make(schema, seed, Random(f"{seed}/{attempt}")) for attempt in count())
    return next(draft for draft in drafts if not validate(schema, draft.document, [OverlappingFieldsCanBeMergedRule]))


def _make(schema: GraphQLSchema, seed: int, random: Random) -> Operation:
    draft = _Draft(random, schema)
    query = schema.query_type
    assert query is not None
    names = random.sample(list(query.fields), random.randint(1, 3))
    body = " ".join(part for name in names for part in draft.fields(query, name, random.randint(1, 5)))
    head = f"query Q({', '.join(draft.definitions)})" if draft.definitions else "query Q"
    text = "\n".join([f"{head} {{ {body} }}", *draft.fragments])
    return Operation(seed, text, parse(text), draft.variables)


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    """Strawberry says so beside graphql-core's own flag."""
    definition = type_.extensions["strawberry-definition"]
    return bool(definition.is_one_of)


def _literal(value: Any, type_: GraphQLNamedType | GraphQLInputType) -> str:
    named = get_named_type(type_)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, named) for item in value) + "]"
    if isinstance(value, dict):
        assert isinstance(named, GraphQLInputObjectType)
        return "{" + ", ".join(f"{key}: {_literal(item, named.fields[key].type)}" for key, item in value.items()) + "}"
    if isinstance(named, GraphQLEnumType):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\u0000", "\\u0000")
        return f'"{escaped}"'
    return str(value)
