"""Events as rows of the graph, with their cursors: made once for all groups that are told of them at about the same time."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any, Final

from events.cursors import Cursors
from events.record import Position, Record, as_row
from hub.streams import Delivery, Encoded

_MOST_KEPT: Final = 1000


class Told:
    """What was made of the newest events of one history."""

    def __init__(self, cursors: Cursors, epoch: int) -> None:
        self._cursors = cursors
        self._epoch = epoch
        self._rows: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._deliveries: OrderedDict[tuple[Hashable, int], Delivery] = OrderedDict()

    def rows(self, events: Sequence[Record]) -> list[dict[str, Any]]:
        """The events' rows, which are only read."""
        return [self._rows.get(event.position) or self._row(event) for event in events]

    def has(self, program: Hashable, event: Record) -> bool:
        """Whether there is the answer of a program that is the same for all viewers."""
        return (program, event.position) in self._deliveries

    def keep(self, program: Hashable, encoded: Encoded) -> None:
        """Keep an answer that is the same for all viewers."""
        self._deliveries[program, encoded.position] = Delivery([encoded])
        if len(self._deliveries) > _MOST_KEPT:
            self._deliveries.popitem(last=False)

    def delivery(self, program: Hashable, events: Sequence[Record]) -> Delivery:
        """What was kept of these events; of one alone the same for all groups, so that it is written once for all of them."""
        kept = self._deliveries
        if len(events) == 1:
            return kept[program, events[0].position]
        return Delivery([kept[program, event.position].events[0] for event in events])

    def _row(self, event: Record) -> dict[str, Any]:
        row = self._rows[event.position] = as_row(event, self._cursors.seal(Position(self._epoch, event.position)))
        if len(self._rows) > _MOST_KEPT:
            self._rows.popitem(last=False)
        return row
