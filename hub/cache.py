"""Reference data kept between requests, through aiocache: in memory by default, in Redis or Valkey by setting.

What is kept leaves by notice (hub/changes.py) as soon as a source says that it changed, and by its time to live in any
case. While a source's notices cannot be heard, or are still being carried out, nothing of it is read from the cache or
written to it; a read that began before a notice is not stored after it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Any, Final

import structlog
from aiocache import SimpleMemoryCache
from aiocache.base import BaseCache

from hub.settings import Settings
from hub.shaped import Shaped, ShapedValues
from hub.vocabulary import SourceName

log = structlog.get_logger(__name__)

# aiocache does not store None: what a source does not have is kept as this.
_ABSENT: Final = 0

Load = Callable[[list[Any]], Awaitable[Sequence[Any]]]


class BoundedMemoryCache(SimpleMemoryCache):  # type: ignore[misc]
    """aiocache's memory backend with the limit that it lacks: the entry stored first goes first."""

    def __init__(self, *, max_entries: int, **kwargs: Any) -> None:
        # To wait with a timeout takes a task and a timer; nothing is waited for here.
        super().__init__(timeout=None, **kwargs)
        self._max_entries = max_entries

    async def _set(self, key: str, value: Any, ttl: float | None = None, _cas_token: Any = None, _conn: Any = None) -> Any:
        stored = await super()._set(key, value, ttl=ttl, _cas_token=_cas_token)
        while len(self._cache) > self._max_entries:
            await self._delete(next(iter(self._cache)))
        return stored


class ReferenceCache:
    """Rows by key, under the name of what they are and the scope of those viewers who see the same."""

    def __init__(self, backend: BaseCache, ttl_seconds: float, max_entries: int) -> None:
        self._backend = backend
        self._shaped = ShapedValues(most_values=max_entries, ttl_seconds=ttl_seconds, in_json=True)
        self._ttl_seconds = ttl_seconds
        self._listening: set[SourceName] = set()
        self._usable: set[SourceName] = set()
        self._generation = dict.fromkeys(SourceName, 0)
        self._forgetting = dict.fromkeys(SourceName, 0)
        self._scopes: dict[tuple[SourceName, str], set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Carry out the notices that came in, then close the backend's connections."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._backend.close()

    def set_listening(self, source: SourceName, listening: bool) -> None:
        """Use the cache for a source, or not; what was kept before is forgotten either way."""
        (self._listening.add if listening else self._listening.discard)(source)
        self.changed(source, None, None)

    def changed(self, source: SourceName, name: str | None, keys: Sequence[Any] | None) -> None:
        """Forget rows: those of these keys; with None for keys all of this name; with None for both all of the source."""
        self._generation[source] += 1
        self._forgetting[source] += 1
        self._usable.discard(source)
        task = asyncio.create_task(self._forget(source, name, keys))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def read_through(self, source: SourceName, name: str, scope: str, keys: Sequence[Any], load: Load) -> list[Any]:
        """What is kept for `keys`, the rest loaded and kept. keys: n distinct -> n values or None, in the order of the keys."""
        if not self.usable(source):
            return list(await load(list(keys)))
        generation = self._generation[source]
        self._scopes.setdefault((source, name), set()).add(scope)
        cached = [_cache_key(source, name, key, scope) for key in keys]
        values = await self._get(cached)
        missing = [index for index, value in enumerate(values) if value is None]
        if missing:
            loaded = await load([keys[index] for index in missing])
            for index, value in zip(missing, loaded, strict=True):
                values[index] = _ABSENT if value is None else value
            if self.usable(source) and self._generation[source] == generation:
                await self._set([(cached[index], values[index]) for index in missing])
                if self._generation[source] != generation:
                    # A notice came while a slow backend stored: it may have been carried out before the storing was.
                    await self._delete([cached[index] for index in missing])
        return [None if value == _ABSENT else value for value in values]

    def shaped(self, owner: Hashable, sources: Collection[SourceName], scope: Hashable) -> Shaped | None:
        """What is kept, as it was answered, of rows of these sources in this scope; None while nothing may be."""
        if not self._usable.issuperset(sources):
            return None
        return self._shaped.of((owner, scope), tuple(map(self._generation.__getitem__, sources)))

    def usable(self, source: SourceName) -> bool:
        """Whether the source's notices are heard, so that what is kept of it can be trusted."""
        return source in self._usable

    async def _forget(self, source: SourceName, name: str | None, keys: Sequence[Any] | None) -> None:
        try:
            if name is None:
                await self._backend.clear(namespace=source.value)
            elif keys is None:
                await self._backend.clear(namespace=f"{source.value}:{name}")
            else:
                scopes = self._scopes.get((source, name), ())
                await self._delete([_cache_key(source, name, key, scope) for key in keys for scope in scopes])
        except Exception as error:
            # The source's notices cannot be carried out, so nothing that is kept of it can be trusted: do without.
            self._listening.discard(source)
            log.error("cache.forget_failed", source=source.value, error=repr(error), consequence="source is not cached")
        finally:
            self._forgetting[source] -= 1
            if source in self._listening and not self._forgetting[source]:
                self._usable.add(source)

    async def _get(self, cache_keys: list[str]) -> list[Any]:
        try:
            values: list[Any] = await self._backend.multi_get(cache_keys)
        except Exception as error:
            log.warning("cache.get_failed", error=repr(error))
            return [None] * len(cache_keys)
        return values

    async def _set(self, pairs: list[tuple[str, Any]]) -> None:
        try:
            await self._backend.multi_set(pairs, ttl=self._ttl_seconds)
        except Exception as error:
            log.warning("cache.set_failed", error=repr(error))

    async def _delete(self, cache_keys: Sequence[str]) -> None:
        for cache_key in cache_keys:
            await self._backend.delete(cache_key)


class CacheWithout:
    """A cache of which some sources are left out: those read from a replica, which may lag behind the notices of a change."""

    def __init__(self, cache: ReferenceCache, without: frozenset[SourceName]) -> None:
        self._cache = cache
        self._without = without

    def usable(self, source: SourceName) -> bool:
        """Whether rows of a source may be had from the cache and left there."""
        return source not in self._without and self._cache.usable(source)

    def shaped(self, owner: Hashable, sources: Collection[SourceName], scope: Hashable) -> Shaped | None:
        """As the cache does; nothing that any of the sources left out is a part of."""
        return self._cache.shaped(owner, sources, scope) if self._without.isdisjoint(sources) else None

    async def read_through(self, source: SourceName, name: str, scope: str, keys: Sequence[Any], load: Load) -> list[Any]:
        """As the cache does."""
        return await self._cache.read_through(source, name, scope, keys, load)


def open_backend(settings: Settings) -> BaseCache:
    """The backend that the settings name. Redis needs the extra `redis`."""
    if settings.redis_url is None:
        return BoundedMemoryCache(max_entries=settings.cache_max_entries)
    from hub.redis_cache import open_redis

    return open_redis(settings.redis_url)


def _cache_key(source: SourceName, name: str, key: Any, scope: str) -> str:
    return f"{source.value}:{name}:{key}@{scope}"
