"""Named fragments of figures: files `sql/<source>/<name>_figures.sql` hold them, and `compose` puts those asked for together.

A file is made of parts, each begun by a line of its own:

* `-- @fact NAME KEY`             a FROM clause, and what tells its rows apart; the first one has the rows that are grouped
* `-- @where`, `-- @narrowed`     conditions on every fact: which rows there are, and which the filters given keep
* `-- @join ALIAS [several]`      a join, made where its alias is read; several: a row may be in several groups by it
* `-- @dimension NAME [COLUMN]`   an expression over the facts; its column is called so, or by its name
* `-- @input FACT NAME TYPE`      an expression over one fact that measures are made of: `fact.NAME`, null in all other facts
* `-- @measure NAME [sum]`        an aggregate over inputs; sum: of groups that do not overlap it is the sum of theirs

`{rows NAME}` stands for a named query of the source: a figure runs over the rows that its list has, under the same rule, with
the same filters. Nothing that is not asked for is in the composed text; nothing of it is a client's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from hub.vocabulary import SourceName
from sql import ROOT, Statement, load, shape

_PART = re.compile(r"^-- @(\w+) ?(.*)\n((?:(?!-- @).*\n?)*)", re.MULTILINE)
_ROWS = re.compile(r"\{rows ([a-z_]+)\}")
_INPUT = re.compile(r"\bfact\.([a-z_0-9]+)")
_ALIAS = re.compile(r"\b([a-z_]+)\.")
_COMMENT = re.compile(r"--.*")
_IS_SUM = re.compile(
    r"count\((?!DISTINCT)[^()]*\)( FILTER \([^()]*(\([^()]*\))?[^()]*\))?$|coalesce\(sum\(fact\.[a-z_]+\), 0\)::bigint$"
)
"""An aggregate that is, of groups together, the sum of theirs."""

IS_REST = "is_rest"
"""The column that is true in the one row that sums up every group past the first ones."""


class Fact(NamedTuple):
    """What rows are drawn from, and what tells them apart."""

    key: str
    text: str


class Join(NamedTuple):
    """A join that some expressions need. `several`: a row may match more than once."""

    several: bool
    text: str


class Dimension(NamedTuple):
    """What groups are told apart by: the column of the answer, and its expression."""

    column: str
    text: str


class Measure(NamedTuple):
    """An aggregate over inputs. `sums`: of groups together it is the sum of theirs."""

    sums: bool
    text: str


class Input(NamedTuple):
    """What a measure is made of: an expression over one fact."""

    fact: str
    type: str
    text: str


@dataclass(frozen=True, eq=False)
class Fragments:
    """The fragments of one file, by name."""

    source: SourceName
    name: str
    facts: Mapping[str, Fact]
    where: str
    narrowed: str
    joins: Mapping[str, Join]
    dimensions: Mapping[str, Dimension]
    inputs: Mapping[str, Input]
    measures: Mapping[str, Measure]

    def columns(self) -> tuple[str, ...]:
        """Every column that a row may have."""
        return tuple(dict.fromkeys([*(each.column for each in self.dimensions.values()), IS_REST, *self.measures]))


class Shape(NamedTuple):
    """What a figure is made of, by names of fragments.

    `order`: a measure, and whether its largest comes first; None is by the dimensions. `bounded`: by which measures groups are
    kept, as (measure, `min` or `max`), each with the parameter `min_<measure>` or `max_<measure>`. `first`: whether only the
    first `:first` groups are wanted, and the rest of them as one row. `narrowed`: whether filters are given.
    """

    dimensions: tuple[str, ...]
    columns: tuple[str, ...]
    order: tuple[str, bool] | None
    bounded: tuple[tuple[str, str], ...]
    first: bool
    narrowed: bool


@cache
def load_fragments(source: SourceName, name: str) -> Fragments:
    """The fragments of a file."""
    text = (ROOT / source.value / f"{name}.sql").read_text(encoding="utf-8")
    kinds = ("fact", "where", "narrowed", "join", "dimension", "input", "measure")
    found: dict[str, dict[str, list[str]]] = {kind: {} for kind in kinds}

    def rows(match: re.Match[str]) -> str:
        return load(source, match[1]).template

    for kind, head, body in _PART.findall(text):
        words = head.split() or [""]
        own = words.pop(1 if kind == "input" else 0)
        found[kind][own] = [*words, _ROWS.sub(rows, _COMMENT.sub("", body).strip())]

    return Fragments(
        source,
        name,
        {own: Fact(key, body) for own, (key, body) in found["fact"].items()},
        found["where"].get("", ["TRUE"])[0],
        found["narrowed"].get("", ["TRUE"])[0],
        {own: Join(len(rest) > 1, rest[-1]) for own, rest in found["join"].items()},
        {own: Dimension(rest[0] if len(rest) > 1 else own, rest[-1]) for own, rest in found["dimension"].items()},
        {own: Input(fact, type_, body) for own, (fact, type_, body) in found["input"].items()},
        {own: Measure(len(rest) > 1, rest[-1]) for own, rest in found["measure"].items()},
    )


@lru_cache(maxsize=4096)
def compose(fragments: Fragments, wanted: Shape) -> Statement:
    """The query of a figure: a row a group, with the columns asked for; null in those of a dimension that was not.

    Parameters beside those of the fragments: `:most`, how many groups are read at most; `:first` and the bounds, see Shape.
    """
    dimensions = [fragments.dimensions[name] for name in wanted.dimensions]
    ranking = [name for name, _ in wanted.bounded] + ([wanted.order[0]] if wanted.order else [])
    measures = list(dict.fromkeys([*(name for name in wanted.columns if name in fragments.measures), *ranking]))
    by = [each.column for each in dimensions]
    several = any(fragments.joins[alias].several for alias in _joins(fragments, [each.text for each in dimensions]))
    inputs = _inputs(fragments, measures)
    places = {
        "facts": _facts(fragments, dimensions, inputs, narrowed=wanted.narrowed),
        "grouped": _list([*(f"fact.{column}" for column in by), *_aggregates(fragments, measures)]),
        "group_by": f"GROUP BY {', '.join(f'fact.{column}' for column in by)}" if by else "",
        "bounds": "".join(_bound(name, end) for name, end in wanted.bounded),
        "order": _order(by, wanted.order),
        "columns": _list(
            f"grouped.{name}" if name in {*by, *measures, IS_REST} else f"NULL AS {name}" for name in wanted.columns
        ),
    }
    if not wanted.first:
        form = "figures"
    elif not several and all(fragments.measures[name].sums for name in measures):
        form = "figures_first_summed"
        places["sums"] = _list([*("NULL" for _ in by), *(f"sum(ranked.{name})::bigint" for name in measures)])
    else:
        form = "figures_first"
        keys = {f"key_{column}": column for column in by}
        places |= {
            "facts": _facts(fragments, dimensions, _inputs(fragments, ranking), narrowed=wanted.narrowed),
            "ranked": _list([*(f"fact.{column}" for column in by), *_aggregates(fragments, ranking)]),
            "keys": ", ".join(f"{_key(f'grouped.{column}')} AS {key}" for key, column in keys.items()),
            "keyed": _facts(fragments, dimensions, inputs, narrowed=wanted.narrowed, keyed=True),
            "same": " AND ".join(f"ranked.{key} = fact.{key}" for key in keys),
            "names": "".join(f"{column}, " for column in by),
            "measures": "".join(f", {aggregate}" for aggregate in _aggregates(fragments, measures)),
            "distinct": "DISTINCT" if several else "ALL",
            "inputs": ", ".join(["fact.fact_key", "fact.fact_name", *(f"fact.{name}" for name in inputs)]),
        }
    template = shape(form)
    for place, text in places.items():
        template = template.replace(f"{{{place}}}", text)
    return Statement(fragments.source, fragments.name, template, by_value=True)


def _inputs(fragments: Fragments, measures: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for measure in measures for name in _INPUT.findall(fragments.measures[measure].text)))


def _aggregates(fragments: Fragments, measures: Iterable[str]) -> list[str]:
    return [f"{fragments.measures[name].text} AS {name}" for name in dict.fromkeys(measures)]


def _order(by: Sequence[str], order: tuple[str, bool] | None) -> str:
    """By the measure, then by the dimensions: a total order."""
    first = [] if order is None else [f"grouped.{order[0]} {'DESC' if order[1] else 'ASC'} NULLS LAST"]
    return ", ".join([*first, *(f"grouped.{column} ASC NULLS LAST" for column in by)]) or f"grouped.{IS_REST}"


def _facts(
    fragments: Fragments, dimensions: Sequence[Dimension], inputs: Sequence[str], *, narrowed: bool, keyed: bool = False
) -> str:
    main = next(iter(fragments.facts))
    facts = dict.fromkeys([main, *(fragments.inputs[name].fact for name in inputs)])
    return "\nUNION ALL ".join(_fact(fragments, name, dimensions, inputs, narrowed=narrowed, keyed=keyed) for name in facts)


def _fact(
    fragments: Fragments, name: str, dimensions: Sequence[Dimension], inputs: Sequence[str], *, narrowed: bool, keyed: bool
) -> str:
    fact = fragments.facts[name]
    own = {each: fragments.inputs[each] for each in inputs}
    measured = [each.text for each in own.values() if each.fact == name]
    read = [*(each.text for each in dimensions), *measured]
    columns = [f"{each.text if each.fact == name else f'NULL::{each.type}'} AS {column}" for column, each in own.items()]
    if keyed:
        columns += [f"{_key(each.text)} AS key_{each.column}" for each in dimensions]
        columns += [f"{fact.key if measured else 'NULL::bigint'} AS fact_key", f"'{name}' AS fact_name"]
    else:
        columns += [f"{each.text} AS {each.column}" for each in dimensions]
    joins = "\n".join(fragments.joins[alias].text for alias in _joins(fragments, read))
    conditions = f"{fragments.where} AND {fragments.narrowed}" if narrowed else fragments.where
    # A fact of which nothing is measured says no more than that there are such groups.
    distinct = "" if measured else "DISTINCT "
    return f"SELECT {distinct}{_list(columns)} {fact.text}\n{joins}\nWHERE {conditions}"


def _joins(fragments: Fragments, texts: Sequence[str]) -> list[str]:
    """The joins that expressions read from, and the joins that these read from, in the file's order."""
    needed: set[str] = set()
    waiting = list(texts)
    while waiting:
        aliases = {alias for alias in _ALIAS.findall(waiting.pop()) if alias in fragments.joins}
        waiting += [fragments.joins[alias].text for alias in aliases - needed]
        needed |= aliases
    return [alias for alias in fragments.joins if alias in needed]


def _key(expression: str) -> str:
    """A dimension as a text that no other value has, so that nulls can be joined: IS NOT DISTINCT FROM cannot be hashed."""
    return f"coalesce('=' || ({expression})::text, '')"


def _list(parts: Iterable[str]) -> str:
    """A list of columns, which must not be empty."""
    return ", ".join(parts) or "TRUE AS found"


def _bound(measure: str, end: str) -> str:
    return f" AND grouped.{measure} {'>=' if end == 'min' else '<='} :{end}_{measure}::float8"
