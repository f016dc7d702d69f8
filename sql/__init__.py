"""Named queries: each a file `sql/<source>/<name>.sql`, completed with what a read was given, never with a client's text.

What a file may hold beside SQL:

* `:name`                   a parameter; sent apart from the text, as $1, $2, …
* `:ids`, `:parents`, `:…_ids`  a list of keys, bigint[]: sent as one text, which costs asyncpg a third of a list
* `[[ … ]]`                 kept only if every parameter in it was given (is not None): an optional filter
* `{visible TABLE ALIAS}`   the policy's condition for this viewer on the rows of a table (hub/policy.py), or with TABLE.COLUMN
                            on the rows whose column shows
* `{counted TABLE ALIAS}`   the same for what figures alone are made of
* `{seers TABLE ALIAS}`     the ids of the firms that see a row, where the query is not for one viewer but for many at once
* `{shown TABLE.COLUMN ALIAS}`  that column, null where the policy does not show it

`sql/every_source/` holds the shapes that any named query is read in: pages, counts, children of many parents.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hub.policy import FACTS, VIEWER_PARAMETERS, Found, counted, seers, shown, visible
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName

ROOT = Path(__file__).resolve().parent

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_POLICY = re.compile(r"\{(visible|counted|seers|shown) ([a-z_.]+) ([a-z_]+)\}")
_MARKERS = {"visible": visible, "counted": counted, "seers": seers, "shown": shown}
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
_KEYS = re.compile(r"parents|(?:\w+_)?ids")

# No encoder changes these. A list of keys that another source knows may be a text already.
_SENT_AS_THEY_ARE = frozenset({int, str, bool, type(None), datetime})

NO_PLACES: Mapping[str, str] = MappingProxyType({})

# The shapes in which a query is read from the root of a connection.
_AT_ROOT = frozenset({"page", "count", "exists"})

# What stands for the parent in the shapes that read the children of all parents together, and not of one after the other.
_PARENTS_PLACE: dict[str | None, str] = {"lists_by_parent": "ANY(:parents)"}

# What stands for parameters in shapes that are given several values of each.
_PLACES: dict[str | None, dict[str, str]] = {"by_key_for_firms": {"viewer_partner_id": "asked.firm_id", "ids": "asked.keys"}}


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A query ready to be prepared: its text with $n, and the parameters' names in the order of n.

    `encoders`: how the argument of each is sent. `facts`: those of the parameters that are FACTS. `by_value`: the best plan
    depends on the arguments, as where it filters at the root of a connection: on how many rows a search finds.
    """

    text: str
    parameters: tuple[str, ...]
    encoders: tuple[Callable[[Any], Any], ...]
    facts: tuple[str, ...]
    by_value: bool

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The arguments in the order of the text's parameters; enums by their value, lists of keys as text."""
        return [
            value if (value := values[name]).__class__ in _SENT_AS_THEY_ARE else encode(value)
            for name, encode in zip(self.parameters, self.encoders, strict=True)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A named query of one source, before it is known which of its optional parts a read needs.

    `by_value`: its best plan depends on the arguments, in whatever shape it is read.
    """

    source: SourceName
    name: str
    template: str
    by_value: bool = False

    def render(
        self,
        kind: ViewerKind,
        values: Mapping[str, Any],
        *,
        within: str | None = None,
        parent: str | None = None,
        found: Found = Found.BY_RULE,
        places: Mapping[str, str] = NO_PLACES,
    ) -> Rendered:
        """The query ready to be sent to a viewer of this kind, with the optional parts whose values are given.

        within: the shape in which it stands. places: by name, what stands in its `{places}`. parent: in a shape for the
        children of many parents, the parameter in whose place each parent's key stands. found: how its rows are, where there is
        no parent.
        """
        given = frozenset(name for name, value in values.items() if value is not None)
        return _render(self, kind, given, within, parent, found, tuple(places.items()))


@cache
def shape(name: str) -> str:
    """A shape of sql/every_source/: text with {places} for a named query and its order."""
    return _COMMENT.sub("", (ROOT / "every_source" / f"{name}.sql").read_text(encoding="utf-8")).strip()


@cache
def load(source: SourceName, name: str) -> Statement:
    """The named query of a source; a missing file is a bug and raises FileNotFoundError at import."""
    text = (ROOT / source.value / f"{name}.sql").read_text(encoding="utf-8")
    return Statement(source, name, _COMMENT.sub("", text).strip().rstrip(";"))


@lru_cache(maxsize=4096)
def _render(
    statement: Statement,
    kind: ViewerKind,
    given: frozenset[str],
    within: str | None,
    parent: str | None,
    found: Found,
    places: tuple[tuple[str, str], ...],
) -> Rendered:
    known = given | VIEWER_PARAMETERS.union(FACTS, () if parent is None else (parent,))
    kept = 0

    def optional(match: re.Match[str]) -> str:
        nonlocal kept
        holds = known.issuperset(_PARAMETER.findall(match[1]))
        kept += holds
        return match[1] if holds else ""

    text = _OPTIONAL.sub(optional, statement.template)

    def rule(match: re.Match[str]) -> str:
        marker, name, alias = match.groups()
        return _MARKERS[marker](name, alias, kind, Found.MANY if parent is not None else found)

    text = _POLICY.sub(rule, text)
    stand_ins = _PLACES.get(within, {}) if parent is None else {parent: _PARENTS_PLACE.get(within, "parent.key")}
    text = _PARAMETER.sub(lambda match: stand_ins.get(match[1], match[0]), text)
    if within is not None:
        text = shape(within).replace("{rows}", text)
    for place, fragment in places:
        text = text.replace(f"{{{place}}}", fragment)
    return _numbered(text, by_value=statement.by_value or (within in _AT_ROOT and kept > 0))


def _numbered(text: str, *, by_value: bool) -> Rendered:
    """Turn `:name` into `$n`, the same n for the same name."""
    order: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        written = f"${order.setdefault(match[1], len(order) + 1)}"
        return f"{written}::text::bigint[]" if _KEYS.fullmatch(match[1]) else written

    numbered = _PARAMETER.sub(number, text)
    encoders = tuple(_keys if _KEYS.fullmatch(name) else _plain for name in order)
    return Rendered(numbered, tuple(order), encoders, tuple(name for name in order if name in FACTS), by_value)


def _keys(values: Sequence[int]) -> str:
    return f"{{{str(list(values))[1:-1]}}}"


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [item.value for item in value] if value and isinstance(value[0], Enum) else value
    return value
