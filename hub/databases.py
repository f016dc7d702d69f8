"""Where the five sources' databases are: at the DSNs that are set, or in the embedded server, which is started for it."""

from typing import Self

import asyncpg

from hub.errors import SetupError
from hub.migrations import migrate
from hub.postgres import EmbeddedPostgres, EmbeddedPostgresError
from hub.settings import Settings
from hub.source import ABSENCE
from hub.vocabulary import SourceName


class Databases:
    """The DSN of every source, once opened; a context manager that closes what it opened. Blocks: see EmbeddedPostgres."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: EmbeddedPostgres | None = None
        self.dsns: dict[SourceName, str] = {}

    @property
    def embedded(self) -> bool:
        """Whether the embedded server holds any source."""
        return self._settings.needs_embedded_postgres

    def open(self) -> dict[SourceName, str]:
        """Start or join the embedded server where a source needs it; SetupError where it cannot run."""
        found = {source: self._settings.dsn_of(source) for source in SourceName}
        homeless = [source for source, dsn in found.items() if dsn is None]
        if homeless:
            try:
                self._server = EmbeddedPostgres(self._settings.data_dir)
                self._server.start()
                self._server.ensure_databases([source.value for source in homeless])
            except EmbeddedPostgresError as error:
                raise SetupError(f"{error} Or set HUB_DSN to a PostgreSQL of yours.") from error
        for source, dsn in found.items():
            self.dsns[source] = dsn if dsn is not None else self._embedded_dsn(source)
        return self.dsns

    def close(self) -> None:
        """Stop the embedded server where this process owns it."""
        if self._server is not None:
            self._server.stop()

    async def migrate(self) -> None:
        """Bring every source's schema to the newest version; SetupError names the setting of a database that is not there."""
        for source, dsn in self.dsns.items():
            try:
                await migrate(source, dsn, reporting_role=self._settings.reporting_role)
            except (*ABSENCE, asyncpg.PostgresError, ValueError) as error:
                raise SetupError(
                    f"The database of {source.value} cannot be migrated: {error}\n"
                    f"Check HUB_{source.name}_DSN or HUB_DSN, and that its role may create a schema."
                ) from error

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _embedded_dsn(self, source: SourceName) -> str:
        assert self._server is not None
        return self._server.dsn(source.value)
