"""Everything that one running hub holds open: sources, cache, change listeners, keys; opened and closed as one."""

import asyncio
from functools import partial
from typing import Any

from hub.admission import Admission
from hub.api_keys import NOTICE as API_KEYS
from hub.budget import Budget
from hub.cache import CacheWithout, ReferenceCache, open_backend
from hub.changes import ChangeListener
from hub.context import RequestContext, Together
from hub.credentials import Credentials, open_token_keys
from hub.databases import Databases
from hub.errors import TooManyExports
from hub.locale import DEFAULT_LOCALE
from hub.reverification import Reverification
from hub.settings import Settings
from hub.sources import Sources
from hub.trusted_documents import TrustedDocuments
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName

# The sources whose reference data is cached: associations, partners and their people, certifications, courses.
CACHED_SOURCES = (SourceName.DIRECTORY, SourceName.CERTIFICATIONS, SourceName.TRAININGS)


class Runtime:
    """One node of the hub, from start to stop. Requests get their context from it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.admission = Admission(settings.max_requests_in_flight)
        self.exports = Admission(settings.max_exports, TooManyExports)
        self.sockets = Admission(settings.max_sockets)
        self.budget = Budget(settings)
        self.trusted = TrustedDocuments(settings)
        self.ready = False
        self._databases = Databases(settings)
        self._listeners: list[ChangeListener] = []

    async def start(self) -> None:
        """Open everything; a source whose database is not there is down, and does not keep the others waiting."""
        token_keys = await open_token_keys(self.settings)
        dsns = await asyncio.to_thread(self._databases.open)
        if self._databases.embedded:
            await self._databases.migrate()
        replicas = {name: dsn for name in SourceName if (dsn := self.settings.replica_dsn_of(name)) is not None}
        self.sources = Sources(dsns, self.settings)
        self._reporting_sources = Sources({**dsns, **replicas}, self.settings.reporting)
        self.cache = ReferenceCache(
            open_backend(self.settings), self.settings.cache_ttl_seconds, self.settings.cache_max_entries
        )
        self._reporting_cache = CacheWithout(self.cache, frozenset(replicas))
        self.credentials = Credentials(self.settings, token_keys, self.sources[SourceName.DIRECTORY])
        self._listeners = [
            ChangeListener(
                name,
                dsns[name],
                retry_interval_seconds=self.settings.retry_interval_seconds,
                on_changed=partial(self._changed, name),
                on_listening=partial(self._set_listening, name),
            )
            for name in CACHED_SOURCES
        ]
        opened = (self.sources.open(), self._reporting_sources.open())
        await asyncio.gather(*opened, *(listener.start() for listener in self._listeners))
        await self.credentials.start()
        self.reverification = Reverification(self.credentials, self.settings.reverify_interval_seconds)
        self.reverification.start()
        self.ready = True

    async def stop(self) -> None:
        """Close everything, the embedded server last."""
        self.ready = False
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        await self.reverification.stop()
        await self.credentials.stop()
        await self.cache.close()
        await self.budget.close()
        await asyncio.gather(self.sources.close(), self._reporting_sources.close())
        await asyncio.to_thread(self._databases.close)

    def _changed(self, source: SourceName, name: str, keys: list[Any] | None) -> None:
        if (source, name) == (SourceName.DIRECTORY, API_KEYS):
            self.credentials.api_keys.changed()
        else:
            self.cache.changed(source, name, keys)

    def _set_listening(self, source: SourceName, listening: bool) -> None:
        if source is SourceName.DIRECTORY:
            self.credentials.api_keys.set_listening(listening)
        self.cache.set_listening(source, listening)

    def sources_of(self, viewer: Viewer) -> Sources:
        """The sources as a viewer reads them: the reporting tool over connections of its own, of replicas where there are."""
        return self._reporting_sources if viewer.kind is ViewerKind.REPORTING else self.sources

    def request_timeout_seconds(self, viewer: Viewer) -> float:
        """How long an operation of this viewer may take."""
        settings = self.settings.reporting if viewer.kind is ViewerKind.REPORTING else self.settings
        return settings.request_timeout_seconds

    def context(self, viewer: Viewer, locale: str = DEFAULT_LOCALE, *, together: Together | None = None) -> RequestContext:
        """A new request of this viewer. together: shared with others that are made at the same moment."""
        cache = self._reporting_cache if viewer.kind is ViewerKind.REPORTING else self.cache
        sources = self.sources_of(viewer)
        return RequestContext(viewer, sources, cache, self.budget, self.trusted, self.settings, locale, together=together)
