"""Reads of figures: groups of a source's rows with what is measured of them, in one query that holds only what is selected."""

import asyncio
from collections.abc import Awaitable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from hub.context import RequestContext
from hub.errors import BadInput
from hub.vocabulary import Phase, SourceName
from loaders.reading import Columns, Row, read, send
from loaders.reference import Reference
from sql import load
from sql.fragments import Fragments as Fragments
from sql.fragments import Shape, compose, load_fragments

ENGAGEMENTS = load_fragments(SourceName.ENGAGEMENTS, "engagement_figures")
PHASES = load_fragments(SourceName.ENGAGEMENTS, "phase_figures")
HANDOFFS = load_fragments(SourceName.ENGAGEMENTS, "handoff_figures")
CERTIFICATIONS = load_fragments(SourceName.CERTIFICATIONS, "certification_figures")
TRAININGS = load_fragments(SourceName.TRAININGS, "training_figures")
COMMUNITY = load_fragments(SourceName.COMMUNITY, "community_figures")

MOST_GROUPS = 1000

_MEMBERSHIPS = Reference(SourceName.DIRECTORY, "memberships", "directory.membership")
_HOMES = Reference(SourceName.DIRECTORY, "homes", "directory.partner")

# What fragments ask of the directory: a parameter, and the named query whose one row has it, with the parameters beside it.
_OF_DIRECTORY: Mapping[str, Reference] = {"member_partner_ids": _MEMBERSHIPS, "home_partners": _HOMES}


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures as a client asked for them: by which dimensions, of what, in which order, within which bounds."""

    fragments: Fragments
    dimensions: tuple[str, ...]
    filters: tuple[tuple[str, Hashable], ...]
    parameters: tuple[tuple[str, Hashable], ...] = ()
    order: tuple[str, bool] | None = None
    bounds: tuple[tuple[str, str, float], ...] = ()
    first: int | None = None

    def shape(self, columns: Columns) -> Shape:
        """What the query is made of, for these columns of its rows."""
        bounded = tuple((measure, end) for measure, end, _ in self.bounds)
        selected = self.fragments.columns() if columns is None else columns
        return Shape(self.dimensions, selected, self.order, bounded, self.first is not None, bool(self.filters))

    def values(self) -> dict[str, Any]:
        """The query's parameters."""
        values: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in (*self.filters, *self.parameters)
        }
        values |= {f"{end}_{measure}": bound for measure, end, bound in self.bounds}
        return values | ({"most": MOST_GROUPS + 1} if self.first is None else {"first": self.first})


async def groups(context: RequestContext, asked: Sequence[Figures], *, columns: Columns = None) -> list[list[Row] | Exception]:
    """The groups of each of these figures. asked: n -> n lists of at most 1,000 rows, or with `first` of one more than that."""
    return await _each(_groups(context, one, columns) for one in asked)


async def phases(context: RequestContext, asked: Sequence[Figures], *, columns: Columns = None) -> list[list[Row] | Exception]:
    """As `groups`, by phase: a row for each of the four, in their order, also where no engagement was in it."""
    selected = PHASES.columns() if columns is None else tuple(dict.fromkeys([*columns, "phase"]))
    nothing = {**dict.fromkeys(selected, 0), "median_days": None}

    def complete(rows: list[Row] | Exception) -> list[Row] | Exception:
        if isinstance(rows, Exception):
            return rows
        found = {row["phase"]: dict(row.items()) for row in rows}
        return [found.get(phase.value, {**nothing, "phase": phase.value}) for phase in Phase]

    return [complete(rows) for rows in await groups(context, asked, columns=selected)]


async def of_directory(context: RequestContext, names: Sequence[str]) -> list[Row | Exception]:
    """What fragments ask of the directory, kept until it changes. names: n of _OF_DIRECTORY -> n rows, or why there is none."""
    found = await _each(_all_of(context, _OF_DIRECTORY[name]) for name in names)
    return [rows if isinstance(rows, Exception) else rows[0] for rows in found]


async def _all_of(context: RequestContext, reference: Reference) -> list[Row]:
    kept = context.shaped(reference, [reference])
    if kept is not None and reference.name in kept.values:
        rows: list[Row] = kept.values[reference.name]
        return rows
    rows = await read(context, load(reference.source, reference.name))
    if kept is not None:
        kept.keep({reference.name: rows})
    return rows


async def _each(reads: Iterable[Awaitable[list[Row]]]) -> list[list[Row] | Exception]:
    """What each of these reads gives or raises, all at once."""
    found = await asyncio.gather(*reads, return_exceptions=True)
    for rows in found:
        if isinstance(rows, BaseException) and not isinstance(rows, Exception):
            raise rows
    return found  # type: ignore[return-value]


async def _groups(context: RequestContext, asked: Figures, columns: Columns) -> list[Row]:
    statement = compose(asked.fragments, asked.shape(columns))
    values = asked.values()
    query = statement.render(context.viewer.kind, values)
    needed = _OF_DIRECTORY.keys() & set(query.parameters)
    for name in needed:
        row = await context.loader(of_directory).load(name)
        values |= dict(row.items())
    if needed and not asked.filters:
        # A plan made for these values holds them, and is sent to each worker: over all rows that costs more than it saves.
        query = replace(query, by_value=False)
    try:
        rows = await send(context, statement.source, statement.name, query, values)
    except asyncpg.InvalidParameterValueError:
        # The database's list of time zones may be older than the hub's.
        raise BadInput("timeZone", "the database does not know this time zone; use another name for it") from None
    if len(rows) > MOST_GROUPS + 1 or (asked.first is None and len(rows) > MOST_GROUPS):
        raise BadInput(
            "groupBy",
            f"makes more than {MOST_GROUPS:,} groups; narrow the filter, group by less, or ask for the `top` of them, "
            "with the rest as one row",
        )
    return rows
