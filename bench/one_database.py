"""The database that the engine is measured on: the five schemas in one, so that a single hand-written statement can read all.

It is at HUB_DSN where that is set, filled by `python -m hub seed --scale 40`; that server must run on this machine, as its CPU
is read from /proc. Where HUB_DSN is not set, the embedded server of HUB_DATA_DIR holds it, made and seeded at the first use,
which takes two minutes and 2 GB.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from hub import log
from hub.databases import Databases
from hub.postgres import EmbeddedPostgres
from hub.progress import seeding
from hub.settings import Settings, load_settings

SCALE: Final = 40
AS_OF: Final = date(2026, 4, 1)
_NAME: Final = "one_database"

_SETTINGS: Final[dict[str, Any]] = {
    # What one operation may cost, and all of them together, is not what is measured.
    "cost_ceiling_staff": 10**9,
    "cost_ceiling_person": 10**9,
    "cost_budget_per_minute_staff": 10**12,
    "cost_budget_per_minute_person": 10**12,
    # Probes would fall into one turn and not into another.
    "probe_interval_seconds": 3600,
    # Of data from a day long past all offers would lapse, in the first turns.
    "sweep_interval_seconds": 0,
    "log_level": "error",
}


@contextmanager
def one_database() -> Iterator[Settings]:
    """The settings that the hub is measured with; the embedded server, where that holds the data, stops at the end."""
    settings = load_settings(**_SETTINGS)
    log.configure(settings)
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


def dsn_of(settings: Settings) -> str:
    """The database's DSN."""
    assert settings.dsn is not None
    return settings.dsn


def server_environment(settings: Settings) -> dict[str, str]:
    """The settings for a server in a process of its own."""
    return {f"HUB_{name.upper()}": str(getattr(settings, name)) for name in (*_SETTINGS, "dsn", "data_dir")}
