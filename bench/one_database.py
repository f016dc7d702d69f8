"""The database that the engine is measured on: the five schemas in one, so that a single hand-written statement can read all.

It is at HUB_DSN where that is set, made there by `python -m hub seed --scale 40`; the server must run on this machine, as its CPU
is read from /proc. Where HUB_DSN is not set, the embedded server of HUB_DATA_DIR holds it, made and seeded at the first use, which takes
two minutes and 2 GB.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from hub.databases import Databases
from hub.postgres import EmbeddedPostgres
from hub.progress import seeding
from hub.settings import Settings, load_settings

SCALE = 40
AS_OF = date(2026, 4, 1)
_NAME = "one_database"


@contextmanager
def one_database() -> Iterator[Settings]:
    """The settings with the DSN of the seeded database; the embedded server, where that holds it, stops at the end."""
    settings = load_settings()
    if settings.dsn is not None:
        yield settings
        return
    with EmbeddedPostgres(settings.data_dir) as server:
        server.ensure_databases([_NAME])
        settings = settings.model_copy(update={"dsn": server.dsn(_NAME)})
        with Databases(settings) as databases:
            asyncio.run(databases.migrate())
            asyncio.run(seeding(databases.dsns, scale=SCALE, as_of=AS_OF, keep=True))
        yield settings
