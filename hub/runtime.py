"""Everything that one running hub holds open: sources, cache, change listeners, keys; opened and closed as one."""

import asyncio
from datetime import tzinfo
from functools import partial
from typing import Any

from hub.admission import Admission
from hub.api_keys import NOTICE as API_KEYS
from hub.budget import Budget
from hub.cache import ReferenceCache, open_backend
from hub.changes import ChangeListener
from hub.context import RequestContext
from hub.credentials import Credentials, open_token_keys
from hub.databases import Databases
from hub.locale import DEFAULT_LOCALE
from hub.settings import Settings
from hub.sources import Sources
from hub.trusted_documents import TrustedDocuments
from hub.viewer import Viewer
from hub.vocabulary import SourceName

# The sources whose reference data is cached (DESIGN: associations, partners, certifications, courses).
CACHED_SOURCES = (SourceName.DIRECTORY, SourceName.CERTIFICATIONS, SourceName.TRAININGS)


class Runtime:
    """One node of the hub, from start to stop. Requests get their context from it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.admission = Admission(settings.max_requests_in_flight)
        self.sockets = Admission(settings.max_sockets)
        self.budget = Budget(settings)
        self.trusted = TrustedDocuments(settings)
        self.ready = False
        self._zone: tzinfo = settings.zone
        self._databases = Databases(settings)
        self._listeners: list[ChangeListener] = []

    async def start(self) -> None:
        """Open everything; a source whose database is not there is down, and does not keep the others waiting."""
        token_keys = await open_token_keys(self.settings)
        dsns = await asyncio.to_thread(self._databases.open)
        if self._databases.embedded:
            await self._databases.migrate()
        self.sources = Sources(dsns, self.settings)
        self.cache = ReferenceCache(open_backend(self.settings), self.settings.cache_ttl_seconds)
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
        await asyncio.gather(self.sources.open(), *(listener.start() for listener in self._listeners))
        await self.credentials.start()
        self.ready = True

    async def stop(self) -> None:
        """Close everything, the embedded server last."""
        self.ready = False
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        await self.credentials.stop()
        await self.cache.close()
        await self.budget.close()
        await self.sources.close()
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

    def context(self, viewer: Viewer, locale: str = DEFAULT_LOCALE) -> RequestContext:
        """A new request of this viewer."""
        return RequestContext(viewer, self.sources, self.cache, self.budget, self.trusted, self._zone, locale)
