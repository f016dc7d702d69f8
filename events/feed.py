"""What a subscription asks of the log: where it begins, and which events."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Self

from events.record import Record

EARLIEST: Final = "EARLIEST"
"""In the place of a cursor: from the first event that is kept."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; each field that is not None narrows them further, as the filters of sql/engagements/events.sql do."""

    types: frozenset[str] | None = None
    partner_id: int | None = None
    engagement_id: int | None = None
    to_phases: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    @classmethod
    def of(cls, narrowed: Mapping[str, Any]) -> Self:
        """From what the query of the same events is narrowed by."""
        values: dict[str, Any] = {name: _words(value) if isinstance(value, list) else value for name, value in narrowed.items()}
        return cls(**values)

    def matches(self, event: Record) -> bool:
        """Whether an event is one of these."""
        return (
            (self.types is None or event.type in self.types)
            and (self.engagement_id is None or event.engagement_id == self.engagement_id)
            and (self.partner_id is None or self.partner_id in (event.from_partner_id, event.to_partner_id))
            and (self.to_phases is None or event.to_phase in self.to_phases)
            and (self.regions is None or event.region in self.regions)
        )


@dataclass(frozen=True, slots=True)
class Feed:
    """What is followed: events that follow on a cursor, or live ones alone where it is None."""

    after: str | None
    filter: EventFilter


def _words(values: list[Any]) -> frozenset[Any]:
    return frozenset(value.value if isinstance(value, Enum) else value for value in values)
