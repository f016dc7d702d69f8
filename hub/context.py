"""What one request carries: who asks, on which day, in which language, and what it has read so far."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Any, Protocol

from strawberry.dataloader import DataLoader

from hub.budget import Budget
from hub.cache import Load
from hub.settings import Settings
from hub.shaped import Shaped
from hub.snapshot import Snapshots
from hub.sources import Sources
from hub.trusted_documents import TrustedDocuments
from hub.viewer import Viewer
from hub.vocabulary import SourceName

Batch = Callable[..., Awaitable[Sequence[Any]]]
"""`async (context, keys, **arguments)`: keys: n distinct -> n values or exceptions, in the order of the keys."""


class Reference(Protocol):
    """Rows that may be kept: of a source, apart for each scope."""

    @property
    def source(self) -> SourceName: ...

    def scope(self, context: "RequestContext") -> str: ...


class Cache(Protocol):
    """What keeps reference data: between requests (hub/cache.py), or within one long request."""

    def usable(self, source: SourceName) -> bool: ...

    def shaped(self, owner: Hashable, sources: Collection[SourceName], scope: Hashable) -> Shaped | None: ...

    async def read_through(self, source: SourceName, name: str, scope: str, keys: Sequence[Any], load: Load) -> list[Any]: ...


Together = dict[Hashable, DataLoader[Any, Any]]
"""What requests of several firms that are made at one moment read together: by what is asked, the loader of it."""

ASKED_BY: ContextVar[tuple[int, str]] = ContextVar("ASKED_BY", default=(0, ""))
"""The field that reads now: how many reads deep it is, and its path of response keys."""


@dataclass(slots=True)
class Read:
    """One query that was sent: for tests, the slow-operation log, and whoever asks why a request costs what it does.

    `rows`: None where it took too long. `level` and `path`: of the field that asked for it first.
    """

    source: str
    query: str
    keys: int
    rows: int | None
    milliseconds: float
    level: int = 0
    path: str = ""


@dataclass(slots=True)
class RequestContext:
    """One request. Its loaders live and die with it, so nothing read for one viewer can reach another."""

    viewer: Viewer
    sources: Sources | Snapshots
    cache: Cache
    budget: Budget
    trusted: TrustedDocuments
    settings: Settings
    locale: str = "ja"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    reads: list[Read] = field(default_factory=list)
    together: Together | None = None
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def zone(self) -> tzinfo:
        """The programme's time zone."""
        return self.settings.zone

    @property
    def today(self) -> date:
        """The day in the programme's time zone."""
        return self.now.astimezone(self.zone).date()

    def shaped(self, owner: Hashable, kept: Sequence[Reference]) -> Shaped | None:
        """Where values of an owner's may be kept that come of such rows; None where they may not, for now."""
        scope = tuple([reference.scope(self) for reference in kept])
        return self.cache.shaped(owner, [reference.source for reference in kept], scope)

    def loader(self, batch: Batch, **arguments: Hashable) -> DataLoader[Any, Any]:
        """This request's DataLoader over a batch function with these arguments, the same one for the same arguments."""
        identity = (batch, frozenset(arguments.items()))
        loader = self._loaders.get(identity)
        if loader is None:
            loader = self._loaders[identity] = DataLoader(load_fn=partial(batch, self, **arguments))
        return loader

    def forget(self) -> None:
        """Read everything afresh from now on: the request has changed something."""
        self._loaders.clear()
