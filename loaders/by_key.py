"""Rows by key: for one viewer, or in one query for several firms that ask for the same rows at the same moment.

An event of an engagement goes to each firm that has a part in it, as that firm sees the engagement: what differs between their
reads is the firm alone, and so one query under each firm's own rule does for all.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple

from strawberry.dataloader import DataLoader

from hub.context import RequestContext
from hub.viewer import ViewerKind
from loaders.reading import Columns, Row, listed, send
from sql import Rendered, Statement


async def read_by_key(
    context: RequestContext,
    statement: Statement,
    keys: Sequence[Any],
    *,
    column: str = "id",
    parameter: str = "ids",
    columns: Columns = None,
    **further: Hashable,
) -> list[Row | None]:
    """One row a key. keys: n distinct -> n rows or None, in the order of the keys. further: what else the query is given."""
    form = _Form(statement, context.viewer.kind, column, parameter, columns, tuple(further))
    firm = context.viewer.partner_id
    if context.together is not None and firm is not None and not _query_for_firms(form).facts:
        rows = await _read_together(context, _Asked(form, tuple(keys), tuple(further.values())), firm)
    else:
        values = {parameter: keys, **further}
        rows = await send(context, statement.source, statement.name, _query(form), values, keys=len(keys))
    by_key = dict(zip(map(itemgetter(column), rows), rows, strict=True))
    return list(map(by_key.get, keys))


class _Form(NamedTuple):
    """What a query by key is made of."""

    statement: Statement
    kind: ViewerKind
    column: str
    parameter: str
    columns: Columns
    further: tuple[str, ...]

    def render(self, within: str, parent: str | None = None) -> Rendered:
        given = dict.fromkeys((self.parameter, *self.further), True)
        shown = listed(self.columns, self.column)
        return self.statement.render(self.kind, given, within=within, parent=parent, columns=shown)


@lru_cache(maxsize=4096)
def _query(form: _Form) -> Rendered:
    return form.render("by_key")


@lru_cache(maxsize=4096)
def _query_for_firms(form: _Form) -> Rendered:
    return form.render("by_key_for_firms", parent="viewer_partner_id")


class _Asked(NamedTuple):
    """What firms must have alike to be read for together."""

    form: _Form
    keys: tuple[Any, ...]
    further: tuple[Hashable, ...]


async def _read_together(context: RequestContext, asked: _Asked, firm: int) -> list[Row]:
    assert context.together is not None
    loader = context.together.get(asked)
    if loader is None:
        loader = context.together[asked] = DataLoader(load_fn=partial(_read_for_firms, context, asked), cache=False)
    rows: list[Row] = await loader.load(firm)
    return rows


async def _read_for_firms(context: RequestContext, asked: _Asked, firms: Sequence[int]) -> list[list[Row]]:
    """What each firm sees of the rows that are asked for. firms: n, perhaps some twice -> n lists. context: of one of them."""
    assert context.together is not None
    # Whoever asks from now on is not in this query.
    del context.together[asked]
    form, statement = asked.form, asked.form.statement
    found: dict[int, list[Row]] = {firm: [] for firm in firms}
    values = dict(zip((form.parameter, *form.further), (asked.keys, *asked.further), strict=True))
    rows = await send(
        context,
        statement.source,
        statement.name,
        _query_for_firms(form),
        values | {"firm_ids": list(found)},
        keys=len(asked.keys),
    )
    for row in rows:
        found[row["firm_id"]].append(row)
    return [found[firm] for firm in firms]
