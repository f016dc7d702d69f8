"""What an operation costs, estimated before it runs: from the prices in the schema and the sizes that its arguments ask for.

The terms are those of the GraphQL cost directives (@cost, @listSize) of IBM's specification: an object costs 1 and a scalar
nothing, a list costs its size times what an item costs, and a field or an argument with a weight costs that on top. An estimate
is compiled once for an operation and then evaluated with each request's variables.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from engine.declarations import NO_PRICE, Price

Variables = Mapping[str, Any]
Amount = Callable[[Variables], int]

INTROSPECTION_COST = 500
"""What __schema or __type costs, with all that is asked below it."""

WEIGHT = "weight"
"""The key under which the metadata of an argument, or of an input's field, holds its weight."""

_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one field costs with all below it.

    `weights` are added once, `own` is what each object of it costs. `size`: how many items it has, or the page of it for those
    fields below that are `sized_below`. It costs nothing where one of its `conditions` does not hold.
    """

    path: str
    weights: tuple[Amount, ...]
    own: int
    size: Amount | None
    sized_below: frozenset[str]
    conditions: tuple[Amount, ...]
    below: tuple["Estimate", ...] = ()

    def cost(self, variables: Variables, times: int = 1) -> int:
        """The cost under these variables, as JSON gave them, of so many of it."""
        if not all(condition(variables) for condition in self.conditions):
            return 0
        once = sum(weight(variables) for weight in self.weights)
        items, inner = self._inner(variables)
        return min(_MOST, times * (once + items * inner))

    def _inner(self, variables: Variables) -> tuple[int, int]:
        size = 1 if self.size is None else self.size(variables)
        return 1 if self.sized_below else size, self.own + sum(cost for _, cost in self.shares(variables, size))

    def shares(self, variables: Variables, size: int) -> list[tuple["Estimate", int]]:
        """What each field below costs, for one object of this field whose page has this size."""
        return [(each, each.cost(variables, size if each.name in self.sized_below else 1)) for each in self.below]

    @property
    def name(self) -> str:
        """The field's name."""
        return self.path.rpartition(".")[2]


def total(estimates: Sequence[Estimate], variables: Variables) -> int:
    """What the operation costs with these variables."""
    return min(_MOST, sum(each.cost(variables) for each in estimates))


def fixed_total(estimates: Sequence[Estimate]) -> int | None:
    """What the operation costs whatever its variables are; None where one of them was looked at to tell."""
    variables = _Watched()
    cost = total(estimates, variables)
    return None if variables.looked_at else cost


class _Watched(dict[str, Any]):
    """No variables, and whether one was asked for."""

    looked_at = False

    def get(self, _name: str, default: Any = None) -> Any:
        self.looked_at = True
        return default


def dearest(estimates: Sequence[Estimate], variables: Variables) -> str:
    """The path of the list that makes an operation dear: as deep as one field holds half of what the one around it costs."""
    chosen = listed = max(estimates, key=lambda each: each.cost(variables))
    while chosen.below:
        size = 1 if chosen.size is None else chosen.size(variables)
        shares = chosen.shares(variables, size)
        deeper, cost = max(shares, key=lambda share: share[1])
        if cost * 2 < sum(cost for _, cost in shares) + chosen.own:
            break
        chosen = deeper
        if chosen.size is not None:
            listed = chosen
    return listed.path


