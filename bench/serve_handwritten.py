"""The baseline that no graph can beat: a bare ASGI app that knows the five operations and has one SQL statement for each.

Each statement (bench/sql/) returns the whole answer as one JSON text, which is sent as the bytes that it came in. The app
verifies the caller as the hub does, parses the request, and looks its document up; it validates nothing and protects nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
from starlette.types import Receive, Scope, Send

from bench.operations import BENCHED
from bench.server_process import bare_config, serve
from hub import global_id
from hub.credentials import Credentials, open_token_keys
from hub.pool import SESSION
from hub.settings import Settings, load_settings
from hub.source import Source
from hub.tokens import bearer_token
from hub.vocabulary import SourceName

SQL: Final = Path(__file__).resolve().parent / "sql"

Arguments = Callable[[dict[str, Any], Settings], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one document is answered."""

    statement: str
    arguments: Arguments


class HandwrittenApp:
    """The five operations, by the text of their documents."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._answers = {
            document: Answer((SQL / f"{name[0]}.sql").read_text(encoding="utf-8"), _ARGUMENTS[name[0]])
            for name, document in BENCHED.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        await self._credentials.verify(bearer_token(authorization.decode("latin-1")))
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = orjson.loads(body)
        answer = self._answers[asked["query"]]
        async with self._pool.acquire() as connection:
            whole: bytes = await connection.fetchval(answer.statement, *answer.arguments(asked["variables"], self._settings))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(whole))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": whole})

    async def _live(self, receive: Receive, send: Send) -> None:
        settings = self._settings
        assert settings.dsn is not None
        await receive()
        directory = Source(SourceName.DIRECTORY, settings.dsn, settings)
        self._credentials = Credentials(settings, await open_token_keys(settings), directory)
        self._pool = await asyncpg.create_pool(
            settings.dsn,
            min_size=settings.pool_size,
            max_size=settings.pool_size,
            init=_take_text_as_bytes,
            reset=_leave_as_it_is,
            # Of the hub's sessions: nothing was found to be better for these statements.
            server_settings=SESSION,
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


def _today(_variables: dict[str, Any], settings: Settings) -> tuple[Any, ...]:
    return (datetime.now(UTC).astimezone(settings.zone).date(),)


def _today_and_partner(variables: dict[str, Any], settings: Settings) -> tuple[Any, ...]:
    return *_today(variables, settings), global_id.key_of("Partner", variables["id"], "id")


def _engagement(variables: dict[str, Any], _settings: Settings) -> tuple[Any, ...]:
    return (global_id.key_of("Engagement", variables["id"], "id"),)


def _nothing(_variables: dict[str, Any], _settings: Settings) -> tuple[Any, ...]:
    return ()


_ARGUMENTS: Final[dict[str, Arguments]] = {
    "a": _today,
    "b": _today,
    "c": _today_and_partner,
    "d": _engagement,
    "e": _nothing,
}


async def _take_text_as_bytes(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("text", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary")


async def _leave_as_it_is(_connection: asyncpg.Connection) -> None:
    """Instead of asyncpg's reset, a statement of its own at each release: nothing here changes a session."""


if __name__ == "__main__":
    serve(bare_config(HandwrittenApp(load_settings())))
