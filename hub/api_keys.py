"""API keys, the credentials of machines: what they look like, and verifying them against the partner directory.

A key is `hub_` + 10 characters that name it + `_` + 43 characters of secret + 6 of checksum. The fixed prefix lets scanners
of source code find a key that leaked; the checksum tells a mistyped key, or what merely looks like one, without asking
the database. The name's part, up to the second `_`, is public.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import string
import zlib
from datetime import UTC, datetime
from functools import cache
from typing import Final

import asyncpg
import structlog

from hub.errors import Unauthenticated
from hub.migrations import SQL
from hub.source import ABSENCE, Source
from hub.viewer import Verified, Viewer, ViewerKind, narrowed

log = structlog.get_logger(__name__)

KEY_START: Final = "hub_"
NOTICE: Final = "api_keys"
"""The name under which the directory tells that keys changed (sql/directory/migrations)."""

LAST_USE_INTERVAL_SECONDS = 60
"""How often last uses are written, at most."""

_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY: Final = re.compile(r"(hub_[0-9A-Za-z]{10})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")
_NO_SECRET: Final = bytes(32)


def new_key() -> tuple[str, str]:
    """A new key and the public prefix of it. 43 characters of 62 are 256 bits."""
    prefix = KEY_START + _random(10)
    body = f"{prefix}_{_random(43)}"
    return body + _checksum(body), prefix


def secret_sha256(key: str) -> bytes | None:
    """What the database keeps of a key's secret; None where the text is no key, or one with a slip in it."""
    found = _KEY.fullmatch(key)
    if found is None or found[3] != _checksum(key[:-6]):
        return None
    return hashlib.sha256(found[2].encode()).digest()


def prefix_of(key: str) -> str:
    """The public part of a key."""
    return key[: len(KEY_START) + 10]


@cache
def statement(name: str) -> str:
    """The text of a query about API keys, which is read and sent as it is: no viewer, no policy, no optional parts."""
    return (SQL / "directory" / f"{name}.sql").read_text(encoding="utf-8")


class ApiKeys:
    """Verifies API keys and notes their use.

    `version` changes when a key may have been revoked; it is None while the directory's notices cannot be heard.
    """

    def __init__(self, directory: Source) -> None:
        self._directory = directory
        self._listening = False
        self._changes = 0
        self._uses: dict[str, datetime] = {}
        self._used = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    @property
    def version(self) -> int | None:
        """What was verified under another version, or none, must be verified again."""
        return self._changes if self._listening else None

    def changed(self) -> None:
        """Keys changed."""
        self._changes += 1

    def set_listening(self, listening: bool) -> None:
        """Whether it would be heard that keys changed."""
        self._listening = listening
        self._changes += 1

    async def start(self) -> None:
        """Begin to write last uses."""
        self._writer = asyncio.create_task(self._write_for_ever(), name="writer of API keys' last uses")

    async def stop(self) -> None:
        """Write the last uses that are not written yet, and end."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        await self._write_uses()

    async def verify(self, key: str) -> Verified:
        """Whose a key is. Unauthenticated, in the same words whatever is wrong with it; SourceUnavailable."""
        secret = secret_sha256(key)
        if secret is None:
            raise _refused()
        rows = await self._directory.fetch("api_key", statement("api_key"), [prefix_of(key)])
        row = rows[0] if rows else None
        if not hmac.compare_digest(secret, _NO_SECRET if row is None else row["secret_sha256"]) or row is None:
            raise _refused()
        kind = ViewerKind(row["kind"])
        viewer = Viewer(kind, row["name"], row["partner_id"], None, narrowed(kind, row["scopes"]), row["client"])
        return Verified(viewer, row["expires_at"] and row["expires_at"].timestamp())

    def note_use(self, prefix: str) -> None:
        """Remember that a key was used now; it is written in the background."""
        self._uses[prefix] = datetime.now(UTC)
        self._used.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._used.wait()
            await self._write_uses()
            await asyncio.sleep(LAST_USE_INTERVAL_SECONDS)

    async def _write_uses(self) -> None:
        """Write what is noted, on a connection of its own: the pool's are for reads. What cannot be written stays noted."""
        self._used.clear()
        if not self._uses:
            return
        uses, self._uses = self._uses, {}
        written = False
        try:
            connection = await asyncpg.connect(self._directory.dsn, timeout=2, command_timeout=5)
            try:
                await connection.execute(statement("api_key_uses"), list(uses), list(uses.values()))
                written = True
            finally:
                connection.terminate()
        except (*ABSENCE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("api_keys.last_uses_not_written", keys=len(uses), error=repr(error))
        finally:
            # Also when cancelled by `stop`, which writes them then.
            if not written:
                self._uses = uses | self._uses
                self._used.set()


def _refused() -> Unauthenticated:
    return Unauthenticated("The API key does not hold: it is unknown, revoked or expired. Ask the programme for a new one.")


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
