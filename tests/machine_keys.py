"""Makes API keys for tests, tries them, and looks at them past the hub."""

from typing import Any

import asyncpg

from hub.api_key_commands import create_key
from hub.errors import Unauthenticated
from hub.runtime import Runtime
from hub.viewer import ViewerKind

YAMADA_ID = "UGFydG5lcjox"


QUIETLY = "ALTER TABLE directory.api_key DISABLE TRIGGER USER; {}; ALTER TABLE directory.api_key ENABLE TRIGGER USER;"


async def make(dsn: str, **changed: Any) -> str:
    """A key of the Yamada firm's CRM, but for what is changed."""
    values: dict[str, Any] = {
        "kind": ViewerKind.CRM,
        "partner_id": YAMADA_ID,
        "name": "Yamada's CRM",
        "scopes": [],
        "client": None,
        "days": 30,
    }
    return await create_key(dsn, **(values | changed))


async def fetch(dsn: str, sql: str) -> Any:
    """One value, past the hub."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def holds(runtime: Runtime, key: str) -> bool:
    """Whether a key lets in."""
    try:
        await runtime.credentials.verify(key)
    except Unauthenticated:
        return False
    return True
