"""A circuit breaker: after failures in a row it refuses at once, so that a source that is down costs nobody any time."""

from datetime import UTC, datetime

from hub.vocabulary import SourceState

FAILURES_TO_OPEN = 2


class Breaker:
    """What is known of one source's health: fed by every read and every probe, asked before every read.

    It closes again by `success` alone: the prober's while it is open, so that no caller's request is spent on trying.
    """

    def __init__(self) -> None:
        self._failures_in_row = 0
        self.latency_ms: float | None = None
        self.checked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether reads are refused without being tried."""
        return self._failures_in_row >= FAILURES_TO_OPEN

    @property
    def state(self) -> SourceState:
        """UP, DEGRADED after a first failure, DOWN while open."""
        if self.is_open:
            return SourceState.DOWN
        return SourceState.DEGRADED if self._failures_in_row else SourceState.UP

    def success(self) -> None:
        """A read or a probe was answered."""
        self._failures_in_row = 0

    def failure(self) -> None:
        """A read or a probe found nobody, or nobody in time."""
        self._failures_in_row += 1

    def probed(self, latency_ms: float | None) -> None:
        """A probe ended: with its latency where it was answered, with None where not."""
        self.latency_ms = latency_ms
        self.checked_at = datetime.now(UTC)
        if latency_ms is None:
            self.failure()
        else:
            self.success()
