"""Reference data kept as it is answered: what a part of an operation asks of a row again is neither shaped nor written again.

It stands before the cache of rows (hub/cache.py), in this process alone, and goes by the same notices: the values of an owner
hold for one generation of the sources that they come of, and for the time to live at most.
"""

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from orjson import Fragment, dumps

MOST_OWNERS: Final = 500
"""Parts of operations that values are kept for; the least recently used goes first."""


class Shaped:
    """The values of one owner for one scope of viewers, by key. Read-only: the same object stands in many answers."""

    __slots__ = ("_all", "ends", "generation", "values")

    def __init__(self, all: "ShapedValues", generation: Hashable, ends: float) -> None:
        self._all = all
        self.generation = generation
        self.ends = ends
        self.values: dict[Any, Any] = {}

    def known(self, keys: Iterable[Any]) -> tuple[dict[Any, Any], list[Any]]:
        """keys: distinct -> the values of those that have one, by key, and the others."""
        known: dict[Any, Any] = {}
        missing: list[Any] = []
        for key in keys:
            if key in self.values:
                known[key] = self.values[key]
            else:
                missing.append(key)
        return known, missing

    def keep(self, values: Mapping[Any, Any]) -> None:
        """Keep values, by key: read after this object was asked for."""
        self.values.update(values)
        self._all.grown(len(values))

    def keep_answers(self, values: Mapping[Any, Any]) -> None:
        """As `keep`, of parts of an answer: as the JSON text of each, where answers are JSON; null stays null, to be seen."""
        if self._all.in_json:
            # Copied, as what orjson gives holds on to the buffer of four kilobytes that it was written in.
            values = {key: None if value is None else Fragment(b"%b" % dumps(value)) for key, value in values.items()}
        self.keep(values)


class ShapedValues:
    """The values of all owners, so many at most. in_json: answers are written as JSON, so that their parts may be kept so."""

    def __init__(self, *, most_values: int, ttl_seconds: float, in_json: bool) -> None:
        self.in_json = in_json
        self._most_values = most_values
        self._ttl_seconds = ttl_seconds
        self._kept: OrderedDict[Hashable, Shaped] = OrderedDict()
        self._count = 0

    def of(self, owner: Hashable, generation: Hashable) -> Shaped:
        """What an owner has of this generation. Whoever read before a notice keeps into what nobody is given any more."""
        now = time.monotonic()
        shaped = self._kept.get(owner)
        if shaped is None or shaped.generation != generation or shaped.ends <= now:
            if shaped is not None:
                self._count -= len(shaped.values)
            shaped = self._kept[owner] = Shaped(self, generation, now + self._ttl_seconds)
            if len(self._kept) > MOST_OWNERS:
                _, oldest = self._kept.popitem(last=False)
                self._count -= len(oldest.values)
        self._kept.move_to_end(owner)
        return shaped

    def grown(self, count: int) -> None:
        """So many values more; past the bound all are let go, which is cheaper than to know which are the oldest."""
        self._count += count
        if self._count > self._most_values:
            self._kept.clear()
            self._count = 0
