"""How large a document is before anything is done with it: measured in one walk, fragments counted where they are spread.

A document within the limits is cheap to validate too: what validation compares with each other are selection sets.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    parse,
)

from hub.errors import DocumentLimitExceeded


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most of each that a document may have."""

    characters: int
    tokens: int
    depth: int
    aliases: int
    directives: int
    selection_sets: int


@dataclass(frozen=True, slots=True)
class _Measure:
    """Of one selection set with all that it spreads: how deep it goes, and how many it has of the rest."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    selection_sets: int = 0


LONGEST_NUMBER = 400
"""Characters of a number; the largest Float has 309 digits."""

_NUMBERS = (TokenKind.INT, TokenKind.FLOAT)

# Counts grow exponentially in a chain of fragments that each spread the next one twice: this many are too many of anything.
_ENOUGH = 10**9


def read_document(text: str, limits: DocumentLimits) -> DocumentNode:
    """The document's syntax tree; GraphQLSyntaxError, or DocumentLimitExceeded where it is larger than it may be."""
    if len(text) > limits.characters:
        raise DocumentLimitExceeded("characters", len(text), limits.characters)
    try:
        document = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        if "tokens" in error.description and str(limits.tokens) in error.description:
            raise DocumentLimitExceeded("tokens", None, limits.tokens) from None
        raise
    _check_numbers(document)
    _check(document, limits)
    return document


def _check_numbers(document: DocumentNode) -> None:
    """Refuse a number that no type holds; Python raises an error of its own for one of thousands of digits."""
    assert document.loc is not None
    token: Token | None = document.loc.start_token
    while token is not None:
        if token.kind in _NUMBERS and len(token.value or "") > LONGEST_NUMBER:
            raise GraphQLSyntaxError(document.loc.source, token.start, f"A number has at most {LONGEST_NUMBER} characters.")
        token = token.next


def _check(document: DocumentNode, limits: DocumentLimits) -> None:
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    walk = _Walk(fragments)
    operations = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    found = _sum([walk.part(part) for part in operations])
    # What is defined and never spread is validated all the same.
    unused = _sum([walk.fragment(name) for name in fragments.keys() - walk.spread])
    for name in ("depth", "aliases", "directives", "selection_sets"):
        most: int = getattr(limits, name)
        for measure in (found, unused):
            if getattr(measure, name) > most:
                raise DocumentLimitExceeded(name, getattr(measure, name), most)


class _Walk:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, _Measure] = {}
        self._open: set[str] = set()
        self.spread: set[str] = set()

    def part(self, part: OperationDefinitionNode) -> _Measure:
        inner = self._selections(part.selection_set)
        variables = sum(len(variable.directives or ()) for variable in part.variable_definitions or ())
        return _sum([inner, _Measure(directives=len(part.directives or ()) + variables)])

    def fragment(self, name: str) -> _Measure:
        """A fragment's measure; nothing for one that is not there, or spreads itself: validation refuses both."""
        known = self._measured.get(name)
        if known is not None:
            return known
        definition = self._fragments.get(name)
        if definition is None or name in self._open:
            return _Measure()
        self._open.add(name)
        inner = self._selections(definition.selection_set)
        self._open.discard(name)
        measure = self._measured[name] = _sum([inner, _Measure(directives=len(definition.directives or ()))])
        return measure

    def _selections(self, selection_set: SelectionSetNode) -> _Measure:
        found = [_Measure(selection_sets=1)]
        for selection in selection_set.selections:
            here = _Measure(directives=len(selection.directives or ()))
            if isinstance(selection, FragmentSpreadNode):
                self.spread.add(selection.name.value)
                found += [here, self.fragment(selection.name.value)]
                continue
            assert isinstance(selection, FieldNode | InlineFragmentNode)
            inner = selection.selection_set
            below = _Measure() if inner is None else self._selections(inner)
            if isinstance(selection, FieldNode):
                below = _Measure(below.depth + 1, below.aliases + (selection.alias is not None), *astuple(below)[2:])
            found += [here, below]
        return _sum(found)


def _sum(measures: Iterable[_Measure]) -> _Measure:
    depth = aliases = directives = selection_sets = 0
    for each in measures:
        depth = max(depth, each.depth)
        aliases += each.aliases
        directives += each.directives
        selection_sets += each.selection_sets
    return _Measure(depth, min(aliases, _ENOUGH), min(directives, _ENOUGH), min(selection_sets, _ENOUGH))
