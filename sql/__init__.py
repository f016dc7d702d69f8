"""Named queries: each a file `sql/<source>/<name>.sql`, completed with what a read was given, never with a client's text.

What a file may hold beside SQL:

* `:name`                   a parameter; sent apart from the text, as $1, $2, …
* `[[ … ]]`                 kept only if every parameter in it was given (is not None): an optional filter
* `{visible TABLE ALIAS}`   the policy's condition for this viewer on the rows of a table (hub/policy.py), or with TABLE.COLUMN
                            on the rows whose column shows
* `{shown TABLE.COLUMN ALIAS}`  that column, null where the policy does not show it

`sql/every_source/` holds the shapes that any named query is read in: pages, counts, children of many parents.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hub.policy import FACTS, VIEWER_PARAMETERS, shown, visible
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName

ROOT = Path(__file__).resolve().parent

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_POLICY = re.compile(r"\{(visible|shown) ([a-z_.]+) ([a-z_]+)\}")
_EXPANSIONS = {"visible": visible, "shown": shown}
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A query ready to be prepared: its text with $n, and the parameters' names in the order of n."""

    text: str
    parameters: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The arguments in the order of the text's parameters; enums by their value."""
        return [_plain(values[name]) for name in self.parameters]


@dataclass(frozen=True, slots=True)
class Statement:
    """A named query of one source, before it is known which of its optional parts a read needs."""

    source: SourceName
    name: str
    template: str

    def render(
        self,
        kind: ViewerKind,
        values: Mapping[str, Any],
        *,
        within: str | None = None,
        parent: str | None = None,
        **places: str,
    ) -> Rendered:
        """The query ready to be sent to a viewer of this kind, with the optional parts whose values are given.

        within: the shape in which it stands, whose `{places}` are given by name. parent: in a shape for the children of many
        parents, the parameter in whose place each parent's key stands.
        """
        given = frozenset(name for name, value in values.items() if value is not None)
        return _render(self, kind, given, within, parent, tuple(places.items()))


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
    places: tuple[tuple[str, str], ...],
) -> Rendered:
    known = given | VIEWER_PARAMETERS.union(FACTS, () if parent is None else (parent,))
    text = _OPTIONAL.sub(lambda match: match[1] if known.issuperset(_PARAMETER.findall(match[1])) else "", statement.template)
    text = _POLICY.sub(lambda match: _EXPANSIONS[match[1]](match[2], match[3], kind), text)
    if parent is not None:
        text = re.sub(rf"(?<![:\w]):{parent}\b", "parent.key", text)
    if within is not None:
        text = shape(within).replace("{rows}", text)
    for place, fragment in places:
        text = text.replace(f"{{{place}}}", fragment)
    return _numbered(text)


def _numbered(text: str) -> Rendered:
    """Turn `:name` into `$n`, the same n for the same name."""
    order: dict[str, int] = {}
    numbered = _PARAMETER.sub(lambda match: f"${order.setdefault(match[1], len(order) + 1)}", text)
    return Rendered(numbered, tuple(order))


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [item.value for item in value] if value and isinstance(value[0], Enum) else value
    return value
