"""One level of a run: the rows of a selection, and what is loaded for them, each thing once for all rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from inspect import isawaitable
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from engine import connections
from engine.arguments import NO_ARGUMENTS
from engine.declarations import Computed, ConnectionEdge, Edge, Row
from engine.patience import each
from engine.plan import ConnectionOf, Field, Selection
from engine.results import FAILED, Trace, below, of_keys
from engine.shaping import NAMED
from hub.context import ASKED_BY
from hub.shaped import Shaped

if TYPE_CHECKING:
    from engine.execution import Execution

Loaded = dict[Any, Any] | list[Any]
"""What a load gave: by the rows' keys, or (of a computed field) in the order of the rows; FAILED where it failed."""


class Level:
    """The rows of a selection that has loads. extra: of which form they are (engine/shaping.py)."""

    def __init__(self, execution: Execution, selection: Selection, rows: Sequence[Row], extra: int, trace: Trace) -> None:
        self._loaded: dict[str, Loaded] = {}
        self._columns = None if extra == NAMED else selection.columns
        self._execution = execution
        self._selection = selection
        self._rows = rows
        self._trace = trace

    async def load(self) -> dict[str, Loaded]:
        """Read what the selection's loads need, those that one read answers together: what each gave, by its response key."""
        missing = [group for group in self._selection.loads if not self._at_hand(group)]
        if len(missing) == 1:
            await self._load(missing[0])
        elif missing:
            await each([partial(self._load, group) for group in missing])
        return self._loaded

    def _shaped(self, group: list[Field]) -> Shaped | None:
        """Where a field's values are kept between requests; None where they are not."""
        field = group[0]
        if field.kept is None or len(group) > 1:
            return None
        shaped: Shaped | None = self._execution.context.shaped(field, field.kept)
        return shaped

    def _keys(self, field: Field) -> list[Any]:
        """The keys that the field's edge has of the rows."""
        name = field.key
        return list(map(itemgetter(name if self._columns is None else self._columns.index(name)), self._rows))

    def _at_hand(self, group: list[Field]) -> bool:
        """Whether all that a field leads to was kept, as it is answered: then there is nothing to be done but to note it."""
        shaped = self._shaped(group)
        if shaped is None or not all(map(shaped.values.__contains__, self._keys(group[0]))):
            return False
        self._loaded[group[0].response_key] = shaped.values
        return True

    async def _load(self, group: list[Field]) -> None:
        """Read what a group of fields needs, once, and note what each field's values are."""
        field = group[0]
        declaration = field.declaration
        ASKED_BY.set(field.place)
        if isinstance(declaration, Computed):
            self._loaded[field.response_key] = await self._computed(declaration, field)
            return
        try:
            arguments = field.arguments(self._execution.variables)
        except GraphQLError as error:
            self._fail(error, group)
            return
        if isinstance(declaration, ConnectionEdge):
            await self._connections(group, declaration, arguments)
        else:
            await self._edges(group, arguments)

    async def _edges(self, group: list[Field], arguments: dict[str, Any]) -> None:
        field = group[0]
        keys_of = {one.response_key: self._keys(one) for one in group}
        distinct = list(dict.fromkeys(chain.from_iterable(keys_of.values())))
        shaped = self._shaped(group)
        if shaped is not None:
            self._loaded[field.response_key] = await self._kept_edge(field, distinct, keys_of[field.response_key], shaped)
            return
        by_key = await self._read_edge(field, distinct, arguments)
        if len(group) == 1:
            self._loaded[field.response_key] = await self._edge(field, distinct, keys_of[field.response_key], by_key)
            return

        async def complete_edge(one: Field) -> None:
            keys = keys_of[one.response_key]
            self._loaded[one.response_key] = await self._edge(one, list(dict.fromkeys(keys)), keys, by_key)

        await each([partial(complete_edge, one) for one in group])

    async def _read_edge(self, field: Field, distinct: list[Any], arguments: dict[str, Any]) -> dict[Any, Any]:
        """What an edge leads to by key, as it was read; nothing for the key null."""
        assert isinstance(field.declaration, Edge)
        keys = [key for key in distinct if key is not None] if None in distinct else distinct
        if not keys:
            return {}
        columns = None if field.selection is None else field.selection.columns
        values = await self._execution.values(field.declaration.batch, keys, columns, arguments)
        return dict(zip(keys, values, strict=True))

    async def _edge(self, field: Field, distinct: list[Any], keys: list[Any], by_key: dict[Any, Any]) -> dict[Any, Any]:
        trace = of_keys(self._trace, field.response_key, distinct, keys)
        done = await self._execution.checked(field, list(map(by_key.get, distinct)), trace)
        return dict(zip(distinct, done, strict=True))

    async def _kept_edge(self, field: Field, distinct: list[Any], keys: list[Any], shaped: Shaped) -> dict[Any, Any]:
        """As `_edge`, of what was kept as it is answered, with what is not there yet read and kept."""
        kept, missing = shaped.known(distinct)
        if not missing:
            # Another request has kept them meanwhile.
            return kept
        errors = len(self._execution.errors)
        by_key = await self._read_edge(field, missing, NO_ARGUMENTS)
        found = await self._edge(field, missing, keys, by_key)
        if len(self._execution.errors) == errors:
            shaped.keep_answers(found)
        return kept | found

    async def _computed(self, declaration: Computed, field: Field) -> list[Any]:
        execution = self._execution
        values: list[Any] = []
        waiting: list[int] = []
        for index, row in enumerate(self._rows):
            try:
                value = declaration.resolver(row, execution.context, **field.arguments(execution.variables))
                if isawaitable(value):
                    waiting.append(index)
            except Exception as error:
                value = error
            values.append(value)
        if waiting:
            awaited = await asyncio.gather(*(values[index] for index in waiting), return_exceptions=True)
            for index, value in zip(waiting, awaited, strict=True):
                values[index] = value
        return await execution.checked(field, values, below(self._trace, field.response_key))

    async def _connections(self, group: list[Field], declaration: ConnectionEdge, arguments: dict[str, Any]) -> None:
        execution, field = self._execution, group[0]
        keys = self._keys(field)
        distinct = list(dict.fromkeys(keys))
        try:
            connection = declaration.open(execution.context, **arguments)
        except Exception as error:
            self._fail(error, group)
            return
        shaped = self._shaped(group)
        kept, missing = ({}, distinct) if shaped is None else shaped.known(distinct)
        if not missing:
            # Another request has kept them meanwhile.
            self._loaded[field.response_key] = kept
            return
        errors = len(execution.errors)
        assert isinstance(field.value, ConnectionOf)
        read = await connections.read(execution, connection, missing, field.value)
        for one in group:
            assert isinstance(one.value, ConnectionOf)
            trace = of_keys(self._trace, one.response_key, missing, keys)
            found = dict(zip(missing, await connections.complete(execution, one.value, read, trace), strict=True))
            if shaped is not None and len(execution.errors) == errors:
                shaped.keep_answers(found)
            self._loaded[one.response_key] = kept | found

    def _fail(self, error: Exception, group: list[Field]) -> None:
        """Nothing of these fields could be read, for any row."""
        count = len(self._rows)
        for field in group:
            trace = below(self._trace, field.response_key)
            self._execution.report(error, field, (path for index in range(count) for path in trace(index)))
            self._loaded[field.response_key] = [FAILED] * count
