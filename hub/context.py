"""What one request carries: who asks, on which day, in which language, and what it has read so far."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Any

from strawberry.dataloader import DataLoader

from hub.budget import Budget
from hub.cache import ReferenceCache
from hub.sources import Sources
from hub.trusted_documents import TrustedDocuments
from hub.viewer import Viewer

Batch = Callable[..., Awaitable[Sequence[Any]]]
"""`async (context, keys, **arguments)`: keys: n distinct -> n values or exceptions, in the order of the keys."""


@dataclass(frozen=True, slots=True)
class Read:
    """One query that was sent: for tests, the slow-operation log, and whoever asks why a request costs what it does."""

    source: str
    query: str
    keys: int
    rows: int
    milliseconds: float


@dataclass(slots=True)
class RequestContext:
    """One request. Its loaders live and die with it, so nothing read for one viewer can reach another."""

    viewer: Viewer
    sources: Sources
    cache: ReferenceCache
    budget: Budget
    trusted: TrustedDocuments
    zone: tzinfo
    locale: str = "ja"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    reads: list[Read] = field(default_factory=list)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in the programme's time zone."""
        return self.now.astimezone(self.zone).date()

    def loader(self, batch: Batch, **arguments: Hashable) -> DataLoader[Any, Any]:
        """This request's DataLoader over a batch function with these arguments, the same one for the same arguments."""
        identity = (batch, frozenset(arguments.items()))
        loader = self._loaders.get(identity)
        if loader is None:
            loader = self._loaders[identity] = DataLoader(load_fn=partial(batch, self, **arguments))
        return loader