def estimate(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[Estimate, ...]:
    """The estimates of an operation's root fields; the document has been validated."""
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _Estimator(schema, fragments).selections(root, operation.selection_set, "", ())


class _Estimator:
    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def selections(
        self, type_: Any, selection_set: SelectionSetNode, path: str, conditions: tuple[Amount, ...]
    ) -> tuple[Estimate, ...]:
        found: list[Estimate] = []
        for selection in selection_set.selections:
            held = (*conditions, *_conditions(selection))
            if isinstance(selection, FieldNode):
                if selection.name.value != "__typename":
                    found.append(self._field(type_, selection, path, held))
                continue
            if isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
                on, inner = self._schema.get_type(fragment.type_condition.name.value), fragment.selection_set
            else:
                assert isinstance(selection, InlineFragmentNode)
                condition, inner = selection.type_condition, selection.selection_set
                on = type_ if condition is None else self._schema.get_type(condition.name.value)
            found += self.selections(on, inner, path, held)
        return tuple(found)

    def _field(self, type_: Any, node: FieldNode, path: str, conditions: tuple[Amount, ...]) -> Estimate:
        name = node.name.value
        path = f"{path}.{name}" if path else name
        if name.startswith("__"):
            return Estimate(path, (_constant(INTROSPECTION_COST),), 0, None, frozenset(), conditions)
        definition = type_.fields[name]
        price = _price(definition)
        named = get_named_type(definition.type)
        return Estimate(
            path=path,
            weights=_weights(price, definition, node),
            own=0 if is_leaf_type(named) else 1,
            size=_size(price, node),
            sized_below=frozenset(price.sized_fields),
            conditions=conditions,
            below=() if node.selection_set is None else self.selections(named, node.selection_set, path, ()),
        )


def _price(definition: GraphQLField) -> Price:
    price: Price = getattr(definition.extensions.get("strawberry-definition"), "price", NO_PRICE)
    return price


def _weights(price: Price, definition: GraphQLField, node: FieldNode) -> tuple[Amount, ...]:
    weights = [_constant(price.weight)] if price.weight else []
    for name, argument in definition.args.items():
        given = _argument(node, name)
        if given is None:
            continue
        named = get_named_type(argument.type)
        inner = named.fields if isinstance(named, GraphQLInputObjectType) else {}
        for path, each in [([], argument), *(([field], each) for field, each in inner.items())]:
            weight = each.extensions["strawberry-definition"].metadata.get(WEIGHT, 0)
            if weight:
                weights.append(_weight_if_given(given, path, weight))
    return tuple(weights)


def _size(price: Price, node: FieldNode) -> Amount | None:
    """How many items: the largest of the slicing arguments, which cannot ask for more than the largest page."""
    if price.assumed_size is None:
        return None
    assumed, largest = price.assumed_size, price.largest_size
    given = [value for name in price.slicing_arguments if (value := _argument(node, name)) is not None]
    if not given:
        return _constant(assumed)

    def size(variables: Variables) -> int:
        sizes = [size for value in given if (size := _int_or_length(value, variables)) is not None]
        return min(max(max(sizes, default=assumed), 1), largest)

    return size


def _conditions(selection: SelectionNode) -> list[Amount]:
    return [
        _truth(argument.value, wanted=directive.name.value == "include")
        for directive in selection.directives or ()
        if directive.name.value in ("skip", "include")
        for argument in directive.arguments or ()
    ]


def _truth(value: Any, *, wanted: bool) -> Amount:
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda variables: bool(variables.get(name, False)) is wanted
    truth = getattr(value, "value", False) is wanted
    return lambda _variables: truth


def _argument(node: FieldNode, name: str) -> Any:
    return next((argument.value for argument in node.arguments or () if argument.name.value == name), None)


def _int_or_length(value: Any, variables: Variables) -> int | None:
    if isinstance(value, VariableNode):
        given = variables.get(value.name.value)
        if isinstance(given, list):
            return len(given)
        return given if isinstance(given, int) else None
    if isinstance(value, ListValueNode):
        return len(value.values)
    try:
        return int(getattr(value, "value", ""))
    except (TypeError, ValueError):
        return None


def _weight_if_given(value: Any, inner: list[str], weight: int) -> Amount:
    """The weight where what stands at a path within an argument is there and not null."""
    while inner and isinstance(value, ObjectValueNode):
        name, *inner = inner
        value = next((each.value for each in value.fields if each.name.value == name), None)
    if value is None or isinstance(value, NullValueNode):
        return _constant(0)
    if not isinstance(value, VariableNode):
        return _constant(weight)
    variable = value.name.value

    def of_variable(variables: Variables) -> int:
        given = variables.get(variable)
        for step in inner:
            given = given.get(step) if isinstance(given, Mapping) else None
        return 0 if given is None else weight

    return of_variable


def _constant(amount: int) -> Amount:
    return lambda _variables: amount
