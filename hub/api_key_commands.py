"""What `python -m hub keys` does: makes, lists and revokes API keys in the partner directory."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from rich.console import Console
from rich.table import Column, Table

from hub import global_id
from hub.api_keys import new_key, prefix_of, secret_sha256, statement
from hub.errors import BadId, SetupError
from hub.source import ABSENCE, NOT_MIGRATED
from hub.viewer import SCOPES, ViewerKind


async def create_key(
    dsn: str, *, kind: ViewerKind, partner_id: str | None, name: str, scopes: Sequence[str], client: str | None, days: int
) -> str:
    """Make a key and return it; it cannot be had again. SetupError names what does not fit.

    partner_id: the firm's global id, for a CRM alone. scopes: words of the kind's; none for all of them.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES[kind]]
    if unknown:
        raise SetupError(f"--scopes: {kind.value} has no {', '.join(unknown)}; choose among {', '.join(SCOPES[kind])}.")
    if (kind is ViewerKind.CRM) != (partner_id is not None):
        raise SetupError("--partner: name the firm of a CRM by its Partner id, and none for another kind.")
    if not name.strip():
        raise SetupError("--name: say in a word or two which machine the key is for.")
    partner = None if partner_id is None else _partner(partner_id)
    key, prefix = new_key()
    expires_at = datetime.now(UTC) + timedelta(days=days)
    row = [prefix, secret_sha256(key), kind.value, partner, name, list(scopes or SCOPES[kind]), client or None, expires_at]
    try:
        await _run(dsn, "create_api_key", row)
    except asyncpg.ForeignKeyViolationError:
        raise SetupError(f"--partner: there is no Partner with the id {partner_id}.") from None
    return key


async def revoke_key(dsn: str, prefix: str) -> str:
    """Revoke the key with this prefix, at once and on every node; what it was. SetupError where there is none."""
    rows = await _run(dsn, "revoke_api_key", [prefix])
    if not rows:
        # Cut off, because some will paste a whole key here.
        raise SetupError(f"There is no API key {prefix_of(prefix)!r}; the list has the names: python -m hub keys list.")
    return f"{rows[0]['prefix']} ({rows[0]['name']})"


async def print_keys(dsn: str, zone: ZoneInfo) -> None:
    """Print all keys, the newest first; times in the programme's time zone."""
    table = Table(
        Column("key", no_wrap=True), "name", "kind", "firm", "scopes", "client", "created", "expires", "last used", "state"
    )
    for row in await _run(dsn, "list_api_keys", []):
        table.add_row(*_cells(dict(row), zone))
    # Through a pipe nothing is wrapped.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 1000).print(table)


def _cells(row: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    def shown(time: datetime | None, otherwise: str) -> str:
        return otherwise if time is None else time.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    return [
        row["prefix"],
        row["name"],
        row["kind"],
        row["firm"] or "",
        " ".join(row["scopes"]),
        row["client"] or "",
        shown(row["created_at"], ""),
        shown(row["expires_at"], "never"),
        shown(row["last_used_at"], "never"),
        row["state"],
    ]


def _partner(id: str) -> int:
    try:
        key = global_id.key_of("Partner", id, "--partner")
    except BadId as error:
        raise SetupError(f"{error}.") from None
    if key is None:
        raise SetupError(f"--partner: there is no Partner with the id {id}.")
    return key


async def _run(dsn: str, name: str, arguments: Sequence[object]) -> list[asyncpg.Record]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement(name), *arguments)
        finally:
            await connection.close(timeout=5)
    except NOT_MIGRATED:
        raise SetupError("The directory has no table of API keys yet; run: python -m hub migrate.") from None
    except ABSENCE as error:
        reason = str(error) or "it took too long"
        raise SetupError(f"The directory does not answer: {reason}. Check HUB_DIRECTORY_DSN or HUB_DSN.") from None
    return rows
